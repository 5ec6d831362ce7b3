"""Colour and opacity on the body: legible from the first step, bounded, and moved by motion."""

from __future__ import annotations

import colorsys

import pytest
import torch

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians import sharpness
from skeletonllm.draction.gaussians.appearance import (
    FORMAT_SCALE,
    RADIUS_RANGE,
    BodyAppearance,
    MotionFeatures,
    Shading,
    colour_depth,
    measure_limb_angles,
)
from skeletonllm.draction.gaussians.primitives import make_primitives
from skeletonllm.topology import COCO_17, KINECT_V2, SMPL_22, Topology


def still(count: int, frames: int = 2) -> MotionFeatures:
    return MotionFeatures(
        position=torch.zeros(1, frames, count, 3),
        velocity=torch.zeros(1, frames, count, 3),
        depth=torch.full((1, frames, count), 0.5),
        angle=torch.zeros(1, frames, count),
        has_depth=torch.ones(1, dtype=torch.bool),
    )


def look(
    appearance: BodyAppearance, topology: Topology, moving: MotionFeatures | None = None
) -> Shading:
    shapes = make_primitives(topology, 10)
    static = appearance.compute_static(shapes, topology.name)
    found = appearance(static, still(len(shapes.blend)) if moving is None else moving)
    return Shading(found.rgb.flatten(0, 2), found.opacity.flatten())


def test_left_is_cold_and_right_is_warm_from_the_start() -> None:
    rgb = look(BodyAppearance(DrActionConfig()), KINECT_V2).rgb.detach()

    def hue(joint: str) -> float:
        return colorsys.rgb_to_hsv(*rgb[KINECT_V2.index(joint)].tolist())[0]

    for limb in ("elbow", "wrist", "knee", "ankle"):
        assert 0.2 < hue(f"left_{limb}") < 0.7, limb
        assert not 0.2 < hue(f"right_{limb}") < 0.7, limb


def test_a_forearm_has_the_same_colour_on_every_skeleton() -> None:
    appearance = BodyAppearance(DrActionConfig(modulate=False))
    colours = [
        look(appearance, t).rgb[t.index("left_wrist")] for t in (KINECT_V2, SMPL_22, COCO_17)
    ]
    assert all(torch.equal(colour, colours[0]) for colour in colours)


def test_weights_follow_the_seed() -> None:
    one, same, other = (BodyAppearance(DrActionConfig(seed=s)).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["nfm.0.weight"], other["nfm.0.weight"])


def test_velocity_and_place_change_the_look() -> None:
    appearance, count = BodyAppearance(DrActionConfig()), len(make_primitives(KINECT_V2, 10).blend)
    calm, fast = still(count), still(count)
    fast.velocity[..., 0] = 2.0
    assert not torch.allclose(
        look(appearance, KINECT_V2, calm).rgb, look(appearance, KINECT_V2, fast).rgb
    )


def test_without_the_modulator_motion_changes_nothing() -> None:
    appearance = BodyAppearance(DrActionConfig(modulate=False))
    fast = still(len(make_primitives(KINECT_V2, 10).blend))
    fast.velocity[..., 0] = 2.0
    assert torch.equal(look(appearance, KINECT_V2).rgb, look(appearance, KINECT_V2, fast).rgb)
    assert not any(name.startswith("nfm") for name, _ in appearance.named_parameters())


def test_memory_carries_earlier_frames_into_later_ones_only() -> None:
    appearance = BodyAppearance(DrActionConfig(recurrent=True))
    count = len(make_primitives(KINECT_V2, 10).blend)
    calm, jolted = still(count, 3), still(count, 3)
    jolted.velocity[:, 1] = 3.0
    one, other = look(appearance, KINECT_V2, calm).rgb, look(appearance, KINECT_V2, jolted).rgb
    same = (one - other).view(3, count, 3).abs().amax((1, 2)) < 1e-7
    assert same.tolist() == [True, False, False]


def test_poses_in_the_image_plane_get_no_depth_colour() -> None:
    appearance = BodyAppearance(DrActionConfig(halos=False))  # which darken what is far
    count = len(make_primitives(COCO_17, 10).blend)
    with torch.no_grad():
        appearance.depth_mix_logit.fill_(50.0)
    flat, deep = still(count), still(count)
    flat.has_depth[:] = False
    torch.testing.assert_close(
        look(appearance, COCO_17, deep).rgb, torch.tensor([0.5, 1.0, 0.5]).expand(2 * count, 3)
    )
    assert look(appearance, COCO_17, flat).rgb.std() > 0.1


@pytest.mark.parametrize("sharp", [False, True])
def test_radii_stay_in_their_range_whatever_the_optimizer_does(sharp: bool) -> None:
    appearance = BodyAppearance(DrActionConfig(sharp=sharp))
    shapes = make_primitives(KINECT_V2, 10)
    low, high = sharpness.RADIUS_RANGE if sharp else RADIUS_RANGE
    for extreme in (-1e6, 1e6):
        with torch.no_grad():
            appearance.joint_radius.fill_(extreme)
            appearance.bone_thickness.fill_(extreme)
            appearance.format_thickness.fill_(extreme)
        radius = appearance.compute_radius(shapes, "kinect_v2").detach()
        assert radius.min() > 0.49 * low
        assert radius.max() < 2.01 * high


def test_a_format_has_its_own_thickness_and_an_unknown_one_the_plain() -> None:
    appearance, shapes = BodyAppearance(DrActionConfig()), make_primitives(KINECT_V2, 10)
    plain = appearance.compute_radius(shapes, "sbu_15").detach()
    assert torch.equal(appearance.compute_radius(shapes, "kinect_v2").detach(), plain)
    with torch.no_grad():
        appearance.format_thickness[appearance.formats["kinect_v2"], 1] = 0.5
    thick = appearance.compute_radius(shapes, "kinect_v2").detach()
    assert (thick > plain).tolist() == shapes.is_bone.tolist()
    assert torch.equal(appearance.compute_radius(shapes, "sbu_15").detach(), plain)


def test_a_format_has_its_own_scale_within_bounds() -> None:
    appearance = BodyAppearance(DrActionConfig())
    with torch.no_grad():
        assert (
            float(appearance.compute_scale("kinect_v2"))
            == float(appearance.compute_scale("sbu_15"))
            == 1
        )
        appearance.format_scale[appearance.formats["kinect_v2"]] = 1e6
        assert float(appearance.compute_scale("kinect_v2")) == pytest.approx(FORMAT_SCALE)
        assert float(appearance.compute_scale("kinect_v1")) == 1


def test_depth_runs_from_blue_over_green_to_red() -> None:
    found = colour_depth(torch.tensor([0.0, 0.5, 1.0]))
    assert found.tolist() == [[0, 0, 1], [0.5, 1, 0.5], [1, 0, 0]]


@pytest.mark.parametrize(("hand", "bend"), [((0, -2, 0), 0.0), ((1, -1, 0), 1.0), ((0, 0, 0), 2.0)])
def test_limb_angles(hand: tuple[float, float, float], bend: float) -> None:
    joints = torch.tensor([[0.0, 0, 0], [0, -1, 0], hand])[None, None]
    neighbours = torch.tensor([[0, 0, 1], [1, 2, 2]])
    seen = torch.ones(1, 1, 3, dtype=torch.bool)
    angles = measure_limb_angles(joints, seen, neighbours)[0, 0]
    torch.testing.assert_close(angles, torch.tensor([0.0, bend, 0.0]))
    seen[..., 2] = False
    assert not measure_limb_angles(joints, seen, neighbours).any()


def test_limb_angles_have_finite_gradients_where_joints_coincide() -> None:
    joints = torch.zeros(1, 1, 3, 3, requires_grad=True)
    seen = torch.ones(1, 1, 3, dtype=torch.bool)
    measure_limb_angles(joints, seen, torch.tensor([[0, 0, 1], [1, 2, 2]])).sum().backward()
    assert joints.grad is not None
    assert not joints.grad.any()
