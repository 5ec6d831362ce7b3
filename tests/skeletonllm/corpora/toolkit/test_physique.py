"""What no person can be is not called metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.toolkit.assumed import UNIT_DOUBTFUL
from skeletonllm.corpora.toolkit.physique import doubt_unit
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.topology import Topology


def scaled(factor: float) -> Clip:
    motion = synthesize("hand waving")
    joints = (motion.joints * factor).astype(np.float32)
    return make_clip(replace(motion, joints=joints))


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.0, 1.2])
def test_children_and_tall_people_are_metric(factor: float) -> None:
    clip = scaled(factor)
    assert clip.motion.metric
    assert doubt_unit(clip) is clip


@pytest.mark.parametrize("factor", [0.01, 0.0254, 0.1, 2.0, 3.28, 10.0, 100.0, 1000.0])
def test_a_body_in_another_unit_is_not(factor: float) -> None:
    clip = doubt_unit(scaled(factor))
    assert not clip.motion.metric
    assert clip.flags == (UNIT_DOUBTFUL,)


def test_one_frame_that_was_tracked_badly_decides_nothing() -> None:
    clip = scaled(1.0)
    joints = clip.motion.joints.copy()
    joints[3] *= 50
    assert doubt_unit(replace(clip, motion=replace(clip.motion, joints=joints))).motion.metric


@pytest.mark.parametrize(("step_m", "metric"), [(0.1, True), (5.0, False)])
def test_speed_decides_where_no_limb_is_known(step_m: float, metric: bool) -> None:
    topology = Topology("two_points", ("pelvis", "neck"), ((0, 1),))
    joints = np.zeros((20, 1, 2, 3), np.float32)
    joints[:, 0, :, 0] = np.arange(20)[:, None] * step_m
    everywhere = np.ones((20, 1, 2), np.float32)
    present = np.ones((20, 1), np.bool_)
    motion = Motion(joints, present, everywhere, topology, 30.0, metric=True)
    assert doubt_unit(make_clip(motion)).motion.metric is metric


def test_a_body_without_a_unit_is_left_alone() -> None:
    clip = scaled(100.0)
    clip = replace(clip, motion=replace(clip.motion, metric=False))
    assert doubt_unit(clip) is clip
