"""What a finished run leaves: its last checkpoint, its metrics, and a report on both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.train.config import TrainConfig
from pipelines.train.recorder import SEGMENTS
from pipelines.worker_warnings import WarningTally
from skeletonllm.storage import join, write_bytes, write_json
from skeletonllm.stream.stream import Stream
from skeletonllm.training.checkpoints.metrics import join_segments
from skeletonllm.training.checkpoints.told import PATTERN as TOLD
from skeletonllm.training.checkpoints.told import Told
from skeletonllm.views.left_out import NOTHING

CHECKPOINT = "checkpoint"
METRICS = "metrics.jsonl"


def keep_checkpoint(folder: Path, config: TrainConfig, stream: Stream) -> None:
    """Copy the last checkpoint into the output, and report on it.

    Args:
        folder: Of the checkpoint, where Ray has it.
        config: The run.
        stream: What was trained on.
    """
    told = Told.read_all(folder)
    tally = _tally(config, told)
    tally.log()
    for path in sorted(folder.iterdir()):
        if not path.match(TOLD):
            write_bytes(join(config.output, CHECKPOINT, path.name), path.read_bytes())
    lines = join_segments(join(config.output, SEGMENTS), join(config.output, METRICS))
    damage = stream.damage
    damage.found.update(told[0].damaged)  # all ranks have met the same; their warnings name it
    found = {
        "damaged": damage.describe(),
        "damaged_samples": damage.to_json(),
        "left_out": asdict(sum((of_rank.left_out for of_rank in told), NOTHING)),
        "warnings": tally.to_json(),
    }
    write_json(join(config.output, "report.json"), {**_report(config, stream, lines), **found})


def _tally(config: TrainConfig, told: Sequence[Told]) -> WarningTally:
    """What all workers warned of, up to a checkpoint."""
    tally = WarningTally(f"train {config.stage.name}", "worker")
    for rank, of_rank in enumerate(told):
        tally.add(rank, of_rank.warned)
    return tally


def _report(config: TrainConfig, stream: Stream, lines: list[dict[str, Any]]) -> dict[str, Any]:
    losses = [line["loss"] for line in lines]
    tenth = max(1, len(losses) // 10)
    return {
        "stage": config.stage.to_json(),
        "model": config.model,
        "start": config.start,
        "renderer": config.renderer,
        "trained": config.trained(),
        "clips": stream.num_samples,
        "parts": [part.name for part in stream.parts],
        "candidates": {name: list(classes) for name, classes in stream.candidates.items()},
        "unseen": list(config.view.unseen),
        "workers": config.workers,
        "steps": len(losses),
        "loss_first": sum(losses[:tenth]) / tenth,
        "loss_last": sum(losses[-tenth:]) / tenth,
    }
