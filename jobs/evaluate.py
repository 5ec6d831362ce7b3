"""A trained renderer and model -> how often they are right on clips that training never saw."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from jobs.common import cluster, console, run_job
from jobs.scores import show_evaluation

SHOWN = 5
"""Clips without an answer that are named; all stand in the file."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    release: str
    """Folder of one version of a release."""
    checkpoint: str
    """The folder `checkpoint` of a training run."""
    output: str = "evaluation"
    """Folder to write; the same command goes on with it."""
    on: Literal["held_out_classes", "held_out_subjects", "training", "other_corpora"] = (
        "held_out_classes"
    )
    """What to test: what training left out, what it saw, or corpora that it never saw."""
    protocol: str | None = None
    """Test on the test part of a published protocol instead, for example ntu60/55-5."""
    generalized: bool = False
    """Of a zero-shot protocol: test seen classes as well, and choose among all."""
    classes: tuple[str, ...] = ()
    """Test on all clips of these classes instead; they are the candidates."""
    task: str | None = None
    """What is asked, such as discrimination; what was trained last if not given."""
    conditions: tuple[str, ...] = ()
    """Show clips otherwise, too: exchanged, blind, joint_dropout=0.3, noise_cm=5, frame_rate=0.5,
    turn_degrees=45."""
    writes: bool = False
    """Let the model write its answers, too."""
    max_tokens: int = 128
    """Longest text that it writes."""
    workers: int = 1
    """Ray tasks at once."""
    gpu: bool = False
    """Give each of them a GPU."""
    threads: int = 1
    """Threads of torch a task."""


def main(flags: Flags) -> int:
    """Let the model answer about each clip, and print how good the answers are."""
    from pipelines.evaluate import EvaluateConfig, evaluate_model
    from skeletonllm.storage import absolute

    paths = {name: absolute(vars(flags)[name]) for name in ("release", "checkpoint", "output")}
    config = EvaluateConfig(**{**vars(flags), **paths})
    with cluster():
        result = evaluate_model(config)
    show_evaluation(result)
    unanswered = result.get("unanswered", [])
    for reject in unanswered[:SHOWN]:
        console.print(f"not judged: {reject['message']}", markup=False)
    if unanswered:
        console.print(f"{len(unanswered)} clips were not judged, and count nowhere")
    console.print(f"evaluation: {flags.output}/evaluation.json", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
