"""A recipe and the raw files of its corpora -> the whole release."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import console, run_job
from jobs.tar_run import MAKE_PAYS_FROM, running_tars

if TYPE_CHECKING:
    from skeletonllm.publishing.recipe import RebuiltRelease

SHOWN = 5
"""Clips that are named, of those that could not be made again."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    recipe: Annotated[str, tyro.conf.Positional]
    """Folder that make-recipe wrote."""
    corpus: tuple[str, ...]
    """NAME=FOLDER for each corpus: its raw files, as their makers give them out."""
    output: Annotated[str, tyro.conf.arg(aliases=["-o"])] = "releases"
    """Folder of all releases."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 1 takes this process alone, 0 all CPUs where the release is large."""


def main(flags: Flags) -> int:
    """Rebuild the release of a recipe; exit with 1 if a clip of it cannot be made again."""
    made = _rebuild(flags)
    for remark in made.remarks:
        console.print(f"found: {remark}", markup=False)
    if made.rejects:
        for reject in made.rejects[:SHOWN]:
            console.print(f"refused: {reject.source_uri}: {reject.message}", markup=False)
        said = f"{len(made.rejects):,} of {made.samples:,} clips could not be made again"
        console.print(f"{said}; all are in {made.table}. This is no release.", markup=False)
        return 1
    how = "byte for byte" if made.same else "in every motion and word; not in every byte"
    console.print(f"rebuilt: {made.folder}, {made.samples:,} samples, the same {how}", markup=False)
    return 0


def _rebuild(flags: Flags) -> RebuiltRelease:
    from skeletonllm.publishing.recipe import rebuild_release
    from skeletonllm.release.verify import count_stated
    from skeletonllm.storage import absolute

    recipe, root = absolute(flags.recipe), absolute(flags.output)
    clips = count_stated(recipe)
    with running_tars(flags.workers, clips, MAKE_PAYS_FROM, "rebuild") as run:
        return rebuild_release(recipe, flags.corpus, root, run)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
