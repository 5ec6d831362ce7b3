"""Limbs: round joints, bones as long as their share of the bone, nothing that is not observed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrActionConfig
from skeletonllm.draction.gaussians.appearance import BodyAppearance
from skeletonllm.draction.gaussians.limbs import make_limbs
from skeletonllm.draction.gaussians.primitives import EVEN, Primitives, make_primitives
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion import Motion
from skeletonllm.testing.rendering.people import make_waving_motion
from skeletonllm.topology import KINECT_V2

from .conftest import gather

POINTS = 4
HAND = KINECT_V2.index("right_hand")


def limbs_of(motion: Motion, *, sharp: bool = True) -> tuple[Gaussians, Tensor, Primitives]:
    appearance = BodyAppearance(DrActionConfig(sharp=sharp))
    shapes = make_primitives(KINECT_V2, POINTS, even=sharp)
    static = appearance.compute_static(shapes, KINECT_V2.name)
    with torch.no_grad():
        return *make_limbs(appearance, static, shapes, gather(motion, [0, 4])), shapes


def test_a_gaussian_is_as_long_as_its_share_of_the_bone_and_joints_are_round() -> None:
    limbs, drawn, _ = limbs_of(make_waving_motion(KINECT_V2, persons=2))
    assert drawn.all()
    assert drawn.shape == (2, 2, len(KINECT_V2) + POINTS * len(KINECT_V2.bones))
    joints = limbs.points[:, :, : len(KINECT_V2)]
    assert not limbs.stretch[:, :, : len(KINECT_V2)].any()
    along = limbs.stretch[:, :, len(KINECT_V2) :].unflatten(2, (-1, POINTS))
    ends = torch.tensor(KINECT_V2.bones)
    bone = joints[:, :, ends[:, 1]] - joints[:, :, ends[:, 0]]
    expected = (EVEN / (POINTS + 1) * bone)[:, :, :, None].expand(along.shape)
    torch.testing.assert_close(along, expected, rtol=0, atol=1e-6)


def test_without_sharpness_all_are_round() -> None:
    limbs, _, _ = limbs_of(make_waving_motion(KINECT_V2), sharp=False)
    assert not limbs.stretch.any()


@pytest.mark.parametrize("sharp", [False, True])
def test_a_joint_that_is_not_observed_takes_its_bones_with_it(sharp: bool) -> None:
    motion = make_waving_motion(KINECT_V2)
    confidence = motion.confidence.copy()
    confidence[4, 0, HAND] = 0
    _, drawn, shapes = limbs_of(replace(motion, confidence=confidence), sharp=sharp)
    assert drawn[0, 0].all()
    assert torch.equal(drawn[0, 1], ~shapes.needs[:, HAND])
