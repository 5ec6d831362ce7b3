"""Rank, for every class, all other classes by how easily it is taken for them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from jobs.common import cluster, run_job, show, show_rejects
from jobs.teacher_flags import (
    RankingFlags,
    make_ranking_config,
    place_answers,
    show_answers,
    show_estimate,
)


@dataclass(frozen=True, kw_only=True)
class Flags(RankingFlags):
    """Flags of this job."""

    clips: tuple[str, ...]
    """Finished outputs of normalize, one or more."""
    output: str
    """Folder to write."""
    teacher: Literal["none", "openai"] = "none"
    """none measures clips and compares names, offline; openai asks a model besides."""
    confusions: str | None = None
    """What a trained model says of training clips (parquet, schema prediction): one more source."""
    nearest: int = 2
    """Nearest clips that are kept of each of the 5 hardest classes, for each clip; 0 for none."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Mine hard negatives: from names, from movement, from what models confuse, by a teacher."""
    from pipelines.negatives import NegativesConfig, mine_negatives
    from pipelines.teacher.rankings import ask_for_rankings, estimate_rankings
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import PARTS

    clips, output = tuple(map(absolute, flags.clips)), absolute(flags.output)
    predictions = None if flags.confusions is None else absolute(flags.confusions)
    asks = flags.teacher == "openai"
    answers = place_answers(flags, output, asks=asks)
    asked = make_ranking_config(flags, clips, answers) if asks and answers else None
    if asked and flags.dry_run:
        return show_estimate(estimate_rankings(asked))
    with cluster(flags.workers):
        if asked:
            show_answers(ask_for_rankings(asked), asked.output)
        config = NegativesConfig(clips, output, flags.protocol, answers, predictions, flags.nearest)
        manifest = mine_negatives(config)
    show("mine negatives", manifest["counts"], f"full rankings: {join(output, PARTS)}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
