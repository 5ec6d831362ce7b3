from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.detectors.cycles import find_oscillations


def hands_only(events, part: str = "hand"):
    return [e for e in events if e.part == part]


def zigzag(axis: int, strokes: int, size: float = 0.3):
    """Alternate strokes of 0.3 s at shoulder height, from 0.5 s."""
    points = {}
    for i in range(strokes + 1):
        at = [0.2, 0.48, 0.25]
        at[axis] += size * (i % 2)
        points[0.5 + 0.3 * i] = tuple(at)
    return points


@pytest.mark.parametrize(("axis", "way"), [(0, "left"), (1, "up"), (2, "forward")])
def test_to_and_fro_has_its_axis_side_and_cycles(hands_at, trace_of, axis, way) -> None:
    scene = hands_at(right=trace_of(zigzag(axis, 6)))
    (found,) = hands_only(find_oscillations(scene, 0))
    assert (found.motion, found.side, found.direction) == ("oscillate", "right", way)
    assert found.count == 3
    assert (found.start_s, found.end_s) == pytest.approx((0.5, 2.3), abs=0.15)
    assert found.target in ("shoulder", "chest", "head")


def test_both_hands_that_wave_are_one_event(hands_at, trace_of) -> None:
    right = trace_of(zigzag(0, 6))
    (found,) = hands_only(find_oscillations(hands_at(right * (-1, 1, 1), right), 0))
    assert (found.side, found.direction, found.count) == ("both", "left", 3)


def test_there_and_back_once_is_no_oscillation(hands_at, trace_of) -> None:
    assert not hands_only(find_oscillations(hands_at(right=trace_of(zigzag(0, 2))), 0))


def test_raised_twice_from_different_heights_is_not_up_and_down(hands_at, trace_of) -> None:
    points = {
        0.2: (0.26, -0.1, 0.1),
        0.7: (0.26, 0.6, 0.3),
        1.1: (0.26, 0.3, 0.3),
        1.5: (0.26, 0.6, 0.3),
        2.0: (0.26, -0.1, 0.1),
    }
    assert not hands_only(find_oscillations(hands_at(right=trace_of(points)), 0))


def knock(size: float, height: float, hertz: float = 4.0, drift: float = 0.0):
    """To and fro ahead for 1.5 s; a hand that drifts does so along the same way."""
    t = np.arange(90) / 30
    path = np.tile([0.2, height, 0.3], (90, 1))
    path[:, 2] -= size / 2 * np.cos(2 * np.pi * hertz * np.clip(t - 0.5, 0.0, 1.5))
    path[:, 2] += drift * np.clip(t - 0.5, 0.0, 1.5)
    return path


def test_knocks_of_seven_centimetres_are_seen(hands_at) -> None:
    (found,) = hands_only(find_oscillations(hands_at(right=knock(0.07, 0.5)), 0))
    assert (found.side, found.direction) == ("right", "forward")
    assert found.count in (5, 6)


def test_a_quick_wave_that_drifts_is_seen(hands_at) -> None:
    scene = hands_at(right=knock(0.08, 0.5, drift=0.15))
    (found,) = hands_only(find_oscillations(scene, 0))
    assert found.direction == "forward"


def test_a_hand_that_trembles_by_the_hip_does_not_knock(hands_at) -> None:
    assert not hands_only(find_oscillations(hands_at(right=knock(0.07, -0.05)), 0))
    assert not hands_only(find_oscillations(hands_at(right=knock(0.03, 0.5)), 0))


def test_a_wave_begins_as_the_hand_comes_and_ends_as_it_goes(hands_at, trace_of) -> None:
    points = {
        0.2: (0.26, -0.1, 0.1),
        0.5: (0.2, 0.45, 0.3),
        0.65: (0.27, 0.5, 0.3),
        0.8: (0.2, 0.5, 0.3),
        0.95: (0.27, 0.5, 0.3),
        1.1: (0.2, 0.3, 0.3),
        1.5: (0.26, -0.1, 0.1),
    }
    (found,) = hands_only(find_oscillations(hands_at(right=trace_of(points)), 0))
    assert (found.direction, found.count) == ("left", 2)
