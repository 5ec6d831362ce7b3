from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.detectors.loops import find_circles


def circle(turns: float, radius: float = 0.22, start_s: float = 0.5, end_s: float = 2.5):
    """Counterclockwise as its owner sees it, in front of the chest."""
    share = np.clip((np.arange(90) / 30 - start_s) / (end_s - start_s), 0, 1)
    angle = 2 * np.pi * turns * share
    x, y = 0.2 + radius * np.cos(angle), 0.45 + radius * np.sin(angle)
    return np.stack([x, y, np.full(90, 0.3)], axis=1)


@pytest.mark.parametrize("turns", [1.0, -1.0, 2.0])
def test_a_circle_has_its_way_and_turns(hands_at, turns: float) -> None:
    (found,) = find_circles(hands_at(right=circle(turns)), 0)
    way = "counterclockwise" if turns > 0 else "clockwise"
    assert (found.motion, found.side, found.part) == ("circle", "right", "hand")
    assert (found.direction, found.count) == (way, abs(turns))
    assert (found.start_s, found.end_s) == pytest.approx((0.5, 2.5), abs=0.35)
    assert found.amount == pytest.approx(0.44, abs=0.05)


def test_half_a_circle_is_none(hands_at) -> None:
    assert not list(find_circles(hands_at(right=circle(0.5)), 0))


def test_to_and_fro_on_a_line_is_no_circle(hands_at, trace_of) -> None:
    points = {0.2 + 0.4 * i: (0.1 + 0.4 * (i % 2), 0.5, 0.3) for i in range(7)}
    assert not list(find_circles(hands_at(right=trace_of(points)), 0))


def test_up_across_and_down_is_no_circle(hands_at, trace_of) -> None:
    points = {
        0.3: (0.26, -0.1, 0.0),
        0.8: (0.5, 0.5, 0.2),
        1.4: (-0.1, 0.5, 0.3),
        2.0: (0.26, -0.1, 0.0),
    }
    assert not list(find_circles(hands_at(right=trace_of(points)), 0))
