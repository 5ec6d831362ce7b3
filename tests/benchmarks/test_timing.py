from __future__ import annotations

import math
import os

import pytest
import torch

from benchmarks.timing import (
    SeparateProcess,
    Timing,
    fit_exponent,
    measure_peak_megabytes,
    time_runs,
)


def test_median_interval_and_ratio() -> None:
    slow, fast = Timing(tuple(range(20, 41))), Timing(tuple(range(2, 5)))
    assert slow.median == 30
    low, high = slow.interval
    assert 20 < low < 30 < high < 40
    assert fast.interval == (2, 4)
    ratio, least, most = fast.measure_speedup_over(slow)
    assert ratio == 10
    assert least < 10 < most


def test_the_interval_is_the_binomial_one() -> None:
    # Of 10 runs, the 2nd and the 9th: 2 * (1 + 10) / 1024 = 2.1 % lie outside, with the 3rd 10.9 %.
    assert Timing(tuple(range(1, 11))).interval == (2, 9)
    # Of 6, the outermost: 3.1 %.
    assert Timing(tuple(range(1, 7))).interval == (1, 6)


def test_the_exponent_of_a_power_is_found() -> None:
    amounts = [1.0, 3.0, 10.0]
    assert fit_exponent(amounts, [2 * n**0.5 for n in amounts]) == pytest.approx(0.5)


def test_a_run_is_clocked_as_often_as_asked() -> None:
    runs = iter(range(3))
    assert len(time_runs(lambda: next(runs), 3)) == 3
    assert list(runs) == []


def test_a_process_apart_has_its_own_threads_and_memory() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    with SeparateProcess(threads=2) as apart:
        assert apart(torch.get_num_threads) == 2
        assert apart(os.getenv, "OMP_NUM_THREADS") == "2"
        assert apart(os.getpid) != os.getpid()
        least = apart(measure_peak_megabytes)
        assert apart(_fill, 200) > least + 150
    assert os.environ.get("OMP_NUM_THREADS") == before


def _fill(megabytes: int) -> float:
    held = torch.ones(megabytes << 18)
    assert math.isclose(float(held[0]), 1.0)
    return measure_peak_megabytes()
