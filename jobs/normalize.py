"""Raw skeleton files of any known corpus -> clips/ in one schema, and rejects/ for the rest."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from jobs.common import cluster, judge_rejects, run_job, show, show_rejects

AS_GIVEN = "corpus profile licence files_per_part orientations".split()


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
    image_size: str | None = None
    """Width and height of the pictures, as 1920x1080, where files do not state them."""
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
    from skeletonllm.corpora.toolkit.pictures import parse_image_size
    from skeletonllm.normalize import Timing
    from skeletonllm.storage import absolute, join, layout

    config = NormalizeConfig(
        **{name: vars(flags)[name] for name in AS_GIVEN},
        input=absolute(flags.input),
        output=absolute(flags.output),
        missing=tuple(read_missing_list(path) for path in flags.missing_list),
        timing=Timing(flags.max_gap, flags.fps),
        image_size=parse_image_size(flags.image_size) if flags.image_size else None,
    )
    with cluster(flags.workers):
        counts = normalize_corpus(config)["counts"]
    show(f"normalize {flags.corpus}", counts, f"clips: {join(flags.output, layout.PARTS)}")
    show_rejects(flags.output)
    show_missing(flags.output, config.missing)
    refused = counts["rejects"] - counts.get("listed", 0)
    return judge_rejects(refused, counts["clips"] + refused, flags.max_reject_fraction)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
