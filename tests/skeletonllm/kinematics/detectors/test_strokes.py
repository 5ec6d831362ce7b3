from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics.detectors.strokes import find_pulls, find_pushes
from skeletonllm.kinematics.scene import Scene

AT_CHEST, AHEAD = (0.22, 0.42, 0.12), (0.2, 0.48, 0.55)


@pytest.mark.parametrize(
    ("end", "way"), [(AHEAD, "forward"), ((0.22, 1.03, 0.08), "up"), ((0.72, 0.5, 0.12), "right")]
)
def test_a_push_has_its_side_way_and_time(hands_at, trace_of, end, way) -> None:
    scene = hands_at(right=trace_of({0.6: AT_CHEST, 1.0: end}))
    (found,) = find_pushes(scene, 0)
    assert (found.motion, found.side, found.direction, found.count) == ("push", "right", way, 1)
    assert (found.start_s, found.end_s) == pytest.approx((0.6, 1.0), abs=0.15)
    assert not list(find_pulls(scene, 0))


def test_a_push_of_both_hands_is_one_event(hands_at, trace_of) -> None:
    right = trace_of({0.6: AT_CHEST, 1.0: AHEAD})
    (found,) = find_pushes(hands_at(right * (-1, 1, 1), right), 0)
    assert (found.side, found.direction, found.target) == ("both", "forward", "shoulder")


def test_pushes_in_a_row_are_counted_and_so_are_pulls(hands_at, trace_of) -> None:
    points = {0.3 + 0.4 * i: AHEAD if i % 2 else AT_CHEST for i in range(7)}
    scene = hands_at(right=trace_of(points))
    assert [e.count for e in find_pushes(scene, 0)] == [3]
    assert [(e.side, e.count) for e in find_pulls(scene, 0)] == [("right", 3)]


def test_a_raised_straight_arm_is_no_push(hands_at, trace_of) -> None:
    points = {0.3: (0.2, -0.08, 0.0), 0.6: (0.2, 0.08, 0.4), 0.9: (0.2, 0.48, 0.57)}
    scene = hands_at(right=trace_of(points))
    assert not list(find_pushes(scene, 0))


def test_a_slow_reach_is_no_push(hands_at, trace_of) -> None:
    assert not list(find_pushes(hands_at(right=trace_of({0.3: AT_CHEST, 2.7: AHEAD})), 0))


def turn_trunk(scene: Scene, degrees: float) -> Scene:
    """The hips and shoulders turned to the left between 0.6 and 1.0 s; the hands stay."""
    body = scene.bodies[0]
    joints, pelvis = body.joints.copy(), body.point("pelvis")[:, None]
    angle = np.radians(degrees) * np.clip((np.arange(len(joints)) / body.fps - 0.6) / 0.4, 0, 1)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    part = [body.topology.index(name) for name in names]
    x, y, z = np.moveaxis(joints[:, part] - pelvis, -1, 0)
    joints[:, part] = np.stack([cos * x + sin * z, y, cos * z - sin * x], -1) + pelvis
    return replace(scene, bodies=(replace(body, joints=joints),))


@pytest.mark.parametrize(("end", "way"), [(AHEAD, "forward"), ((0.72, 0.5, 0.12), "right")])
def test_a_push_goes_where_its_owner_stood_before_the_trunk_turned(
    hands_at, trace_of, end, way
) -> None:
    scene = turn_trunk(hands_at(right=trace_of({0.6: AT_CHEST, 1.0: end})), 50.0)
    assert [e.direction for e in find_pushes(scene, 0)] == [way]


def test_a_push_after_which_the_arm_is_let_down_is_found(hands_at, trace_of) -> None:
    points = {0.6: (0.2, 0.6, 0.15), 0.9: (0.2, 0.85, 0.35), 1.15: (0.2, 0.45, 0.52)}
    points |= {1.4: (0.24, -0.08, 0.05)}
    (found,) = find_pushes(hands_at(right=trace_of(points)), 0)
    assert (found.start_s, found.end_s) == pytest.approx((0.6, 0.95), abs=0.15)
