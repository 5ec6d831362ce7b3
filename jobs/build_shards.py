"""Pack clips, rationales, negatives and questions into WebDataset tars with an index."""

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
    rationales: str | None = None
    """Finished output of build_rationales."""
    negatives: str | None = None
    """Finished output of mine_negatives."""
    questions: str | None = None
    """Questions with their answers: a parquet file of the table QUESTION, or a folder of such."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Pack everything known about the clips into shards that a trainer streams."""
    from pipelines.shards import ShardsConfig, build_shards
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import TARS

    config = ShardsConfig(
        clips=tuple(map(absolute, flags.clips)),
        output=absolute(flags.output),
        rationales=flags.rationales and absolute(flags.rationales),
        negatives=flags.negatives and absolute(flags.negatives),
        questions=flags.questions and absolute(flags.questions),
    )
    with cluster(flags.workers):
        manifest = build_shards(config)
    show("build shards", manifest["counts"], f"shards: {join(flags.output, TARS)}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
