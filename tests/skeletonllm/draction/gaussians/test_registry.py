"""Formulas by name; and a new one, which needs nothing but its class and its line."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from skeletonllm.draction import Camera, DrAction, DrActionConfig
from skeletonllm.draction.gaussians import registry
from skeletonllm.draction.gaussians.formula import Formula
from skeletonllm.draction.gaussians.registry import FORMULAS, get_formula
from skeletonllm.draction.scene.tracks import gather_tracks
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

CONFIG = DrActionConfig(size=56, patch=14)


class Dots(Formula):
    """A white Gaussian a joint, of one learnable radius."""

    name = "dots"
    near = 0.1
    blur = 0.1
    mirrored = True

    def __init__(self, config: DrActionConfig) -> None:
        self.appearance = nn.ParameterDict({"radius": torch.tensor(0.03 + 0 * config.seed)})

    def gaussians(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> Gaussians:
        parts = []
        for clip in range(len(batch)):
            tracks = gather_tracks(batch, [clip], frames, per_second=True)
            points = camera.transform_points(tracks.joints, tracks.camera)
            shape = tracks.observed.shape
            dense = Gaussians(
                points=points,
                radius=self.appearance["radius"].expand(shape),
                rgb=points.new_ones(points.shape),
                opacity=points.new_ones(shape),
                camera=tracks.camera[..., None].expand(shape),
                picture=tracks.picture[..., None].expand(shape),
            )
            parts.append(dense.where(tracks.observed))
        return Gaussians.cat(parts)


def test_an_unknown_formula_names_the_known_ones() -> None:
    with pytest.raises(RenderError, match="unknown formula 'theirs'; expected one of body, publi"):
        DrAction(DrActionConfig(formula="theirs"))


def test_every_formula_says_what_the_renderer_asks_it() -> None:
    for name, formula in FORMULAS.items():
        assert formula.name == name
        assert formula.near > 0
        assert formula.blur > 0
        made = DrAction(replace(CONFIG, formula=name))
        assert made.appearance is made.formula.appearance
    assert [get_formula(name).mirrored for name in ("body", "published")] == [False, True]


def test_a_new_formula_is_a_class_and_a_line(
    everyone: list[Motion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.FORMULAS, "dots", Dots)
    renderer = DrAction(replace(CONFIG, formula="dots"))
    names = [name for name, _ in renderer.named_parameters()]
    assert names == ["appearance.radius", "view.turn", "view.log_fov", "view.log_distance"]
    batch, frames = MotionBatch.from_motions(everyone[:2]), torch.tensor([[3], [4]])
    rendering = renderer(batch, frames)
    assert rendering.frames.amax() > 0.3
    rendering.frames.sum().backward()
    assert renderer.get_parameter("appearance.radius").grad is not None
    baked = renderer.bake()
    assert torch.equal(baked(batch, frames).frames, rendering.frames.detach())
    assert not any(parameter.requires_grad for parameter in baked.parameters())
    with pytest.raises(RenderError, match="engine 'nvdiffrast_mesh' with formula 'dots'"):
        DrAction(replace(CONFIG, formula="dots", engine="nvdiffrast_mesh"))


def test_the_sensors_picture_is_mirrored_as_the_formula_says(
    everyone: list[Motion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.FORMULAS, "dots", Dots)
    batch, frames = MotionBatch.from_motions(everyone[:1]), torch.tensor([[5]])
    mirrored = DrAction(replace(CONFIG, formula="dots", camera="sensor"))(batch, frames).frames
    monkeypatch.setattr(Dots, "mirrored", False)
    plain = DrAction(replace(CONFIG, formula="dots", camera="sensor"))(batch, frames).frames
    assert not torch.equal(mirrored, plain)
    # About the sensor's middle, 28, not about that of the pixels, 27.5.
    torch.testing.assert_close(mirrored[..., 1:].flip(-1), plain[..., 1:], atol=1e-4, rtol=0)
