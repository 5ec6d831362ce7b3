"""A trained renderer and model -> how often they are right on clips that training never saw."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jobs.common import cluster, console, run_job

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 5
"""Clips without an answer that are named; all stand in the file."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    release: str
    """Folder of one version of a release."""
    checkpoint: str
    """The folder `checkpoint` of a training run."""
    output: str = "evaluation.json"
    """File to write."""
    on: Literal["held_out_classes", "held_out_subjects"] = "held_out_classes"
    """What to judge, of all that training left out."""
    protocol: str | None = None
    """Judge the test part of a published protocol instead, for example ntu60/55-5."""
    classes: tuple[str, ...] = ()
    """Judge all clips of these classes instead; they are the candidates."""
    workers: int = 1
    """Ray tasks that share the clips."""
    gpu: bool = False
    """Give each of them a GPU."""
    threads: int = 1
    """Threads of torch a task."""


def main(flags: Flags) -> int:
    """Choose the likeliest of the candidates for each clip; print accuracy by class."""
    from pipelines.evaluate import EvaluateConfig, evaluate
    from skeletonllm.storage import absolute

    paths = {name: absolute(vars(flags)[name]) for name in ("release", "checkpoint", "output")}
    config = EvaluateConfig(**{**vars(flags), **paths})
    with cluster():
        result = evaluate(config)
    for namespace, scores in result["results"].items():
        console.print(_table(f"{result['judged']} of {namespace}", scores))
    unanswered = result.get("unanswered", [])
    for reject in unanswered[:SHOWN]:
        console.print(f"not judged: {reject['message']}", markup=False)
    if unanswered:
        console.print(f"{len(unanswered)} clips were not judged, and count nowhere")
    console.print(f"evaluation: {flags.output}", markup=False)
    return 0


def _table(title: str, scores: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_footer=True)
    low, high = scores["interval95"]
    summary = f"{scores['top1']:.1%} (95 %: {low:.1%} to {high:.1%}; chance {scores['chance']:.1%})"
    table.add_column("class", "all")
    table.add_column("clips", str(scores["clips"]), justify="right")
    table.add_column("right", summary, justify="right")
    for name, found in scores["by_class"].items():
        share = found["right"] / found["clips"]
        table.add_row(name, str(found["clips"]), f"{share:.1%}")
    return table


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
