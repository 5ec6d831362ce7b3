"""Training stages as plain data: which task, which parts, how long and how fast.

The published recipe (SkeletonLLM, section 4.1 and its released scripts): AdamW at 2e-5, weight
decay 0.05, 3 % of the steps to warm up, then a cosine; 12 frames of 448 pixels.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from skeletonllm.errors import StateError, UsageError
from skeletonllm.tasks.registry import get_task

RENDERER = "renderer"
"""Name of the part that renders; the other parts have the names that an adapter gives them."""


@dataclass(frozen=True, kw_only=True)
class TrainingStage:
    """One training stage.

    Args:
        name: Of the stage, as in the paper.
        task: Name of the task that is learned (:data:`skeletonllm.tasks.TASKS`).
        trains: Parts that learn: ``renderer``, or what :meth:`Adapter.parts` names. All other
            parts are frozen.
        freeze: Names or patterns of the renderer's parameters that stay frozen even where the
            renderer learns, such as ``view.*``.
        steps: Optimizer steps; batches of all ranks together make one step.
        batch_size: Clips a rank and step.
        num_frames: Frames shown of each clip.
        size: Side of a frame in pixels.
        lr: Peak learning rate of networks (appearance, projector).
        geometry_lr: Peak learning rate of radii, thickness and camera. These are lengths and
            angles: at the rate of a network they shrink to an empty picture within a few steps.
        weight_decay: On matrices of networks only.
        warmup_ratio: Fraction of the steps in which the rate rises from zero.
        clip_norm: Largest norm of the gradient, over all that is trained.
        seed: Of the order of the clips, of the frames shown and of first weights.
        permute_motions: Control: every clip gets the motion of another clip of its batch. What is
            still learned then was not learned from the picture.

    Raises:
        UsageError: A value that cannot be trained with.

    Example:
        >>> from dataclasses import replace
        >>> replace(WARM_UP, steps=100, batch_size=8).lr
        2e-05
    """

    name: str
    task: str = "recognition"
    trains: tuple[str, ...] = (RENDERER, "projector")
    freeze: tuple[str, ...] = ()
    steps: int = 1000
    batch_size: int = 32
    num_frames: int = 12
    size: int = 448
    lr: float = 2e-5
    geometry_lr: float = 2e-5
    weight_decay: float = 0.05
    warmup_ratio: float = 0.03
    clip_norm: float = 1.0
    seed: int = 0
    permute_motions: bool = False

    def __post_init__(self) -> None:
        get_task(self.task)
        if not self.trains:
            raise UsageError("trains []", expected="a part at least, such as renderer")
        for name in ("steps", "batch_size", "num_frames", "size"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} {getattr(self, name)}", expected="1 or more")
        if self.permute_motions and self.batch_size < 2:
            raise UsageError("permute_motions with one clip a batch", expected="batch_size >= 2")

    def rate(self, step: int) -> float:
        """Fraction of the peak learning rate at ``step`` (0-based): linear up, cosine to 0."""
        warm = max(1, math.ceil(self.warmup_ratio * self.steps))
        if step < warm:
            return (step + 1) / warm
        progress = (step - warm) / max(1, self.steps - warm)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in a checkpoint."""
        return {**asdict(self), "trains": list(self.trains), "freeze": list(self.freeze)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TrainingStage:
        """Inverse of :meth:`to_json`; a stage from before there were tasks is one of recognition.

        Raises:
            StateError: Fields that this version does not know, or that it misses.
            UsageError: A task that this version does not know.
        """
        data = {"task": "recognition", **data}
        known = {field.name for field in fields(cls)}
        if set(data) != known:
            raise StateError(
                f"a stage with fields {sorted(set(data) ^ known)} added or missing",
                hint="It was written by another version of skeletonllm.",
            )
        lists = {name: tuple(data[name]) for name in ("trains", "freeze")}
        return cls(**{**data, **lists})


WARM_UP = TrainingStage(name="warm_up")
"""Stage 1 of the paper: DrAction and the projector learn recognition for a frozen model."""

TINY_RECIPE: dict[str, Any] = {
    "steps": 300,
    "batch_size": 12,
    "num_frames": 4,
    "size": 56,
    "lr": 2e-2,
    "geometry_lr": 2e-3,
    "warmup_ratio": 0.05,
}
"""What to change for a tiny random model: four small frames, and rates a hundred to a thousand
times the published ones, which are for parts that were trained before. It learns a dozen actions in
about a minute of one core."""

STAGES: dict[str, TrainingStage] = {WARM_UP.name: WARM_UP}
"""The stages by name."""


def get_stage(name: str, *, tiny: bool = False, **given: Any) -> TrainingStage:
    """The training stage of this name, as published, or changed as a tiny model needs it.

    Args:
        name: One of :data:`STAGES`.
        tiny: Whether the model is a tiny random one.
        given: Fields of :class:`TrainingStage` to set; None leaves one as it is.

    Raises:
        UsageError: The name is unknown (the message lists the known ones), or a value impossible.

    Example:
        >>> get_stage("warm_up", steps=10, lr=None).steps
        10
    """
    if name not in STAGES:
        raise UsageError(f"unknown stage {name!r}", expected=f"one of {', '.join(STAGES)}")
    recipe = replace(STAGES[name], **TINY_RECIPE) if tiny else STAGES[name]
    return replace(recipe, **{field: value for field, value in given.items() if value is not None})
