"""Rank, for every class, all other classes by how easily it is taken for them."""

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
    protocol: tuple[str, ...] = ()
    """Protocols such as ntu60/55-5: mine training clips of their seen classes, one ranking each.
    Without any, all labelled clips are mined, those of test parts as well."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Mine hard negatives from the names of the classes and from how they move."""
    from pipelines.negatives import NegativesConfig, mine_negatives
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import PARTS

    clips = tuple(map(absolute, flags.clips))
    with cluster(flags.workers):
        manifest = mine_negatives(
            NegativesConfig(clips, absolute(flags.output), protocols=flags.protocol)
        )
    where = join(flags.output, PARTS)
    show("mine negatives", manifest["counts"], f"full rankings: {where}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
