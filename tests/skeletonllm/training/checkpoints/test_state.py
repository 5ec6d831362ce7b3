from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.errors import StateError, TrainingError
from skeletonllm.mllm import tiny_internvl
from skeletonllm.tasks import Example
from skeletonllm.training import TrainState, get_stage
from skeletonllm.training.checkpoints.state import read_header

from ..conftest import build, make

STAGE = get_stage("warm_up", model="tiny", batch_size=4, num_frames=2)


@pytest.fixture(scope="module")
def state(examples: list[Example]) -> TrainState:
    trainer = make(STAGE, *build())
    trainer.train_step(examples[:4], step=0)
    return TrainState.of(1, trainer, {"position": 4})


def test_the_same_state_is_the_same_bytes(state: TrainState, tmp_path: Path) -> None:
    for name in ("a", "b"):
        state.write(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == ["state.json", "training.safetensors", "weights.safetensors"]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_weights_alone_load_into_a_fresh_model(state: TrainState) -> None:
    renderer, adapter = build()
    state.load_weights(renderer, adapter)
    for part, module in (("renderer", renderer), ("projector", adapter.projector)):
        for name, tensor in module.state_dict().items():
            assert tensor.equal(state.weights[f"{part}.{name}"])
    fresh, _ = build()
    name = "appearance.joint_radius"
    assert not renderer.state_dict()[name].equal(fresh.state_dict()[name])


def test_weights_of_another_model_are_refused_with_both_shapes(state: TrainState) -> None:
    wide = tiny_internvl(("a",), width=32)
    with pytest.raises(StateError, match=r"projector: .* shape \(256,\); expected \(128,\)"):
        state.load_weights(DrAction(DrActionConfig(size=56, patch=14)), wide)
    plain = DrAction(DrActionConfig(size=56, patch=14, modulate=False))
    with pytest.raises(StateError, match=r"renderer: 4 tensors do not fit, first 'appear.*nfm"):
        state.load_weights(plain, build()[1])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", "0.1.0"),
        ("schema_version", "1.2.0"),
        ("prompt", "recognition/0"),
        ("schema", "other"),
    ],
)
def test_another_version_is_refused(
    state: TrainState, tmp_path: Path, field: str, value: str
) -> None:
    state.write(tmp_path)
    header = json.loads((tmp_path / "state.json").read_text())
    (tmp_path / "state.json").write_text(json.dumps({**header, field: value}))
    with pytest.raises(StateError, match=f"{field} '{value}'; expected '.*'. Read it with"):
        TrainState.read(tmp_path)


def test_a_checkpoint_of_a_later_minor_version_is_read(state: TrainState, tmp_path: Path) -> None:
    state.write(tmp_path)
    header = json.loads((tmp_path / "state.json").read_text())
    later = {**header, "schema_version": "2.7.0", "added": 1}
    (tmp_path / "state.json").write_text(json.dumps(later))
    assert TrainState.read(tmp_path).step == state.step


def test_the_header_is_read_without_the_weights(state: TrainState, tmp_path: Path) -> None:
    state.belongs_to(model="tiny").write(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    header = read_header(tmp_path.as_uri())
    assert (header["owner"], header["steps"]) == ({"model": "tiny"}, 300)
    assert header["code"]["skeletonllm"]
    with pytest.raises(StateError, match="none: no whole checkpoint"):
        read_header(str(tmp_path / "none"))


def test_weights_that_are_no_numbers_are_not_loaded(state: TrainState) -> None:
    """A model of NaN was judged "50 %"."""
    weights = {**state.weights, "renderer.view.turn": torch.full((), torch.nan)}
    with pytest.raises(TrainingError, match="checkpoint: weights of renderer.view are not finite"):
        replace(state, weights=weights).load_weights(*build())


def test_trained_weights_stay_float32_in_a_bfloat16_model(state: TrainState) -> None:
    renderer, adapter = build()
    adapter.model.to(torch.bfloat16)
    state.load_weights(renderer, adapter)
    for name, tensor in adapter.projector.state_dict().items():
        assert tensor.equal(state.weights[f"projector.{name}"])


@pytest.mark.parametrize("gone", ["state.json", "weights.safetensors", "training.safetensors"])
def test_a_checkpoint_with_a_missing_file_is_refused(
    state: TrainState, tmp_path: Path, gone: str
) -> None:
    state.write(tmp_path)
    (tmp_path / gone).unlink()
    with pytest.raises(StateError, match="no whole checkpoint .FileNotFoundError."):
        TrainState.read(tmp_path)
