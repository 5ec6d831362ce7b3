"""Sharpness: even limbs with a firm edge, at any size of the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.draction.gaussians.sharpness import DENSITY, RADIUS_RANGE, Sharpness, harden
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import KINECT_V2, Topology

from .conftest import draw, pose, sample_between

BONE = Topology("bone", ("left_elbow", "left_wrist"), ((0, 1),))
ENDS = BONE.joints


def make(size: int, **changes: Any) -> DrAction:
    """A renderer of one bare colour: what differs along a limb is its shape."""
    config = DrActionConfig(size=size, patch=size, modulate=False, motion=False, halos=False)
    renderer = DrAction(replace(config, **changes))
    with torch.no_grad():
        renderer.appearance.colour.fill_(2.0)
        renderer.appearance.depth_mix_logit.fill_(-50)
        renderer.get_parameter("appearance.base.2.weight").zero_()
    return renderer


def measure_beads(renderer: DrAction, metres: float = 0.6) -> float:
    """How much brightness differs along a lone bone that lies level."""
    bone = pose(BONE, [[[-metres / 2, 0, 3], [metres / 2, 0, 3]]])
    profile = sample_between(draw(renderer, bone), bone, ENDS)
    return float(1 - profile.min() / profile.max())


@pytest.mark.parametrize("size", [28, 56, 448])
def test_a_long_bone_has_no_beads(size: int) -> None:
    assert measure_beads(make(size)) < 0.04


def test_soft_round_gaussians_have_beads_where_they_are_few() -> None:
    assert measure_beads(make(448, sharp=False, points_per_bone=3)) > 0.3


def measure_width(picture: Tensor) -> Tensor:
    """Light across the bone over its brightest pixel, in pixels, for its middle columns."""
    across = picture.amax(0)[:, picture.shape[2] // 4 : -picture.shape[2] // 4]
    return across.sum(0) / across.amax(0)


def test_a_limb_is_not_thinner_than_a_pixel_however_small_it_is() -> None:
    person = make_waving_motion(KINECT_V2)
    shin = sample_between(draw(make(56), person), person, ("left_knee", "left_ankle"))
    assert shin.min() > 0.5 * shin.max()
    bone = pose(BONE, [[[-0.3, 0, 3], [0.3, 0, 3]]])
    for radius in (-50.0, 0.0):
        renderer = make(28)
        with torch.no_grad():
            renderer.appearance.bone_thickness.fill_(radius)
        assert measure_width(draw(renderer, bone)).min() > 0.95


def test_its_edge_is_firm() -> None:
    """From nearly all to nearly nothing within a small part of its width."""
    bone = pose(BONE, [[[-0.3, 0, 3], [0.3, 0, 3]]])
    shares = []
    for sharp in (True, False):
        column = draw(make(448, sharp=sharp), bone).amax(0)[:, 224]
        column = column / column.max()
        edge = ((column > 0.1) & (column < 0.9)).sum()
        shares.append(float(edge / (column > 0.5).sum()))
    assert shares[0] < 0.5 * shares[1]


def test_thickness_learns_in_the_smallest_picture() -> None:
    renderer = make(28)
    motion = make_waving_motion(KINECT_V2)
    frames = renderer(MotionBatch.from_motions([motion]), torch.tensor([[0]])).frames
    weight = torch.rand(frames.shape, generator=torch.Generator().manual_seed(0))
    (frames * weight).sum().backward()
    for name in ("bone_thickness", "joint_radius", "sharp.density"):
        gradient = renderer.appearance.get_parameter(name).grad
        assert gradient.isfinite().all()
        assert gradient.any(), name


def test_opacities_grow_by_equal_factors_up_to_the_density() -> None:
    density = torch.tensor(DENSITY).log()
    found = harden(torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]), density)
    assert found[0] == 0
    torch.testing.assert_close(found[-1], torch.tensor(DENSITY), rtol=1e-4, atol=0)
    factors = (found[1:] + 1) / (found[:-1] + 1)
    torch.testing.assert_close(factors, factors[:1].expand(4), rtol=1e-3, atol=0)


def test_radii_span_their_range_in_equal_ratios() -> None:
    found = Sharpness.span_radius(torch.tensor([0.0, 0.5, 1.0]))
    low, high = RADIUS_RANGE
    torch.testing.assert_close(found, torch.tensor([low, (low * high) ** 0.5, high]))
