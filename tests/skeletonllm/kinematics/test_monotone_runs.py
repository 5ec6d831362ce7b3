from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.monotone_runs import find_finite_stretches, find_runs


def ramp(*values: float, frames: int = 20) -> np.ndarray:
    """Straight lines between values, ``frames`` each."""
    return np.interp(np.arange(frames * (len(values) - 1) + 1) / frames, range(len(values)), values)


def test_a_rise_and_a_fall() -> None:
    up, down = find_runs(ramp(0, 0, 1, 1, 0, 0), 0.3, 30.0)
    assert up.change == pytest.approx(1)
    assert down.change == pytest.approx(-1)
    assert (up.start, up.end) == (pytest.approx(21, abs=2), pytest.approx(39, abs=2))
    assert (down.start, down.end) == (pytest.approx(61, abs=2), pytest.approx(79, abs=2))


def test_changes_below_the_threshold_are_nothing() -> None:
    assert find_runs(ramp(0, 0.2, 0, 0.2), 0.3, 30.0) == []


def test_small_wobbles_do_not_cut_a_large_run() -> None:
    signal = ramp(0, 1) + 0.02 * np.sin(np.arange(21))
    assert len(find_runs(signal, 0.3, 30.0)) == 1


def test_a_rest_makes_two_runs() -> None:
    rested = find_runs(ramp(0, 0.5, 0.5, 1.0), 0.3, 30.0)
    assert [round(run.change, 1) for run in rested] == [0.5, 0.5]


def test_unseen_frames_divide() -> None:
    signal = ramp(0, 1)
    signal[8:12] = np.nan
    assert find_finite_stretches(signal) == [(0, 8), (12, 21)]
    assert [run.change > 0 for run in find_runs(signal, 0.3, 30.0)] == [True, True]


def test_constant_and_empty_signals() -> None:
    assert find_runs(np.zeros(10), 0.1, 30.0) == []
    assert find_runs(np.full(10, np.nan), 0.1, 30.0) == []
    assert find_runs(np.zeros(0), 0.1, 30.0) == []
