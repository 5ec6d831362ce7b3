"""Explain every clip as a causal chain of what moves, when and why; check each step."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from jobs.common import cluster, run_job, show, show_rejects
from jobs.teacher_flags import (
    TeacherFlags,
    make_answers_config,
    place_answers,
    show_answers,
    show_estimate,
)


@dataclass(frozen=True, kw_only=True)
class Flags(TeacherFlags):
    """Flags of this job."""

    clips: tuple[str, ...]
    """Finished outputs of normalize, one or more."""
    output: str
    """Folder to write."""
    teacher: Literal["kinematic", "openai"] = "kinematic"
    """kinematic measures, offline; openai asks a model, and its answers are measured."""
    measures: bool = False
    """Also tell amounts, such as by 62 cm, which no picture shows; the offline teacher only."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Build rationales: by the offline teacher, or by a model that is asked; all are verified."""
    from pipelines.rationales import RationalesConfig, build_rationales
    from pipelines.teacher.answers import ask_teacher
    from pipelines.teacher.estimates import estimate_cost
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import PARTS

    clips, output = tuple(map(absolute, flags.clips)), absolute(flags.output)
    asks = flags.teacher == "openai"
    answers = place_answers(flags, output, asks=asks)
    asked = make_answers_config(flags, clips, answers) if asks and answers else None
    if asked and flags.dry_run:
        return show_estimate(estimate_cost(asked))
    config = RationalesConfig(
        clips,
        output,
        variants=flags.variants,
        protocols=flags.protocol,
        answers=answers,
        min_grounded=flags.min_grounded,
        measures=flags.measures,
    )
    with cluster(flags.workers):
        if asked:
            show_answers(ask_teacher(asked), asked.output)
        manifest = build_rationales(config)
    show("build rationales", manifest["counts"], f"rationales: {join(output, PARTS)}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
