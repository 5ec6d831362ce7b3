"""Explain every clip as a causal chain of what moves, when and why; check each step."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from jobs.common import cluster, run_job, show, show_rejects


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    clips: tuple[str, ...]
    """Finished outputs of normalize, one or more."""
    output: str
    """Folder to write."""
    variants: int = 1
    """Rationales a clip."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Build rationales with the offline kinematic teacher, verified against the joints."""
    from pipelines.rationales import RationalesConfig, build_rationales
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import PARTS

    clips = tuple(map(absolute, flags.clips))
    config = RationalesConfig(clips, absolute(flags.output), flags.variants)
    with cluster(flags.workers):
        manifest = build_rationales(config)
    where = join(flags.output, PARTS)
    show("build rationales", manifest["counts"], f"rationales: {where}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
