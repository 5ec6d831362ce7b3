from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.contacts import find_claps, find_crossings, find_touches
from skeletonllm.kinematics.scene import Scene

HANGING = (0.26, -0.1, 0.0)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ((0.1, 0.7, 0.1), "head"),
        ((0.05, 0.47, 0.14), "chest"),
        ((0.12, -0.02, 0.1), "hip"),
        ((-0.24, 0.24, 0.1), "other elbow"),
        ((-0.16, 0.46, 0.12), "other shoulder"),
    ],
)
def test_a_touch_has_its_target_and_time(hands_at, trace_of, place, target) -> None:
    points = {0.5: (0.6, 0.2, 0.1), 1.0: place, 1.8: place, 2.3: (0.6, 0.2, 0.1)}
    found = list(find_touches(hands_at(right=trace_of(points)), 0))
    assert [(e.side, e.target) for e in found if e.side == "right"] == [("right", target)]
    touch = next(e for e in found if e.side == "right")
    assert (touch.start_s, touch.end_s) == pytest.approx((0.95, 1.85), abs=0.2)


def test_hanging_hands_touch_no_hip(hands_at, trace_of) -> None:
    down = trace_of({0.5: (0.4, 0.5, 0.3), 1.2: (0.18, -0.1, 0.02)})
    assert not list(find_touches(hands_at(right=down), 0))


def test_a_hand_on_another_person_is_at_a_part_of_them(stick_man) -> None:
    hand = "right_wrist right_hand right_hand_tip right_thumb"
    man = stick_man(persons=2).move(hand, (0.72, 0.5, 0), 0.5, 1.0)
    motion = man.motion()
    scene = Scene(extract_bodies(motion), motion.fps, motion.metric)
    (touch,) = find_touches(scene, 0)
    assert (touch.side, touch.target) == ("right", "other person's torso")


def clapping(times: int):
    points = {0.2: HANGING, 0.6: (0.25, 0.35, 0.25)}
    for i in range(times):
        points[0.8 + 0.4 * i] = (0.03, 0.35, 0.28)
        points[1.0 + 0.4 * i] = (0.25, 0.35, 0.25)
    return points


@pytest.mark.parametrize("times", [1, 2, 4])
def test_claps_are_counted(hands_at, trace_of, times) -> None:
    right = trace_of(clapping(times))
    (found,) = find_claps(hands_at(right * (-1, 1, 1), right), 0)
    assert (found.motion, found.side, found.count) == ("clap", "both", times)
    assert found.end_s == pytest.approx(0.6 + 0.4 * times, abs=0.2)


def test_folded_hands_do_not_clap(hands_at, trace_of) -> None:
    right = trace_of({0.2: HANGING, 0.7: (0.03, 0.35, 0.28), 2.2: (0.03, 0.35, 0.28), 2.7: HANGING})
    assert not list(find_claps(hands_at(right * (-1, 1, 1), right), 0))


def test_crossed_arms_are_crossed_and_do_not_clap(hands_at, trace_of) -> None:
    right = trace_of({0.4: HANGING, 1.1: (-0.15, 0.35, 0.25), 1.8: (-0.15, 0.35, 0.25)})
    scene = hands_at(right * (-1, 1, 1) - np.array([0, 0.05, 0.04]), right)
    assert [(e.side, e.count) for e in find_crossings(scene, 0)] == [("both", 1)]
    assert not list(find_claps(scene, 0))


def test_one_hand_across_the_middle_is_told_alone(hands_at, trace_of) -> None:
    right = trace_of({0.4: (0.4, 0.4, 0.25), 1.1: (-0.25, 0.4, 0.25)})
    (found,) = find_crossings(hands_at(right=right), 0)
    assert (found.motion, found.side) == ("cross", "right")
    assert (found.start_s, found.end_s) == pytest.approx((0.4, 1.1), abs=0.2)


def test_hands_on_their_own_sides_cross_nothing(hands_at, trace_of) -> None:
    right = trace_of({0.4: (0.6, 0.4, 0.2), 1.1: (0.1, 0.4, 0.25)})
    assert not list(find_crossings(hands_at(right * (-1, 1, 1), right), 0))
