"""Training stages as plain data: which task, which parts, how long and how fast.

The four of the paper (SkeletonLLM, section 3 and its released scripts): render warm-up, Disc-FT,
CR-Distill, recognition refinement, each on the weights of the one before. How fast and in how large
steps is a matter of the recipe (:mod:`skeletonllm.training.recipes`).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from skeletonllm.augmentation import Augmentation
from skeletonllm.errors import StateError, UsageError
from skeletonllm.tasks.registry import get_task

RENDERER = "renderer"
"""Name of the part that renders; the other parts have the names that an adapter gives them."""
OBJECTIVES = ("answers", "words")
LORA = "lora"
"""Name of the adapters of the language model, which a stage adds where it trains them."""


@dataclass(frozen=True, kw_only=True)
class TrainingStage:
    """One training stage.

    Args:
        name: Of the stage, as in the paper.
        task: Name of the task that is learned (:data:`skeletonllm.tasks.TASKS`).
        objective: What is made small: ``answers``, the cross entropy of the answer by the language
            model; or ``words``, how unlike the answer's words the visual tokens are, for a model
            whose tokens are words (:meth:`Adapter.word_losses`). That one costs no language model.
        trains: Parts that learn: ``renderer``, or what :meth:`Adapter.parts` names. All other
            parts are frozen.
        freeze: Names or patterns of the renderer's parameters that stay frozen even where the
            renderer learns, such as ``view.*``.
        epochs: Times that each question about each clip is learned from.
        steps: Optimizer steps, instead of epochs.
        batch_size: Questions of one optimizer step, over all ranks. How they are shared among
            ranks and cut into what fits into memory changes no gradient.
        num_frames: Frames shown of each clip.
        size: Side of a frame in pixels.
        foreground: Whether the language model is shown only the visual tokens in which the
            renderer drew something.
        augmentation: How motions are changed before they are rendered.
        draws: How many choices of frames and augmentation a clip has, which come again epoch after
            epoch; None draws anew each time. What a frozen tower sees of them behind a fixed
            renderer is kept (:mod:`skeletonllm.training.kept_features`).
        lr: Peak learning rate of networks (appearance, projector, LoRA).
        geometry_lr: Peak learning rate of radii, thickness and camera. These are lengths and
            angles: at the rate of a network they shrink to an empty picture within a few steps.
        weight_decay: On matrices of networks only.
        warmup_ratio: Fraction of the steps in which the rate rises from zero.
        clip_norm: Largest norm of the gradient, over all that is trained.
        seed: Of the order of the clips, of all that is drawn for a clip and of first weights.
        permute_motions: Control: every clip gets the motion of another clip of its rank's batch.
            What is still learned then was not learned from the picture.

    Raises:
        UsageError: A value that cannot be trained with.

    Example:
        >>> from dataclasses import replace
        >>> replace(STAGES["warm_up"], steps=100, batch_size=8).trains
        ('renderer', 'projector')
    """

    name: str
    task: str = "recognition"
    objective: Literal["answers", "words"] = "answers"
    trains: tuple[str, ...] = (RENDERER, "projector")
    freeze: tuple[str, ...] = ()
    epochs: float = 1.0
    steps: int | None = None
    batch_size: int = 16
    num_frames: int = 12
    size: int = 448
    foreground: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    draws: int | None = None
    lr: float = 2e-5
    geometry_lr: float = 2e-5
    weight_decay: float = 0.05
    warmup_ratio: float = 0.03
    clip_norm: float = 1.0
    seed: int = 0
    permute_motions: bool = False

    def __post_init__(self) -> None:
        get_task(self.task)
        if self.objective not in OBJECTIVES:
            expected = f"one of {', '.join(OBJECTIVES)}"
            raise UsageError(f"objective {self.objective!r}", expected=expected)
        if not self.trains:
            raise UsageError("trains []", expected="a part at least, such as renderer")
        for name in ("batch_size", "num_frames", "size"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} {getattr(self, name)}", expected="1 or more")
        for name in ("steps", "draws"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UsageError(f"{name} {getattr(self, name)}", expected="1 or more")
        if not (math.isfinite(self.epochs) and self.epochs > 0):
            raise UsageError(f"epochs {self.epochs}", expected="more than 0")
        if self.permute_motions and self.batch_size < 2:
            raise UsageError("permute_motions with one clip a batch", expected="batch_size >= 2")

    def count_steps(self, steps_per_epoch: int) -> int:
        """Optimizer steps of the whole stage.

        Args:
            steps_per_epoch: Steps in which each question about each clip comes once.
        """
        return self.steps or max(1, math.ceil(self.epochs * steps_per_epoch))

    def rate(self, step: int, steps: int) -> float:
        """Fraction of the peak learning rate: linear up, then a cosine down to 0.

        Args:
            step: 0-based.
            steps: Of the whole stage.
        """
        warm = max(1, math.ceil(self.warmup_ratio * steps))
        if step < warm:
            return (step + 1) / warm
        progress = (step - warm) / max(1, steps - warm)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def share_batch(self, world_size: int) -> int:
        """Questions of one rank in one step.

        Args:
            world_size: Number of ranks.

        Raises:
            UsageError: The batch cannot be shared equally.
        """
        if self.batch_size % world_size:
            near = max(1, round(self.batch_size / world_size)) * world_size
            raise UsageError(
                f"batch_size {self.batch_size} for {world_size} workers",
                expected="a multiple of them: a step is shared equally",
                hint=f"Give --batch-size {near}, or another number of --workers.",
            )
        return self.batch_size // world_size

    def to_json(self) -> dict[str, Any]:
        """Plain data, as stored in a checkpoint."""
        lists = {"trains": list(self.trains), "freeze": list(self.freeze)}
        return {**asdict(self), **lists, "augmentation": self.augmentation.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TrainingStage:
        """Inverse of :meth:`to_json`.

        Raises:
            StateError: Fields that this version does not know, or that it misses.
            UsageError: A task that this version does not know.
        """
        known = {field.name for field in fields(cls)}
        if set(data) != known:
            raise StateError(
                f"a stage with fields {sorted(set(data) ^ known)} added or missing",
                hint="It was written by another version of skeletonllm.",
            )
        lists = {name: tuple(data[name]) for name in ("trains", "freeze")}
        augmentation = Augmentation.from_json(data["augmentation"])
        return cls(**{**data, **lists, "augmentation": augmentation})


STAGES: dict[str, TrainingStage] = {
    stage.name: stage
    for stage in (
        TrainingStage(name="warm_up"),
        TrainingStage(name="discriminate", task="discrimination"),
        TrainingStage(name="distill", task="rationale", trains=(RENDERER, "projector", LORA)),
        TrainingStage(name="refine", trains=("projector", LORA), epochs=3.0),
    )
}
"""The stages by name, in the order of the paper."""


def check_stage(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: There is no such stage; the message lists them.
    """
    if name not in STAGES:
        raise UsageError(f"unknown stage {name!r}", expected=f"one of {', '.join(STAGES)}")
    return name
