"""What the times of frames say: their unit, the frame rate, and which frames are absent.

Times that lie on a grid, but for how coarsely they are written (whole milliseconds) and a little
jitter, are frames of one rate; where the grid has no time, a frame is absent. Times that lie on no
grid are frames of an uneven rate: they are kept in their order and flagged ``irregular_frames``, or
brought to a rate on request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

IRREGULAR = "irregular_frames"
"""Flag: the times of the frames are uneven, so that the rate is that of the mean."""

TIME_UNIT_ASSUMED = "time_unit_assumed"
"""Flag: the unit of the times follows from how far apart they are."""

RATE_CONTRADICTED = "rate_contradicted"
"""Flag: the stated frame rate is not that of the times; the times are believed."""

SAME_RATE = 0.05
"""By how much a stated rate may differ from that of the times without being another one."""

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ticks": 1e-7}
"""Seconds of each unit of time; ticks are those of .NET and of Windows."""

TICK_DATES = ((6.1e17, 6.7e17), (1.2e17, 1.6e17))
"""Ticks of our time, since year 1 and since 1601; as nanoseconds since 1970 they are long ago."""

JITTER = 0.1
"""By how much of a step a time may be off the grid."""

SNAP = 0.003
"""By how much a rate may be off a usual one, for times that are written coarsely."""

LEAST_TIMES = 3
"""Times from which on they may contradict a stated rate."""

COUNT_STEP = 3
"""Whole numbers that are no further apart count frames; cameras of 240 Hz are 4 ms apart."""

TIME_WORDS = re.compile(r"time|zeit|stamp|temps|tiempo|seconds|millis|(^|_)m?secs?$|(^|_)ms$", re.I)
"""Names of columns of times."""

_USUAL = (*range(1, 1001), 12.5, 24000 / 1001, 30000 / 1001, 60000 / 1001, 120000 / 1001)
_UNITS = {
    "ms": r"ms|msecs?|millis|milliseconds?|millisec",
    "us": r"us|\u00b5s|\u03bcs|micros|microseconds?|microsec|usec",
    "ns": r"ns|nanos|nanoseconds?|nanosec|nsec",
    "s": r"s|secs?|seconds?|sekunden?",
}
_TICKS = re.compile(r"(^|[^a-z])ticks?([^a-z]|$)", re.I)
_SHORTEST_S, _LONGEST_S = 1e-3, 1.5
"""Steps between two frames that are believable where nothing states the unit of time."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Clock:
    """The frames of some times.

    Args:
        rate: Frames a second.
        numbers: int64 [N], which frame each time is, from 0 on; skipped ones are absent.
        regular: Whether the times lie on a grid; else ``numbers`` count them.
    """

    rate: float
    numbers: Numbers
    regular: bool


def clock_of(times: Raw) -> Clock | None:
    """The frames of ascending times in seconds; None where they say nothing (fewer than two).

    Args:
        times: float64 [N], each later than the one before.

    Raises:
        SourceError: ``format`` for times that are no numbers or do not ascend.

    Example:
        >>> clock = clock_of(np.array([0.0, 0.033, 0.067, 0.133]))
        >>> clock.rate, clock.numbers.tolist()
        (30.0, [0, 1, 2, 4])
    """
    if not np.isfinite(times).all():
        raise SourceError("format", "a time that is no number", expected="a time in every row")
    if len(times) < 2:
        return None
    steps = np.diff(times)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0)) + 1
        found = f"time {times[at]:g} after {times[at - 1]:g}"
        raise SourceError("format", found, expected="times that ascend")
    numbers, step = _grid(times, float(np.median(steps)))
    coarse = _resolution(times)
    off = np.abs(times - times[0] - numbers * step)
    if (off - off.min() <= max(JITTER * step, coarse)).all() and (np.diff(numbers) > 0).all():
        return Clock(_snapped(1 / step, min(SNAP, coarse / step / 2 + 1e-5)), numbers, True)
    rate = (len(times) - 1) / float(times[-1] - times[0])
    return Clock(rate, np.arange(len(times), dtype=np.int64), False)


def settle_rate(
    stated: float | None, times: Raw, numbers: Sequence[int] | None = None
) -> tuple[float | None, tuple[str, ...]]:
    """The stated rate, or that of the times with a flag where both their mean and median differ.

    Times that lack a row differ in the mean alone, coarse ones in the median alone; a thousandfold
    one is of another unit.

    Args:
        stated: Frames a second; None where nothing states them.
        times: Of the rows, in seconds.
        numbers: Of the frames, ascending; None to count them.

    Example:
        >>> settle_rate(100.0, np.arange(5) * 0.04), settle_rate(25.0, np.arange(5) * 0.04)
        ((25.0, ('rate_contradicted',)), (25.0, ()))
    """
    if stated is None or stated <= 0 or len(times) < LEAST_TIMES or not np.isfinite(times).all():
        return stated, ()
    steps = np.diff(times)
    if (steps <= 0).any():
        return stated, ()
    counted = np.diff(np.arange(len(times)) if numbers is None else np.asarray(numbers))
    mean = float(counted.sum() / max(int(np.gcd.reduce(counted)), 1) / steps.sum())
    ratios = np.array([stated / mean, stated * float(np.median(steps))])
    units = 1000.0 ** np.arange(-3, 4)
    if (np.abs(ratios[:, None] / units - 1) <= SAME_RATE).any():
        return stated, ()
    clock = clock_of(times)
    found = clock.rate if clock and abs(clock.rate / mean - 1) <= SAME_RATE else round(mean, 4)
    return found, (RATE_CONTRADICTED,)


def _grid(times: Raw, step: float) -> tuple[Numbers, float]:
    """Which multiple of the step each time is nearest to, and the step that fits them best."""
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = np.concatenate([[0], np.cumsum(np.rint(np.diff(times) / step))])
    numbers = np.clip(numbers, 0, 2**40).astype(np.int64)
    centred = numbers - numbers.mean()
    spread = float((centred**2).sum())
    fitted = float((centred * (times - times.mean())).sum()) / spread if spread else 0.0
    return numbers, fitted if fitted > 0 else step


def _resolution(times: Raw) -> float:
    """The last decimal in which times are written, in seconds: 0.001 for whole milliseconds."""
    for digits in range(7):
        if np.abs(times * 10**digits - np.rint(times * 10**digits)).max() < 1e-4:
            return float(10.0**-digits)
    return 0.0


def _snapped(rate: float, tolerance: float) -> float:
    """A usual rate if one is within the tolerance."""
    usual = min(_USUAL, key=lambda known: abs(known - rate))
    return float(usual) if abs(usual - rate) <= tolerance * usual else rate


def unit_of_time(name: str) -> str | None:
    """The unit that a column or key bears in its name, if any.

    Example:
        >>> unit_of_time("timestamp_ms"), unit_of_time("Time (s)"), unit_of_time("time")
        ('ms', 's', None)
    """
    words = re.split(r"[^a-z\u00b5\u03bc]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    for unit, pattern in _UNITS.items():
        if any(re.fullmatch(pattern, word) for word in words[1:] or words):
            return unit
    return None


def are_counts(times: Raw, name: str) -> bool:
    """Whether times without a stated unit are rather numbers of frames: 0, 1, 2.

    Args:
        times: As they are written.
        name: Of the column or key, which may bear the unit.
    """
    finite = np.unique(times[np.isfinite(times)])
    if len(finite) < 2 or unit_of_time(name) or (finite != np.floor(finite)).any():
        return False
    return bool(np.median(np.diff(finite)) <= COUNT_STEP)


def seconds_of(values: Raw, name: str, unit: str | None = None) -> tuple[Raw, bool]:
    """Times in seconds, and whether their unit had to be guessed from how far apart they are.

    Args:
        values: As they are written.
        name: Of the column or key, which may bear the unit.
        unit: What somebody states, of :data:`SECONDS`.

    Raises:
        SourceError: ``format`` where no unit gives a believable frame rate.
    """
    stated = unit or unit_of_time(name)
    if stated is not None:
        return values * SECONDS[stated], False
    finite = np.unique(values[np.isfinite(values)])
    step = float(np.median(np.diff(finite))) if len(finite) > 1 else 0.0
    if step and _are_ticks(finite, step, name):
        return (values - finite[0]) * SECONDS["ticks"], True
    for scale in SECONDS.values():
        if step == 0 or _SHORTEST_S <= step * scale <= _LONGEST_S:
            return values * scale, True
    found = f"times {step:g} apart in {name}"
    raise SourceError("format", found, expected="a time in s, ms, us or ns")


def _are_ticks(finite: Raw, step: float, name: str) -> bool:
    """Whether times count ticks of 100 ns: by how long ago they begin, or by their name."""
    dated = any(low <= finite[0] and finite[-1] <= high for low, high in TICK_DATES)
    believable = _SHORTEST_S <= step * SECONDS["ticks"] <= _LONGEST_S
    return believable and (dated or bool(_TICKS.search(name)))
