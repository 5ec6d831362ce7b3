from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.toolkit.clock import clock_of, seconds_of, unit_of_time
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES

RATES = st.sampled_from([10.0, 12.5, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60.0, 100.0, 120.0])


@FEW_EXAMPLES
@given(
    rate=RATES,
    digits=st.integers(3, 6),
    start=st.integers(0, 10**6),
    absent=st.sets(st.integers(1, 199), max_size=40),
)
def test_rate_and_gaps_come_back_from_rounded_times(
    rate: float, digits: int, start: int, absent: set[int]
) -> None:
    numbers = np.array([n for n in range(201) if n not in absent])
    clock = clock_of(np.round(start + numbers / rate, digits))
    assert clock is not None
    assert clock.regular
    assert clock.rate == pytest.approx(rate, rel=2e-3)
    assert clock.numbers.tolist() == numbers.tolist()


def test_coarse_steps_of_a_usual_rate_are_that_rate() -> None:
    clock = clock_of(np.arange(12) * 0.0333)
    assert clock is not None
    assert clock.rate == 30.0


def test_uneven_times_are_counted_and_said() -> None:
    clock = clock_of(np.array([0.0, 0.0197, 0.0363, 0.05, 0.0697, 0.0863, 0.1]))
    assert clock is not None
    assert (clock.regular, clock.rate) == (False, pytest.approx(60.0))
    assert clock.numbers.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_one_time_says_nothing() -> None:
    assert clock_of(np.array([3.0])) is None


@pytest.mark.parametrize(
    ("times", "words"),
    [([0.0, 1.0, 1.0], "time 1 after 1"), ([0.0, float("nan")], "a time that is no number")],
)
def test_bad_times(times: list[float], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        clock_of(np.array(times))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("timestamp_ms", "ms"),
        ("timestampMs", "ms"),
        ("Zeit (\u00b5s)", "us"),
        ("time [sec]", "s"),
        ("ns", "ns"),
        ("timestamps", None),
        ("t", None),
    ],
)
def test_units_in_names(name: str, unit: str | None) -> None:
    assert unit_of_time(name) == unit


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6, 1e9])
def test_units_by_steps(scale: float) -> None:
    times = np.arange(50) / 30 * scale + 1000
    seconds, guessed = seconds_of(times, "time")
    assert guessed
    np.testing.assert_allclose(np.diff(seconds), 1 / 30)
    assert seconds_of(times, "time", "ms")[1] is False


def test_times_of_no_unit_are_refused() -> None:
    with pytest.raises(SourceError, match="times 1e\\+12 apart in time"):
        seconds_of(np.arange(5) * 1e12, "time")
