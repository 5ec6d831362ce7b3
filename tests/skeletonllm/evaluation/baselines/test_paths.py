from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.evaluation.baselines.paths import CHANNELS, FRAMES, POINTS, trace_joints
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2
from tests.skeletonllm.small_folders import random_motion

PERSON = 6 * (len(POINTS) + 1)
"""Channels of one person."""
WAVE = synthesize("hand waving", fps=20, noise_m=0.0, side="right", space="world")


def turn(motion: Motion, degrees: float, scale: float = 1.0, shift: float = 0.0) -> Motion:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    moved = scale * motion.joints @ about.T + shift * np.array([1.0, 0.0, 1.0])
    moved[motion.confidence == 0] = 0
    return replace(motion, joints=moved.astype(np.float32))


def test_place_heading_and_size_do_not_show() -> None:
    traced = trace_joints(WAVE)
    assert traced.shape == (CHANNELS, FRAMES)
    np.testing.assert_allclose(trace_joints(turn(WAVE, 70, 1.4, 2.0)), traced, atol=1e-3)
    assert np.abs(traced[:PERSON]).max() > 0.1


def test_the_right_side_is_at_plus_x_and_the_left_at_minus_x() -> None:
    traced = trace_joints(WAVE)
    for side, sign in (("right", 1), ("left", -1)):
        x = traced[6 * POINTS.index(f"{side}_shoulder")]
        assert (sign * x > 0.05).all()


def test_velocity_is_per_second_whatever_the_rate_of_frames() -> None:
    walk = synthesize("walk around", fps=20, noise_m=0.0, space="world")
    half = replace(
        walk,
        joints=walk.joints[::2],
        present=walk.present[::2],
        confidence=walk.confidence[::2],
        fps=10.0,
    )
    speeds = [
        np.linalg.norm(trace_joints(m)[PERSON - 3 : PERSON], axis=0).mean() for m in (walk, half)
    ]
    assert speeds[0] > 0.05
    assert speeds[1] == pytest.approx(speeds[0], rel=0.1)


def test_the_same_points_are_traced_of_every_skeleton() -> None:
    one, other = (
        trace_joints(synthesize("hand waving", topology=kind, fps=20, noise_m=0.0, side="right"))
        for kind in (KINECT_V1, KINECT_V2)
    )
    at = 6 * POINTS.index("right_elbow")
    np.testing.assert_allclose(one[at : at + 3], other[at : at + 3], atol=0.05)
    flat = trace_joints(synthesize("hand waving", topology=COCO_17, space="image"))
    assert np.isfinite(flat).all()


def test_the_second_person_is_told_in_the_frame_of_the_first_and_else_is_zero() -> None:
    assert (trace_joints(WAVE)[PERSON : 2 * PERSON] == 0).all()
    pair = trace_joints(synthesize("shaking hands", fps=20, noise_m=0.0))
    apart = pair[2 * PERSON - 6 : 2 * PERSON - 3]  # the other's pelvis, from where ours began
    assert np.linalg.norm(apart, axis=0).min() > 0.2


@pytest.mark.parametrize("frames", [1, 2, 90])
def test_any_length_and_any_gap_give_finite_numbers(frames: int) -> None:
    for image in (False, True):
        motion = random_motion(frames, frames=frames, persons=2, image=image)
        traced = trace_joints(motion)
        assert traced.shape == (CHANNELS, FRAMES)
        assert np.isfinite(traced).all()


def test_a_body_that_is_never_seen_leaves_zeros() -> None:
    motion = random_motion(1, frames=4)
    unseen = replace(
        motion,
        joints=np.zeros_like(motion.joints),
        confidence=np.zeros_like(motion.confidence),
    )
    assert (trace_joints(unseen)[:-1] == 0).all()
