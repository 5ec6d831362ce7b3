from __future__ import annotations

import pytest

from skeletonllm.testing.fake_endpoint.timelines import Steps, intersect, without


def test_an_integral_follows_the_steps_on_either_side() -> None:
    steps = Steps.starting([(0.0, 10.0), (5.0, 2.0), (6.0, 1.0)])
    assert steps.integral(3, 8) == pytest.approx(2 * 10 + 2 + 2)
    assert steps.integral(-5, 0) == pytest.approx(50)
    assert steps.scale(0.5).integral(3, 8) == pytest.approx(12)
    assert Steps.starting([(0.0, 3.0)]).integral(7, 9) == pytest.approx(6)


def test_holes_may_overlap_and_cover_everything() -> None:
    assert without([(0, 4), (6, 10)], [(3, 7), (5, 8), (9, 99)]) == [(0, 3), (8, 9)]
    assert without([(0, 4)], [(-1, 9)]) == []


def test_stretches_are_cut_where_the_value_changes() -> None:
    steps = Steps.starting([(0.0, 1.0), (2.0, 5.0)])
    assert intersect(steps, [(1, 3), (4, 5)]) == [(1, 2, 1.0), (2, 3, 5.0), (4, 5, 5.0)]
