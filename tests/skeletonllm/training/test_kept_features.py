"""Features of a frozen tower behind a fixed renderer: computed once, and the same in every step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from skeletonllm.augmentation import Augmentation
from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.mllm.small.adapter import SmallAdapter
from skeletonllm.mllm.small.feature_cache import FeatureCache
from skeletonllm.tasks import Example
from skeletonllm.training import Trainer, get_stage
from skeletonllm.training.kept_features import KeptFeatures, keeps_features
from skeletonllm.training.stages import TrainingStage
from tests.skeletonllm.mllm.small.conftest import make_adapter

from .conftest import make

STAGE = get_stage(
    "warm_up",
    task="naming",
    objective="words",
    draws=2,
    batch_size=4,
    num_frames=3,
    size=64,
    augmentation=Augmentation(yaw=30.0),
)


def prepare(
    stage: TrainingStage, folder: Path | None, renderer: str = "velocity_sticks"
) -> Trainer:
    adapter = make_adapter()
    drawing = get_renderer(renderer, DrActionConfig(size=64, patch=adapter.patch))
    cache = None if folder is None else FeatureCache(folder)
    kept = None if cache is None else KeptFeatures(cache, drawing, adapter)
    return make(stage, drawing, adapter, kept=kept)


def tower_of(trainer: Trainer) -> Any:
    assert isinstance(trainer.adapter, SmallAdapter)
    return trainer.adapter.vision_tower


def losses_of(trainer: Trainer, examples: list[Example], epoch: int) -> Tensor:
    asked = trainer._prepare([replace(example, epoch=epoch) for example in examples], 0)
    return trainer.compute_losses(asked).detach()


@pytest.mark.parametrize("objective", ["words", "answers"])
def test_a_draw_is_looked_at_once_and_gives_the_loss_of_a_look(
    examples: list[Example], tmp_path: Path, objective: Any
) -> None:
    stage, batch = replace(STAGE, objective=objective), examples[::12]
    plain, keeping = prepare(stage, None), prepare(stage, tmp_path)
    for epoch in range(4):
        expected = losses_of(plain, batch, epoch)
        assert losses_of(keeping, batch, epoch).allclose(expected, atol=2e-3)  # kept in float16
    assert tower_of(plain).pictures == 4 * 4 * 3
    assert tower_of(keeping).pictures == 2 * 4 * 3
    again = prepare(stage, tmp_path)
    assert losses_of(again, batch, 1).equal(losses_of(keeping, batch, 3))
    assert tower_of(again).pictures == 0


def test_another_picture_is_never_taken_for_the_kept_one(
    examples: list[Example], tmp_path: Path
) -> None:
    batch = examples[::12]
    losses_of(prepare(STAGE, tmp_path), batch, 0)
    others = [
        prepare(replace(STAGE, seed=1), tmp_path),
        prepare(replace(STAGE, num_frames=2), tmp_path),
        prepare(replace(STAGE, augmentation=Augmentation(yaw=20.0)), tmp_path),
        prepare(STAGE, tmp_path, "plain_projection"),
    ]
    for other in others:
        losses_of(other, batch, 0)
        assert tower_of(other).pictures == 4 * other.stage.num_frames
    moved = [replace(example, key=f"other/{example.key}") for example in batch]
    last = prepare(STAGE, tmp_path)
    losses_of(last, moved, 0)
    assert tower_of(last).pictures == 4 * 3


def test_nothing_is_kept_where_a_picture_would_not_come_again() -> None:
    adapter = make_adapter()
    sticks = get_renderer("velocity_sticks", DrActionConfig(size=64, patch=adapter.patch))
    learning = get_renderer("draction", DrActionConfig(size=64, patch=adapter.patch))
    assert keeps_features(STAGE, sticks, adapter)
    assert not keeps_features(STAGE, learning, adapter)
    assert keeps_features(replace(STAGE, trains=("projector",)), learning, adapter)
    for change in (
        {"draws": None},
        {"foreground": True},
        {"permute_motions": True},
        {"trains": ("projector", "vision_tower")},
    ):
        assert not keeps_features(replace(STAGE, **change), sticks, adapter)


def test_a_trained_step_moves_the_projector_alone(examples: list[Example], tmp_path: Path) -> None:
    trainer = prepare(replace(STAGE, lr=1e-2), tmp_path)
    steps = [trainer.train_step(examples[::12], step=20) for _ in range(60)]
    assert {step.tokens for step in steps} == {0}  # the language model read none
    assert steps[-1].loss < steps[0].loss / 2
    assert {name.split(".")[0] for name in trainer.named} == {"projector"}
