"""What is to be had without pictures or a language model: a baseline on a published protocol."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from jobs.common import console, run_job
from jobs.scores import show_evaluation


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    name: Annotated[Literal["ridge", "tcn", "described"], tyro.conf.Positional]
    """Which: ridge on descriptors, a small network on joints, or the offline teacher's words."""
    release: str
    """Folder of one version of a release."""
    protocol: str
    """A published protocol, for example nw_ucla/8-2."""
    output: str
    """Folder to write: evaluation.json and predictions.parquet."""
    texts: Literal["names", "descriptions"] = "names"
    """What classes are known by; descriptions are this project's own words, frozen by hash."""
    threads: int = 1
    """Threads of torch."""


def main(flags: Flags) -> int:
    """Choose and learn on the training part of a protocol, then answer its test part once."""
    from pipelines.evaluate.baselines import EVALUATION, BaselineConfig, evaluate_baseline
    from skeletonllm.storage import absolute, join

    paths = {name: absolute(vars(flags)[name]) for name in ("release", "output")}
    result = evaluate_baseline(BaselineConfig(**{**vars(flags), **paths}))
    show_evaluation({**result, "judged": f"{flags.name} on {flags.protocol}"})
    _print_failures("left out of training", result["left_out_of_training"])
    _print_failures("not judged", result["unanswered"])
    chosen = result["trained"]["chosen"]
    console.print(f"chose {chosen['setting']} on {chosen['folds']} folds of the training part")
    console.print(f"evaluation: {join(flags.output, EVALUATION)}", markup=False)
    return 0


def _print_failures(what: str, rejects: list[dict[str, Any]]) -> None:
    if rejects:
        first = rejects[0]["message"]
        console.print(f"{what}: {len(rejects)} clips; the first: {first}", markup=False)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
