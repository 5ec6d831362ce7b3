from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.rationales.verify.intervals import (
    Interval,
    count_rises,
    find_largest_fall,
    find_largest_rise,
    find_rises,
    find_turns,
)

WAVE = np.array([0, 0, 1, 2, 1, 0, 2, 3, 3, 0], float)
ALL = Interval(0, 9)


def test_a_window_has_a_little_slack_and_stays_inside() -> None:
    assert Interval.of(1.0, 2.0, fps=10, frames=100) == Interval(9, 21)
    assert Interval.of(0.0, 99.0, fps=10, frames=50) == Interval(0, 49)
    assert Interval.of(1.0, 1.0, fps=10, frames=50) == Interval(10, 10)


@pytest.mark.parametrize(("start_s", "end_s"), [(2, 1), (9, 10), (-2, -1), (float("nan"), 1)])
def test_windows_that_hold_nothing(start_s: float, end_s: float) -> None:
    assert Interval.of(start_s, end_s, fps=10, frames=50) is None


def test_the_biggest_climb_and_drop() -> None:
    rise, fall = find_largest_rise(WAVE, ALL), find_largest_fall(WAVE, ALL)
    assert (rise.start, rise.end, rise.amount) == (5, 7, 3.0)
    assert (fall.start, fall.end, fall.amount) == (8, 9, 3.0)
    assert find_largest_rise(WAVE, Interval(3, 5)).amount == 0


def test_unseen_frames_are_left_out() -> None:
    holes = WAVE.copy()
    holes[[0, 6]] = np.nan
    assert find_largest_rise(holes, ALL).amount == 3.0
    assert find_largest_rise(np.full(10, np.nan), ALL).amount == 0


def test_onset_is_where_it_begins_and_growth_goes_on_outside() -> None:
    slow = np.concatenate([np.zeros(10), np.linspace(0, 1, 11), np.ones(10)])
    rise = find_largest_rise(slow, Interval(5, 15))
    assert rise.onset(slow) == pytest.approx(10, abs=1)
    assert rise.amount == pytest.approx(0.5)
    assert rise.grown(slow).amount == pytest.approx(1.0)


@pytest.mark.parametrize(("threshold", "times"), [(0.5, 2), (2.5, 1), (4.0, 0)])
def test_rises_are_counted(threshold: float, times: int) -> None:
    assert count_rises(WAVE, ALL, threshold) == times


def test_every_rise_is_found_the_largest_first() -> None:
    assert find_turns(WAVE, ALL, 1.5) == [0, 3, 5, 7, 9]
    assert [rise.amount for rise in find_rises(WAVE, ALL, 1.5)] == [3.0, 2.0]
    assert find_rises(WAVE, Interval(3, 5), 1.5) == []
    assert find_rises(np.full(10, np.nan), ALL, 1.0) == []


def test_an_unseen_rise_grows_without_a_warning() -> None:
    signal = np.array([0, np.nan, np.nan, 1.0])
    assert find_largest_rise(signal, Interval(0, 3)).grown(signal).amount == 1.0
