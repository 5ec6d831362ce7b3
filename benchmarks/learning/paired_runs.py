"""Does the model learn from the picture? Runs in pairs: as it is, and with motions exchanged.

    skeletonllm demo --output demo
    python -m benchmarks.learning.paired_runs --release demo/releases/demo/0.1.0 --seeds 3

Each seed trains the warm-up stage twice on the same clips in the same order; in the second run,
the control, every clip of a batch shows the motion of another. Both are scored on held-out subjects
with their own motions. What the control gets right was not learned from pictures.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.table import publish_table
from jobs.common import cluster
from jobs.demo import HELD_OUT_CLASSES, HELD_OUT_SUBJECTS
from pipelines.evaluate import EvaluateConfig, evaluate_model
from pipelines.train import TrainConfig, train_model
from skeletonllm.evaluation import HoldOut
from skeletonllm.training import get_stage


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    release: str
    """The demo's release."""
    seeds: int = 3
    """Pairs of runs."""
    steps: int | None = None
    """Training steps; the demo's if not given."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    with cluster(), tempfile.TemporaryDirectory() as folder:
        for seed in range(flags.seeds):
            for permute in (False, True):
                output = str(Path(folder) / f"{seed}-{permute}")
                rows.append(_train_and_score(flags, seed, permute, output))
                print(rows[-1], flush=True)
    publish_table("Warm-up on the demo corpus, scored on held-out subjects", rows, flags.json)
    return 0


def _train_and_score(flags: Flags, seed: int, permute: bool, output: str) -> dict[str, Any]:
    options = {"steps": flags.steps, "seed": seed, "permute_motions": permute}
    stage = get_stage("warm_up", model="tiny", **options)
    held_out = HoldOut(
        held_out_classes=HELD_OUT_CLASSES,
        held_out_subjects=HELD_OUT_SUBJECTS,
        corpora=("ntu_rgbd",),
    )
    started = time.monotonic()
    view = held_out.train_view(flags.release)
    train_model(TrainConfig(release=flags.release, output=output, stage=stage, view=view))
    seconds = time.monotonic() - started
    result = evaluate_model(
        EvaluateConfig(
            release=flags.release,
            checkpoint=f"{output}/checkpoint",
            output=f"{output}-scores",
            on="held_out_subjects",
        )
    )
    scores = result["results"]["ntu"]
    low, high = scores["interval95"]
    return {
        "seed": seed,
        "motions": "exchanged" if permute else "their own",
        "steps": stage.steps,
        "clips scored": scores["clips"],
        "right": f"{scores['top1']:.1%}",
        "95 %": f"{low:.1%} to {high:.1%}",
        "chance": f"{scores['chance']:.1%}",
        "seconds": round(seconds),
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
