from __future__ import annotations

import pytest

from skeletonllm.kinematics.detectors.throws import find_swings, find_throws

HANGING = (0.26, -0.1, 0.0)


def test_an_overarm_throw_is_found_with_its_level(hands_at, trace_of) -> None:
    points = {
        0.2: HANGING,
        0.7: (0.3, 0.62, -0.05),
        1.0: (0.3, 0.62, -0.05),
        1.3: (0.15, 0.56, 0.56),
    }
    (found,) = find_throws(hands_at(right=trace_of(points)), 0)
    assert (found.motion, found.side, found.direction) == ("throw", "right", "forward")
    assert found.target in ("head", "shoulder")
    assert (found.start_s, found.end_s) == pytest.approx((1.0, 1.3), abs=0.15)


def test_an_underarm_throw_is_found_below(hands_at, trace_of) -> None:
    points = {0.2: HANGING, 0.8: (0.26, 0.1, -0.45), 0.92: (0.2, -0.1, 0.0), 1.04: (0.2, 0.1, 0.45)}
    (found,) = find_throws(hands_at(right=trace_of(points)), 0)
    assert (found.direction, found.target) == ("forward", "waist")


@pytest.mark.parametrize("end", [(0.15, 0.52, 0.5), (0.26, 0.6, 0.0)])
def test_a_slow_raise_is_no_throw(hands_at, trace_of, end) -> None:
    assert not list(find_throws(hands_at(right=trace_of({0.2: HANGING, 2.2: end})), 0))


def test_a_quick_raise_ahead_is_no_throw(hands_at, trace_of) -> None:
    raised = trace_of({0.5: HANGING, 0.8: (0.2, 0.48, 0.55)})
    assert not list(find_throws(hands_at(right=raised), 0))


def test_a_long_quick_sweep_of_both_hands_is_one_swing(hands_at, trace_of) -> None:
    points = {0.5: (0.5, 0.4, 0.2), 0.8: (-0.4, 0.4, 0.3)}
    right = trace_of(points)
    left = trace_of({t: (x - 0.06, y, z) for t, (x, y, z) in points.items()})
    (found,) = find_swings(hands_at(left, right), 0)
    assert (found.motion, found.side, found.direction) == ("swing", "both", "left")


def test_a_slow_sweep_is_no_swing(hands_at, trace_of) -> None:
    swept = trace_of({0.5: (0.5, 0.4, 0.2), 2.5: (-0.4, 0.4, 0.3)})
    assert not list(find_swings(hands_at(right=swept), 0))


ABOVE_SHOULDER = (0.22, 0.66, 0.1)
"""The elbow bent, in front of the head."""


def test_a_hand_that_comes_ahead_while_it_is_raised_throws_from_when_the_elbow_opens(
    hands_at, trace_of
) -> None:
    points = {0.2: (0.26, -0.1, -0.15), 0.5: (0.5, 0.35, 0.0), 0.8: ABOVE_SHOULDER}
    points |= {1.05: (0.15, 0.66, 0.56)}
    (found,) = find_throws(hands_at(right=trace_of(points)), 0)
    assert (found.side, found.direction) == ("right", "forward")
    assert (found.start_s, found.end_s) == pytest.approx((0.7, 1.05), abs=0.15)


def test_a_throw_across_goes_to_the_side(hands_at, trace_of) -> None:
    points = {0.2: HANGING, 0.8: (0.4, 0.62, 0.05), 1.05: (-0.2, 0.62, 0.42)}
    (found,) = find_throws(hands_at(right=trace_of(points)), 0)
    assert (found.side, found.direction) == ("right", "left")


def test_a_fist_on_guard_punches_and_throws_not(hands_at, trace_of) -> None:
    points = {0.2: HANGING, 0.8: (0.22, 0.44, 0.25), 1.05: (0.2, 0.5, 0.57)}
    assert not list(find_throws(hands_at(right=trace_of(points)), 0))


def test_a_bent_arm_throws_nothing(hands_at, trace_of) -> None:
    points = {0.2: HANGING, 0.7: (0.3, 0.62, -0.05), 1.0: (0.3, 0.62, -0.05), 1.2: (0.2, 0.6, 0.3)}
    assert not list(find_throws(hands_at(right=trace_of(points)), 0))
