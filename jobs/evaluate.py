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
    """What to test, of all that training left out."""
    protocol: str | None = None
    """Test on the test part of a published protocol instead, for example ntu60/55-5."""
    classes: tuple[str, ...] = ()
    """Test on all clips of these classes instead; they are the candidates."""
    task: str | None = None
    """What is asked, such as discrimination; what was trained last if not given."""
    workers: int = 1
    """Ray tasks that share the clips."""
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

    table = Table(title=title, title_justify="left", show_footer=True, caption_justify="left")
    table.caption = "\n".join(scores.get("remarks", []))
    table.add_column("class", "all")
    table.add_column("clips", str(scores["clips"]), justify="right")
    table.add_column("right", scores["summary"], justify="right")
    for name, counts in scores.get("by_class", {}).items():
        share = counts["right"] / counts["clips"]
        table.add_row(name, str(counts["clips"]), f"{share:.1%}")
    return table


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
