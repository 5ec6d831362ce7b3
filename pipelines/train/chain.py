"""Several stages in a row, each from the checkpoint of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipelines.train.config import TrainConfig
from pipelines.train.report import CHECKPOINT
from skeletonllm.errors import UsageError
from skeletonllm.storage import join
from skeletonllm.training import TrainingStage


def chain_stages(first: TrainConfig, stages: Sequence[TrainingStage]) -> list[TrainConfig]:
    """The runs of several stages, each in a folder of its own below the output of the first.

    Args:
        first: What is alike in all of them, and what the first one starts from.
        stages: In their order.

    Raises:
        UsageError: One stage twice, so that their folders would be named alike.
    """
    names = [stage.name for stage in stages]
    if len(set(names)) != len(names):
        raise UsageError(f"stages {', '.join(names)}", expected="each once")
    configs: list[TrainConfig] = []
    for number, stage in enumerate(stages, 1):
        output = join(first.output, f"{number}-{stage.name}")
        start = join(configs[-1].output, CHECKPOINT) if configs else first.start
        weights = first.renderer_weights if number == 1 else None
        changes: dict[str, Any] = {"stage": stage, "output": output, "start": start}
        configs.append(replace(first, renderer_weights=weights, **changes))
    return configs
