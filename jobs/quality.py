"""Can one trust a corpus? Measure every clip, find copies, and write a page that says so."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import cluster, run_job, show, show_rejects


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    clips: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Finished outputs of normalize, one or more; copies are found across all of them."""
    output: str
    """Folder to write: report.html, measurements.parquet, duplicates.parquet."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Measure every clip for faults, and write a report by which a person decides in a minute."""
    from pipelines.quality import QualityConfig, check_quality
    from skeletonllm.storage import absolute, join

    config = QualityConfig(tuple(map(absolute, flags.clips)), absolute(flags.output))
    with cluster(flags.workers):
        counts = check_quality(config)["counts"]
    show("quality", counts, f"report: {join(flags.output, 'report.html')}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
