"""Weights: every entry accounted for."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from skeletonllm.draction import DrAction, DrActionConfig, load_renderer, save_renderer
from skeletonllm.draction.config import PARTS
from skeletonllm.draction.gaussians.published import POINTS
from skeletonllm.draction.weights import (
    ABOUT,
    FORMAT,
    OLD_FORMATS,
    RELEASED,
    load_weights,
    read_weights,
)
from skeletonllm.errors import RenderError, WeightsError
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_waving_motion

PAPER = DrActionConfig(size=56, patch=14, formula="published", camera="sensor")


def released(folder: Path, **changes: torch.Tensor | None) -> Path:
    """A file like the released ones (bfloat16), with entries replaced, added or (None) left out."""
    state = {n.removeprefix("appearance."): v for n, v in DrAction(PAPER).state_dict().items()}
    tensors = {name: v for name, v in {**state, **changes}.items() if v is not None}
    path = folder / "released.safetensors"
    metadata = {"format": "skeletonllm-draction-v1", "num_line_samples": "10", "render_size": "448"}
    save_file({n: v.bfloat16().contiguous() for n, v in tensors.items()}, path, metadata)
    return path


def test_ours_come_back_with_their_configuration(tmp_path: Path) -> None:
    config = DrActionConfig(size=56, patch=14, recurrent=True, seed=3, formats=("kinect_v2",))
    renderer = DrAction(config)
    save_renderer(renderer, tmp_path / "w.safetensors")
    again = load_renderer(tmp_path / "w.safetensors")
    assert again.config == config
    state = renderer.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())


def write_second_version(path: Path, renderer: DrAction) -> None:
    """A file as the version before wrote it, whose configuration knows no parts."""
    config = {n: v for n, v in asdict(renderer.config).items() if n not in PARTS}
    about = {"format": "skeletonllm-renderer-v2", "config": config}
    state = {name: value.contiguous() for name, value in renderer.state_dict().items()}
    save_file(state, str(path), metadata={ABOUT: json.dumps(about)})


def test_a_file_from_before_the_parts_draws_what_it_drew(tmp_path: Path) -> None:
    config = DrActionConfig(size=56, patch=14, points_per_bone=4, recurrent=True)
    plain = replace(config, **dict.fromkeys(PARTS, False))
    before = DrAction(plain)
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(0.1)
    write_second_version(tmp_path / "w", before)
    after = load_renderer(tmp_path / "w")
    assert after.config == plain
    batch, frames = MotionBatch.from_motions([make_waving_motion()]), torch.tensor([[0, 5]])
    with torch.no_grad():
        assert torch.equal(after(batch, frames).frames, before(batch, frames).frames)
    save_renderer(after, tmp_path / "again")
    assert load_renderer(tmp_path / "again").config == plain


@pytest.mark.parametrize("part", PARTS)
def test_a_part_whose_weights_are_missing_is_named(part: str, tmp_path: Path) -> None:
    without = DrActionConfig(size=56, patch=14, **{part: False})
    save_renderer(DrAction(without), tmp_path / "w")
    assert load_renderer(tmp_path / "w").config == without
    with pytest.raises(WeightsError, match=rf"missing appearance\.{part}\..*configuration the"):
        load_renderer(tmp_path / "w", **{part: True})


def test_the_same_renderer_makes_the_same_file(tmp_path: Path) -> None:
    renderer = DrAction(DrActionConfig())
    for name in ("a", "b"):
        save_renderer(renderer, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_size_or_camera_keeps_the_weights(tmp_path: Path) -> None:
    save_renderer(DrAction(DrActionConfig(seed=3)), tmp_path / "w")
    again = load_renderer(tmp_path / "w", size=224, camera="sensor")
    assert (again.config.size, again.config.camera) == (224, "sensor")
    expected = DrAction(DrActionConfig(seed=3)).appearance.state_dict()
    found = again.appearance.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in found.items())


def test_released_weights_are_read_as_float32(tmp_path: Path) -> None:
    renderer = load_renderer(released(tmp_path))
    expected = DrActionConfig(formula="published", camera="sensor", points_per_bone=POINTS)
    assert renderer.config == expected
    assert {value.dtype for value in renderer.state_dict().values()} == {torch.float32}


def test_released_weights_without_a_modulator(tmp_path: Path) -> None:
    nothing = dict.fromkeys(["nfm.0.weight", "nfm.0.bias", "nfm.2.weight", "nfm.2.bias"])
    assert load_renderer(released(tmp_path, **nothing)).config.modulate is False


def test_every_misfit_is_named_at_once(tmp_path: Path) -> None:
    path = released(
        tmp_path,
        depth_mix_logit=None,
        surplus=torch.zeros(2),
        canonical_features=torch.zeros(7, 3),
        canonical_scales=torch.full((265, 3), float("nan")),
    )
    with pytest.raises(WeightsError) as caught:
        load_renderer(path)
    assert str(caught.value) == (
        f"{path}: missing appearance.depth_mix_logit; extra surplus; "
        "appearance.canonical_features of shape (7, 3), expected (265, 3); "
        "appearance.canonical_scales holds NaN or infinity. "
        "Make the renderer with the configuration the weights were saved with."
    )


def test_a_failed_load_changes_nothing() -> None:
    renderer = DrAction(PAPER)
    before = {name: value.clone() for name, value in renderer.state_dict().items()}
    wrong = {**before, "appearance.depth_mix_logit": torch.zeros(2)}
    with pytest.raises(WeightsError, match=r"depth_mix_logit of shape \(2,\)"):
        load_weights(renderer, {name: value + 1 for name, value in wrong.items()})
    assert all(torch.equal(value, before[name]) for name, value in renderer.state_dict().items())


def test_what_is_not_a_weights_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(WeightsError, match="text: not a safetensors file"):
        read_weights(tmp_path / "text")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_weights(tmp_path / "absent")
    save_file({"a": torch.zeros(1)}, tmp_path / "other", {"format": "pt"})
    with pytest.raises(
        WeightsError,
        match=f"format 'pt'; expected {FORMAT}, {', '.join(OLD_FORMATS)} or {RELEASED}",
    ):
        load_renderer(tmp_path / "other")


def test_an_unknown_change_is_refused(tmp_path: Path) -> None:
    save_renderer(DrAction(DrActionConfig()), tmp_path / "w")
    with pytest.raises(RenderError, match="expected fields of DrActionConfig"):
        load_renderer(tmp_path / "w", colour="red")
