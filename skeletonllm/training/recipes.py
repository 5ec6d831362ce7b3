"""Recipes: how fast and in how large steps a stage is trained, for which model.

``paper`` is what the released scripts do (shell/train.sh: AdamW at 2e-5, weight decay 0.05, 3 % of
the steps to warm up, then a cosine; two clips a step; 12 frames of 448 pixels), with the published
prompts. ``ours`` differs where docs/TRAINING.md says so.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from skeletonllm.augmentation import Augmentation
from skeletonllm.defaults import SMALL, SMALL_RANDOM, TINY
from skeletonllm.errors import UsageError
from skeletonllm.training.stages import LORA, STAGES, TrainingStage, check_stage

PUBLISHED_BATCH, PUBLISHED_LR = 2, 2e-5
BATCH = 16
PAPER: dict[str, Any] = {"batch_size": PUBLISHED_BATCH, "lr": PUBLISHED_LR}
OURS: dict[str, Any] = {
    "batch_size": BATCH,
    "lr": PUBLISHED_LR * math.sqrt(BATCH / PUBLISHED_BATCH),
    "geometry_lr": PUBLISHED_LR * math.sqrt(BATCH / PUBLISHED_BATCH),
}
"""Eight times the published clips a step, so that eight GPUs have work, at a rate that grows with
the square root of it, as Adam's noise asks for. Not measured at the size of the published model."""

TINY_RECIPE: dict[str, Any] = {
    "steps": 400,
    "batch_size": 12,
    "num_frames": 4,
    "size": 56,
    "lr": 1e-2,
    "geometry_lr": 2e-3,
    "warmup_ratio": 0.05,
}
"""What to change for a tiny random model: four small frames, and rates a hundred to five hundred
times the published ones, which are for parts that were trained before. It learns a dozen actions in
a minute and a half of one core. The colours of the picture go to white, which a random tower sees
best; at twice the rate they are there within forty steps, and have no gradient any more."""

TINY_STAGES: dict[str, dict[str, Any]] = {
    "distill": {"steps": 200},
    "refine": {"steps": 300, "lr": 4e-3},
}
"""Where a stage of it needs other numbers. A rationale has ten times the words of a label, so its
steps are longer. At the rate of the other stages LoRA swings on random layers that it must take
back from telling to naming; at twice that rate nothing is learned."""

SMALL_RECIPE: dict[str, Any] = {
    "batch_size": 32,
    "num_frames": 8,
    "size": 112,
    "lr": 1e-3,
    "geometry_lr": 1e-3,
    "augmentation": Augmentation(yaw=30.0),
}
"""What to change for `small`: frames of a visual token each, and people turned."""

SMALL_STAGES: dict[str, dict[str, Any]] = {
    "warm_up": {"task": "naming", "objective": "words", "epochs": 30.0},
    "discriminate": {"batch_size": 8, "lr": 2e-4},
    "distill": {"batch_size": 8, "lr": 2e-4},
    "refine": {
        "task": "naming",
        "trains": (LORA,),
        "epochs": 1.0,
        "batch_size": 8,
        "lr": 2e-4,
    },
}
"""Its projector is new, so it learns long, but without the language model: thirty epochs cost less
than four through it. What was so learned is kept as it is: one epoch of a projector through this
language model unlearned what it knew of new people (58 to 46 % of a fold of NW-UCLA by the nearest
words). One epoch of LoRA alone reads 73 % of a fold of UTD-MHAD, where the frozen model read 58.
Rates of `discriminate` and `distill` are not measured."""

RECIPES: dict[str, dict[str, Any]] = {"ours": OURS, "paper": PAPER}
"""Recipes by name."""
OF_MODEL: dict[str, dict[str, Any]] = {
    TINY: TINY_RECIPE,
    SMALL: SMALL_RECIPE,
    SMALL_RANDOM: SMALL_RECIPE,
}
"""What a model with a name needs, whatever the recipe."""
OF_MODEL_STAGE: dict[str, dict[str, dict[str, Any]]] = {
    TINY: TINY_STAGES,
    SMALL: SMALL_STAGES,
    SMALL_RANDOM: SMALL_STAGES,
}
"""What it needs beyond that in one stage."""
PAPER_TASKS = {"recognition": "published_recognition"}
"""Tasks whose published prompts are not ours."""


def get_stage(name: str, *, model: str = "", recipe: str = "ours", **given: Any) -> TrainingStage:
    """The training stage of this name after a recipe.

    Args:
        name: One of :data:`skeletonllm.training.stages.STAGES`.
        model: Name of the model; those of :data:`OF_MODEL` have sizes and rates of their own.
        recipe: One of :data:`RECIPES`.
        given: Fields of :class:`TrainingStage` to set; None leaves one as it is.

    Raises:
        UsageError: A name is unknown (the message lists the known ones), or a value impossible.

    Example:
        >>> get_stage("warm_up", steps=10, lr=None).steps
        10
        >>> get_stage("refine", recipe="paper").batch_size
        2
    """
    if recipe not in RECIPES:
        raise UsageError(f"unknown recipe {recipe!r}", expected=f"one of {', '.join(RECIPES)}")
    stage = STAGES[check_stage(name)]
    changes = {**RECIPES[recipe], **OF_MODEL.get(model, {})}
    changes |= OF_MODEL_STAGE.get(model, {}).get(name, {})
    if recipe == "paper":
        changes["task"] = PAPER_TASKS.get(stage.task, stage.task)
    asked = {field: value for field, value in given.items() if value is not None}
    if "epochs" in asked:
        changes.pop("steps", None)
    return replace(stage, **{**changes, **asked})
