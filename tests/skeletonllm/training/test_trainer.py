from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.errors import RenderError, StateError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.tasks import Example
from skeletonllm.training import Trainer, TrainState, get_stage

from .conftest import build

STAGE = get_stage("warm_up", model="tiny", batch_size=4, num_frames=2)


def test_all_but_renderer_and_projector_is_frozen(examples: list[Example]) -> None:
    renderer, adapter = build()
    before = {name: p.clone() for name, p in adapter.named_parameters()}
    trainer = Trainer(STAGE, renderer, adapter)
    trainer.train_step(examples[::12], step=20)
    moved = {name for name, p in adapter.named_parameters() if not p.equal(before[name])}
    assert moved
    assert all("multi_modal_projector" in name for name in moved)
    assert {id(p) for p in trainer.parameters} == {
        id(p) for part in (renderer, adapter.projector) for p in part.parameters()
    }


def test_lengths_and_angles_learn_at_their_own_rate() -> None:
    renderer, adapter = build()
    trainer = Trainer(STAGE, renderer, adapter)
    slow = {
        id(p)
        for group in trainer.optimizer.param_groups
        if group["peak"] == STAGE.geometry_lr
        for p in group["params"]
    }
    named = {name for name, p in renderer.named_parameters() if id(p) in slow}
    assert {name.removeprefix("appearance.").removeprefix("view.") for name in named} == {
        "joint_radius",
        "bone_thickness",
        "format_scale",
        "format_thickness",
        "motion.reach",
        "motion.width",
        "motion.slowest",
        "halos.width",
        "sharp.density",
        "turn",
        "log_fov",
        "log_distance",
    }
    assert set(renderer.geometry()) == named


@pytest.mark.parametrize("name", ["velocity_sticks", "plain_projection", "trajectory_map"])
def test_a_baseline_teaches_the_projector_alone(name: str, examples: list[Example]) -> None:
    adapter = build()[1]
    renderer = get_renderer(name, DrActionConfig(size=56, patch=adapter.patch))
    trainer = Trainer(STAGE, renderer, adapter)
    assert {id(p) for p in trainer.parameters} == {id(p) for p in adapter.projector.parameters()}
    first = trainer.train_step(examples[::12], step=20)
    assert trainer.train_step(examples[::12], step=20) < first
    state = TrainState.of(1, trainer, {})
    assert all(name.startswith("projector.") for name in state.weights)
    again = Trainer(STAGE, get_renderer(name, renderer.config), build()[1])
    assert state.restore(again) == 1
    assert again.compute_loss(examples[:4], 3) == trainer.compute_loss(examples[:4], 3)
    with pytest.raises(StateError, match="renderer: .* tensors do not fit"):
        state.load_weights(*build())


def test_a_baseline_alone_leaves_nothing_to_train() -> None:
    adapter = build()[1]
    renderer = get_renderer("plain_projection", DrActionConfig(size=56, patch=adapter.patch))
    with pytest.raises(UsageError, match="no parameter is left to train"):
        Trainer(replace(STAGE, trains=("renderer",)), renderer, adapter)


def test_a_stage_trains_the_parts_it_names_and_saves_them(examples: list[Example]) -> None:
    renderer, adapter = build()
    assert list(adapter.parts()) == ["vision_tower", "language_model", "projector"]
    trainer = Trainer(replace(STAGE, trains=("language_model",)), renderer, adapter)
    before = {name: p.clone() for name, p in adapter.named_parameters()}
    trainer.train_step(examples[::12], step=20)
    moved = {name for name, p in adapter.named_parameters() if not p.equal(before[name])}
    assert moved
    assert all(name.startswith("model.model.language_model") for name in moved)
    state = TrainState.of(1, trainer, {})
    assert {name.split(".")[0] for name in state.weights} == {"renderer", "language_model"}
    fresh = build()[1]
    state.load_weights(renderer, fresh)
    assert all(p.equal(dict(fresh.named_parameters())[n]) for n, p in adapter.named_parameters())


def test_a_part_that_there_is_not_is_refused_with_the_list() -> None:
    says = r"trains .'vision'.; expected some of .'renderer', 'vision_tower', 'language_model', 'p"
    with pytest.raises(UsageError, match=says):
        Trainer(replace(STAGE, trains=("renderer", "vision")), *build())


def test_what_is_frozen_by_name_stays_as_it_is(examples: list[Example]) -> None:
    renderer, adapter = build()
    before = {name: p.clone() for name, p in renderer.named_parameters()}
    trainer = Trainer(replace(STAGE, freeze=("view.*", "appearance.colour")), renderer, adapter)
    trainer.train_step(examples[::12], step=20)
    same = {name for name, p in renderer.named_parameters() if p.equal(before[name])}
    frozen = {"view.turn", "view.log_fov", "view.log_distance", "appearance.colour"}
    assert frozen <= same
    assert {"appearance.features", "appearance.joint_radius"}.isdisjoint(same)
    assert not {id(renderer.get_parameter(name)) for name in frozen} & {
        id(p) for p in trainer.parameters
    }


def test_freezing_what_there_is_not_names_what_there_is() -> None:
    with pytest.raises(RenderError, match=r"no parameter matches 'camera\.\*'; expected app"):
        Trainer(replace(STAGE, freeze=("camera.*",)), *build())


def test_a_slot_of_weight_zero_is_neither_drawn_nor_counted(examples: list[Example]) -> None:
    renderer, adapter = build()
    trainer = Trainer(STAGE, renderer, adapter)
    nobody = replace(examples[3], motion=_nobody(examples[3].motion), weight=0.0)
    with_slot = trainer.compute_loss([*examples[:3], nobody], step=0)
    assert with_slot.equal(trainer.compute_loss(examples[:3], step=0))
    assert trainer.compute_loss([nobody], step=0) == 0
    weights = [p.clone() for p in trainer.parameters]
    assert trainer.train_step([nobody], step=0) == 0
    assert all(p.equal(q) for p, q in zip(trainer.parameters, weights, strict=True))


def test_the_control_shows_other_motions(examples: list[Example]) -> None:
    renderer, adapter = build()
    batch = examples[::12]
    plain = Trainer(STAGE, renderer, adapter).compute_loss(batch, step=0)
    permuted = Trainer(replace(STAGE, permute_motions=True), renderer, adapter).compute_loss(
        batch, step=0
    )
    assert plain != permuted


def test_ranks_and_steps_show_other_frames(examples: list[Example]) -> None:
    renderer, adapter = build()
    losses = {
        float(
            Trainer(STAGE, renderer, adapter, rank=rank).compute_loss(examples[:4], step).detach()
        )
        for rank, step in ((0, 0), (1, 0), (0, 1))
    }
    assert len(losses) == 3
    assert torch.isfinite(torch.tensor(list(losses))).all()


def _nobody(motion: Motion) -> Motion:
    return replace(motion, present=motion.present & False, confidence=motion.confidence * 0)
