"""Ask about every clip what its joints can answer: order, sides, numbers, causes, persons."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import cluster, run_job, show, show_rejects


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    clips: tuple[str, ...]
    """Finished outputs of normalize, one or more; clips of tests too, which need questions."""
    output: str
    """Folder to write; build-shards takes it as --questions."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 0 takes all."""


def main(flags: Flags) -> int:
    """Build questions with checked answers, and tell how far their words give them away."""
    from pipelines.questions import BALANCE, QuestionsConfig, build_questions
    from skeletonllm.storage import absolute, join, read_json

    config = QuestionsConfig(tuple(map(absolute, flags.clips)), absolute(flags.output))
    with cluster(flags.workers):
        manifest = build_questions(config)
    balance = read_json(join(flags.output, BALANCE))
    show("drafts that were dropped, and why", balance["dropped"])
    answers = {
        kind: ", ".join(f"{answer} {n}" for answer, n in found.items())
        for kind, found in balance["answers"].items()
    }
    show("answers", answers)
    blind = {
        kind: f"{b['count']} asked; drawn {b['chance']:.0%}, the usual answer {b['usual']:.0%}, "
        f"by the words {b['worded']:.0%}"
        for kind, b in balance["blind"].items()
    }
    show("right without looking", blind)
    footer = f"questions: {flags.output} (for build-shards --questions)"
    show("build questions", manifest["counts"], footer)
    show_rejects(flags.output)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
