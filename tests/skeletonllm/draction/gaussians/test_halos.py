"""Halos: a dark rim where a limb covers another, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction import DrAction, DrActionConfig
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.people import make_standing_pose
from skeletonllm.topology import COCO_17, KINECT_V2

from .conftest import BARS, draw, pose, sample_between

CONFIG = DrActionConfig(size=112, patch=14, modulate=False, motion=False)
FAR_BAR, NEAR_BAR = ("right_elbow", "right_wrist"), ("left_elbow", "left_wrist")


def make(config: DrActionConfig = CONFIG, **changes: Any) -> DrAction:
    """A renderer whose brightness does not depend on depth."""
    renderer = DrAction(replace(config, **changes))
    with torch.no_grad():
        renderer.appearance.depth_mix_logit.fill_(-50)
        if renderer.appearance.halos is not None:
            renderer.appearance.halos.dim.fill_(-50)
    return renderer


def crossed(apart: float = 0.4) -> Motion:
    """A bar from left to right, and one from below to above so many metres behind it."""
    low, high = -0.3, 0.3
    return pose(BARS, [[[low, 0, 3], [high, 0, 3], [0, low, 3 + apart], [0, high, 3 + apart]]])


def measure_gap(profile: Tensor) -> float:
    """The darkest place along a limb, of its usual brightness; its ends do not count."""
    inner = profile[len(profile) // 8 : -(len(profile) // 8)]
    return float(inner.min() / inner.median())


def test_the_farther_of_two_crossed_bars_is_dark_next_to_the_nearer() -> None:
    motion = crossed()
    with_halos, without = (draw(make(halos=on), motion) for on in (True, False))
    assert measure_gap(sample_between(with_halos, motion, FAR_BAR)) < 0.3
    assert measure_gap(sample_between(without, motion, FAR_BAR)) > 0.6
    for picture in (with_halos, without):
        assert measure_gap(sample_between(picture, motion, NEAR_BAR)) > 0.8


def test_bars_that_touch_have_no_rim() -> None:
    motion = crossed(apart=0.005)
    with_halos, without = (draw(make(halos=on), motion) for on in (True, False))
    torch.testing.assert_close(with_halos, without, rtol=0, atol=0.05)


@pytest.mark.parametrize("nearer", [0, 1])
def test_of_two_persons_who_cross_the_nearer_is_seen(nearer: int) -> None:
    """One holds an arm out before the chest of the other, or behind it."""
    arm, chest = (make_standing_pose(KINECT_V2) for _ in range(2))
    for name, x in (("elbow", 0.45), ("wrist", 0.7), ("hand", 0.75), ("hand_tip", 0.8)):
        arm[KINECT_V2.index(f"right_{name}"), :2] = x, 1.3
    arm[KINECT_V2.index("right_thumb"), :2] = 0.75, 1.32
    chest[:, 0] += 0.57
    persons = np.stack([arm, chest]) + np.float32([0, -1, 3])
    persons[1 - nearer, :, 2] += 0.4
    motion = pose(KINECT_V2, persons)
    limbs = [("right_elbow", "right_wrist"), ("spine", "upper_spine")]
    gaps = {
        on: [measure_gap(sample_between(draw(make(halos=on), motion), motion, limb, person))
             for person, limb in enumerate(limbs)]
        for on in (True, False)
    }  # fmt: skip
    assert gaps[True][1 - nearer] < 0.4
    assert gaps[True][nearer] > 0.7
    assert min(gaps[False]) > 0.6


@pytest.mark.parametrize("forearm", [(0, 0.25, 0), (0.2, 0, -0.15), (0.1, 0.15, -0.15)])
def test_a_bent_elbow_has_no_gap(forearm: tuple[float, float, float]) -> None:
    body = make_standing_pose(KINECT_V2) + np.float32([0, -1, 3])
    at = {name: KINECT_V2.index(f"right_{name}") for name in ("elbow", "wrist", "hand_tip")}
    end = body[at["elbow"]] + np.float32(forearm)
    for name in ("wrist", "hand", "hand_tip", "thumb"):
        body[KINECT_V2.index(f"right_{name}")] = end
    motion = pose(KINECT_V2, [body])
    with_halos, without = (draw(make(size=224, halos=on), motion) for on in (True, False))
    for ends in (("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist")):
        one, other = (sample_between(p, motion, ends) for p in (with_halos, without))
        assert (one > 0.85 * other).all()


def test_in_the_image_plane_there_are_none() -> None:
    body = make_standing_pose(COCO_17) * np.float32([-150, -150, 0]) + np.float32([320, 400, 0])
    bodies = [body, body + np.float32([20, 5, 0])]
    flat = pose(COCO_17, bodies, space="image", metric=False, image_size=(640, 480))
    with_halos, without = (draw(DrAction(replace(CONFIG, halos=on)), flat) for on in (True, False))
    assert torch.equal(with_halos, without)


def test_what_is_far_is_darker() -> None:
    motion = crossed(apart=2.0)
    renderer = make()
    bright = draw(renderer, motion)
    with torch.no_grad():
        renderer.appearance.halos.dim.fill_(0.0)  # half as bright
    dark = draw(renderer, motion)
    for bar, ratio in ((NEAR_BAR, 1.0), (FAR_BAR, 0.5)):
        one, other = (sample_between(p, motion, bar).median() for p in (dark, bright))
        assert float(one / other) == pytest.approx(ratio, abs=0.05)


def test_width_and_strength_learn_where_something_is_behind_and_only_there() -> None:
    bar = crossed().joints[0, 0, :2]
    alone = pose(BARS, [np.concatenate([bar, bar])])
    for motion, learns in ((crossed(), True), (alone, False)):
        renderer = make()
        frames = renderer(MotionBatch.from_motions([motion]), torch.tensor([[0]])).frames
        frames.square().sum().backward()
        for name in ("width", "strength"):
            gradient = renderer.appearance.halos.get_parameter(name).grad
            assert gradient.isfinite()
            assert bool(gradient != 0) == learns, name
