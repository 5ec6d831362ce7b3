"""Raw skeleton files of any known corpus -> clips/ in one schema, and rejects/ for the rest."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from jobs.common import USAGE_EXIT, cluster, console, run_job, show, show_rejects

AS_GIVEN = "corpus profile licence files_per_part orientations".split()
FRACTION_APPLIES_FROM = 20  # of fewer files a fraction says little: one bad file is no failure


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    corpus: str
    """Reader to use; `skeletonllm identify INPUT` says which reads a folder."""
    input: str
    """Raw file, or folder of raw files."""
    output: str
    """Folder to write; the same command goes on where a killed one stopped."""
    profile: str = "clean"
    """Normalization recipe: clean (ours), raw, or a published one; docs/PROFILES.md."""
    licence: str | None = None
    """Licence id of the data, where it is not the corpus' own (for example cc0-1.0)."""
    missing_list: tuple[str, ...] = ()
    """Official lists of files to leave out."""
    max_gap: float = 0.0
    """Fill gaps of joints up to so many seconds; what is filled is marked."""
    fps: float | None = None
    """Resample to this frame rate; without it, clips keep that of their source."""
    orientations: bool = False
    """Keep joint orientations where the corpus has them; they double the size of the clips."""
    files_per_part: int = 512
    """Most source files of one output part: the unit of work, and of what a kill can lose."""
    max_reject_fraction: float = 0.05
    """Exit with 2 if a larger share, the listed apart, is rejected (from 20 files up), or all."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 0 takes all. On a cluster, Ray decides."""


def main(flags: Flags) -> int:
    """Read raw skeleton files into clips of one schema; list what cannot be read."""
    from skeletonllm.corpora import resolve_corpus

    flags = replace(flags, corpus=resolve_corpus(flags.corpus))  # refused before slow imports
    from jobs.missing_lists import show_missing
    from pipelines.normalize import NormalizeConfig, normalize_corpus
    from skeletonllm.corpora.missing_lists import read_missing_list
    from skeletonllm.normalize import Timing
    from skeletonllm.storage import absolute, join, layout

    config = NormalizeConfig(
        **{name: vars(flags)[name] for name in AS_GIVEN},
        input=absolute(flags.input),
        output=absolute(flags.output),
        missing=tuple(read_missing_list(path) for path in flags.missing_list),
        timing=Timing(flags.max_gap, flags.fps),
    )
    with cluster(flags.workers):
        counts = normalize_corpus(config)["counts"]
    show(f"normalize {flags.corpus}", counts, f"clips: {join(flags.output, layout.PARTS)}")
    show_rejects(flags.output)
    show_missing(flags.output, config.missing)
    refused = counts["rejects"] - counts.get("listed", 0)
    total = counts["clips"] + refused
    many = total >= FRACTION_APPLIES_FROM and refused > flags.max_reject_fraction * total
    if not many and not refused == total > 0:
        return 0
    console.print(f"{refused} of {total} were rejected: more than allowed")
    return USAGE_EXIT


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
