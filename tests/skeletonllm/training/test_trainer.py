from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.errors import RenderError, StateError, TrainingError, UsageError
from skeletonllm.mllm.lora import LoraOptions, add_lora
from skeletonllm.motion import Motion
from skeletonllm.tasks import Example
from skeletonllm.training import STAGES, TrainState, get_stage

from .conftest import build, make

STAGE = get_stage("warm_up", model="tiny", batch_size=4, num_frames=2)


def test_all_but_renderer_and_projector_is_frozen(examples: list[Example]) -> None:
    renderer, adapter = build()
    before = {name: p.clone() for name, p in adapter.named_parameters()}
    trainer = make(STAGE, renderer, adapter)
    trainer.train_step(examples[::12], step=20)
    moved = {name for name, p in adapter.named_parameters() if not p.equal(before[name])}
    assert moved
    assert all("multi_modal_projector" in name for name in moved)
    assert {id(p) for p in trainer.parameters} == {
        id(p) for part in (renderer, adapter.projector) for p in part.parameters()
    }


def test_lengths_and_angles_learn_at_their_own_rate() -> None:
    renderer, adapter = build()
    trainer = make(STAGE, renderer, adapter)
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
    trainer = make(STAGE, renderer, adapter)
    assert {id(p) for p in trainer.parameters} == {id(p) for p in adapter.projector.parameters()}
    first = trainer.train_step(examples[::12], step=20).loss
    assert trainer.train_step(examples[::12], step=20).loss < first
    state = TrainState.of(1, trainer, {})
    assert all(name.startswith("projector.") for name in state.weights)
    again = make(STAGE, get_renderer(name, renderer.config), build()[1])
    assert state.restore(again) == 1
    assert again.compute_losses(examples[:4]).equal(trainer.compute_losses(examples[:4]))
    with pytest.raises(StateError, match="renderer: .* tensors do not fit"):
        state.load_weights(*build())


def test_a_baseline_alone_leaves_nothing_to_train() -> None:
    adapter = build()[1]
    renderer = get_renderer("plain_projection", DrActionConfig(size=56, patch=adapter.patch))
    with pytest.raises(UsageError, match="no parameter is left to train"):
        make(replace(STAGE, trains=("renderer",)), renderer, adapter)


def test_a_stage_trains_the_parts_it_names_and_saves_them(examples: list[Example]) -> None:
    renderer, adapter = build()
    assert list(adapter.parts()) == ["vision_tower", "language_model", "projector"]
    trainer = make(replace(STAGE, trains=("language_model",)), renderer, adapter)
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
        make(replace(STAGE, trains=("renderer", "vision")), *build())


def test_what_is_frozen_by_name_stays_as_it_is(examples: list[Example]) -> None:
    renderer, adapter = build()
    before = {name: p.clone() for name, p in renderer.named_parameters()}
    trainer = make(replace(STAGE, freeze=("view.*", "appearance.colour")), renderer, adapter)
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
        make(replace(STAGE, freeze=("camera.*",)), *build())


def test_a_slot_of_weight_zero_is_neither_drawn_nor_counted(examples: list[Example]) -> None:
    nobody = replace(examples[3], motion=_nobody(examples[3].motion), weight=0.0)
    whole, short = make(STAGE, *build()), make(STAGE, *build())
    with_slot = whole.train_step([*examples[:3], nobody], step=0)
    assert with_slot == short.train_step(examples[:3], step=0)
    assert with_slot.clips == 3
    weights = [p.clone() for p in whole.parameters]
    nothing = whole.train_step([nobody], step=1)
    assert (nothing.loss, nothing.clips) == (0, 0)
    assert all(p.equal(q) for p, q in zip(whole.parameters, weights, strict=True))


def test_the_control_shows_other_motions(examples: list[Example]) -> None:
    batch = examples[::12]
    plain = make(STAGE, *build()).train_step(batch, step=0)
    permuted = make(replace(STAGE, permute_motions=True), *build()).train_step(batch, step=0)
    assert plain.loss != permuted.loss


def test_epochs_and_repeats_show_other_frames_and_nothing_else_does(
    examples: list[Example],
) -> None:
    trainer = make(STAGE, *build())
    batch = examples[:4]
    first = trainer.compute_losses(batch)
    assert trainer.compute_losses(batch[::-1]).flip(0).allclose(first, atol=1e-6)
    for change in ({"epoch": 1}, {"repeat": 1}):
        other = trainer.compute_losses([replace(example, **change) for example in batch])
        assert not other.allclose(first, atol=1e-6)


@pytest.mark.parametrize("micro_batch", [1, 3])
def test_a_step_does_not_depend_on_how_it_is_cut(examples: list[Example], micro_batch: int) -> None:
    batch = [replace(example, weight=1.0 + i) for i, example in enumerate(examples[::12])]
    whole, cut = make(STAGE, *build()), make(STAGE, *build(), micro_batch=micro_batch)
    first, second = whole.train_step(batch, step=1), cut.train_step(batch, step=1)
    assert second.loss == pytest.approx(first.loss, abs=1e-6)
    for one, other in zip(whole.parameters, cut.parameters, strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-5)


def test_what_learns_is_float32_and_all_of_it_moves_at_the_published_rate(
    examples: list[Example],
) -> None:
    """In bfloat16, 200 steps of 2e-5 moved 30 % of the weights and no layer norm."""
    renderer, adapter = build()
    adapter.model.to(torch.bfloat16)
    add_lora(adapter, LoraOptions(r=4, alpha=8))
    stage = replace(
        STAGES["distill"], task="recognition", lr=2e-5, batch_size=4, num_frames=2, size=56
    )
    trainer = make(stage, renderer, adapter)
    assert {p.dtype for p in trainer.parameters} == {torch.float32}
    frozen = {n: p.dtype for n, p in adapter.named_parameters() if not p.requires_grad}
    assert set(frozen.values()) == {torch.bfloat16}
    before = {name: p.detach().clone() for name, p in trainer.named.items()}
    for step in range(6):
        trainer.train_step(examples[step::12], step)
    still = {name for name, p in trainer.named.items() if p.equal(before[name])}
    assert still == set()
    # Of each tensor nearly every number, not only the few whose step survives rounding. Not all:
    # steps of both signs can end where they began, and which ones do is the machine's affair.
    checked = [n for n in trainer.named if "lora" in n] + ["projector.layer_norm.weight"]
    moved = {n: (trainer.named[n] != before[n]).float().mean() for n in checked}
    assert min(moved.values()) > 0.9


def test_a_model_whose_tokens_are_no_words_is_refused_that_objective(
    examples: list[Example],
) -> None:
    trainer = make(replace(STAGE, objective="words"), *build())
    with pytest.raises(UsageError, match="objective words, for InternVLAdapter; expected a model"):
        trainer.train_step(examples[::12], 0)
    with pytest.raises(UsageError, match="objective 'letters'; expected one of answers, words"):
        replace(STAGE, objective="letters")


@pytest.mark.parametrize("name", ["view.turn", "appearance.motion.reach"])
def test_a_weight_that_is_no_number_is_refused_with_its_group(name: str) -> None:
    renderer, adapter = build()
    with torch.no_grad():
        renderer.get_parameter(name).view(-1)[0] = torch.nan
    group = f"renderer.{name.removeprefix('appearance.').split('.')[0]}"
    with pytest.raises(TrainingError, match=f"weights of {group} are not finite"):
        make(STAGE, renderer, adapter)


def test_a_gradient_that_is_no_number_stops_before_the_step_is_kept(
    examples: list[Example],
) -> None:
    """A finite loss with a NaN in one gradient turned all 25 parameters into NaN."""
    renderer, adapter = build()
    trainer = make(STAGE, renderer, adapter, micro_batch=1)
    handle = renderer.get_parameter("view.turn").register_hook(lambda grad: grad * torch.nan)
    before = [p.detach().clone() for p in trainer.parameters]
    with pytest.raises(TrainingError) as caught:
        trainer.train_step(examples[::12], step=4)
    assert "step 5: the loss is " in str(caught.value)
    assert "gradients of renderer.view are not finite" in str(caught.value)
    assert f"with the clips {examples[0].key}. The last checkpoint is whole" in str(caught.value)
    assert all(p.equal(q) for p, q in zip(trainer.parameters, before, strict=True))
    handle.remove()
    assert trainer.train_step(examples[::12], step=4).norm > 0


def test_a_loss_that_is_no_number_names_its_clip(
    examples: list[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make(STAGE, *build(), micro_batch=1)
    plain = trainer.compute_losses

    def spoil(batch: list[Example]) -> torch.Tensor:
        return plain(batch) * (torch.inf if batch[0].key == examples[24].key else 1.0)

    monkeypatch.setattr(trainer, "compute_losses", spoil)
    with pytest.raises(TrainingError, match=f"the loss is inf.*with the clips {examples[24].key}"):
        trainer.train_step(examples[::12], step=0)


def test_each_part_of_a_mixture_has_a_loss_of_its_own(examples: list[Example]) -> None:
    batch = [replace(e, part=part) for e, part in zip(examples[::12], "abba", strict=True)]
    trainer = make(STAGE, *build(), parts=("a", "b", "unused"))
    losses = trainer.compute_losses(batch).tolist()
    result = trainer.train_step(batch, step=0)
    assert result.losses == pytest.approx(
        {"a": (losses[0] + losses[3]) / 2, "b": (losses[1] + losses[2]) / 2}
    )
    assert result.loss == pytest.approx(sum(losses) / 4)


def test_the_dropout_of_a_lora_is_awake_in_a_step_alone(examples: list[Example]) -> None:
    renderer, adapter = build()
    lora = add_lora(adapter, LoraOptions(r=4, alpha=8, dropout=0.5))
    trainer = make(replace(STAGE, trains=("lora",)), renderer, adapter)
    with torch.no_grad():
        for name, weight in lora.named_parameters():
            weight.normal_() if ".B." in name else None
    asleep = float(trainer.compute_losses(examples[:2]).detach().mean())
    assert float(trainer.compute_losses(examples[:2]).detach().mean()) == asleep
    assert trainer.train_step(examples[:2], 0).loss != pytest.approx(asleep, abs=1e-4)
    assert not lora.training


def _nobody(motion: Motion) -> Motion:
    return replace(motion, present=motion.present & False, confidence=motion.confidence * 0)
