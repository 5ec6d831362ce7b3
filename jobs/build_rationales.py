"""Explain every clip as a causal chain of what moves, when and why; check each step."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from jobs.common import cluster, run_job, show, show_rejects
from jobs.teacher_flags import TeacherFlags, ask_about_clips, show_estimate


@dataclass(frozen=True, kw_only=True)
class Flags(TeacherFlags):
    """Flags of this job."""

    clips: tuple[str, ...]
    """Finished outputs of normalize, one or more."""
    output: str
    """Folder to write."""
    teacher: Literal["kinematic", "openai"] = "kinematic"
    """kinematic measures, offline; openai asks a model, and its answers are measured."""
    workers: int = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Build rationales: by the offline teacher, or by a model that is asked; all are verified."""
    from pipelines.rationales import RationalesConfig, build_rationales
    from skeletonllm.storage import absolute, join
    from skeletonllm.storage.layout import PARTS

    clips, output = tuple(map(absolute, flags.clips)), absolute(flags.output)
    answers = flags.answers and absolute(flags.answers)
    if flags.teacher == "openai":
        answers = answers or f"{output.rstrip('/')}-answers"
        if flags.dry_run:
            return show_estimate(flags, clips, answers)
    config = RationalesConfig(
        clips, output, flags.variants, flags.protocol, answers, flags.min_grounded
    )
    with cluster(flags.workers):
        if flags.teacher == "openai" and answers is not None:
            ask_about_clips(flags, clips, answers)
        manifest = build_rationales(config)
    show("build rationales", manifest["counts"], f"rationales: {join(output, PARTS)}")
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
