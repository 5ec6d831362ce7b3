"""Which frame each row is, by numbers or by times; and frames at uneven times brought to a rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.generic.layout import Layout
from skeletonllm.corpora.toolkit.clock import (
    IRREGULAR,
    SAME_RATE,
    TIME_UNIT_ASSUMED,
    TIME_WORDS,
    Clock,
    are_counts,
    clock_of,
    seconds_of,
)
from skeletonllm.corpora.toolkit.validation import Raw, check_gaps, check_size
from skeletonllm.errors import SourceError
from skeletonllm.motion import BoolArray

MAX_NUMBER = 2**31 - 1
"""Largest frame number: they are stored in 32 bits."""

RESAMPLED = "resampled"
"""Flag: the frame rate is not the source's."""

HOLE = 5.0
"""Frames are not interpolated between times that are this many usual steps apart."""

SLOWEST = 0.1
"""Fewest frames a second that are a motion; slower, the times are not what they seem."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Which frame each row is.

    Args:
        places: int64 [N], places among the frames.
        frames: Numbers of the frames.
        fps: Frames a second.
        flags: What was noticed.
        moments: Times of the frames in seconds, where they are to be brought to ``fps``.
    """

    places: Whole
    frames: tuple[int, ...]
    fps: float
    flags: tuple[str, ...] = ()
    moments: Raw | None = None


def place_rows(count: int, frames: Raw | None, times: Raw | None, layout: Layout) -> Rows:
    """The frame of each row.

    Args:
        count: Rows.
        frames: Their numbers, if the file has them.
        times: Their times, if the file has them.
        layout: What the YAML says.

    Raises:
        SourceError: ``format`` or ``unsafe``.
    """
    name = layout.time
    if times is None and frames is not None and _are_times(frames, layout.frame):
        times, frames, name = frames, None, layout.frame
    check_size(count, 1, 1)
    if times is None:
        numbers = np.arange(count, dtype=np.int64) if frames is None else _whole(frames)
        return _numbered(numbers, layout.fps or 0.0)
    if layout.time_unit is None and are_counts(times, name):
        found = f"whole numbers in the column {name}, as frames are counted"
        raise SourceError("format", found, expected="time_unit: to say their unit, or frame:")
    seconds, guessed = seconds_of(times, name, layout.time_unit)
    distinct, turns = np.unique(seconds, return_inverse=True)
    clock = clock_of(distinct)
    whole = bool((times == np.floor(times)).all())  # 33, 67 may be milliseconds or frame numbers
    flags: tuple[str, ...] = (TIME_UNIT_ASSUMED,) if guessed and whole else ()
    if clock is None:
        if layout.fps is None:
            found = f"one time in the column {name}, and no rate"
            raise SourceError("format", found, expected="fps: in the YAML")
        return _numbered(turns.astype(np.int64), layout.fps)
    if clock.rate < SLOWEST:
        found = f"times of {clock.rate:.2g} frames a second in the column {name}"
        expected = f"at least {SLOWEST:g}; times that follow one another, and their unit as stated"
        raise SourceError("format", found, expected=expected)
    flags += () if clock.regular else (IRREGULAR,)
    if frames is not None:
        return _numbered_with_times(_whole(frames), turns, clock, layout, flags)
    same = layout.fps is not None and abs(layout.fps / clock.rate - 1) <= SAME_RATE
    asked = layout.resample or layout.fps is not None
    if (clock.regular and (same or layout.fps is None)) or not asked:
        rows = _numbered(clock.numbers[turns], layout.fps or clock.rate)
        return Rows(rows.places, rows.frames, rows.fps, flags)
    fps = layout.fps or clock.rate
    moments = np.asarray(distinct - distinct[0])
    check_size(int(min(moments[-1] * fps, 1e9)) + 1, 1, 1)
    order = tuple(range(len(distinct)))
    return Rows(turns.astype(np.int64), order, fps, (*flags, RESAMPLED), moments)


def _are_times(frames: Raw, name: str) -> bool:
    """Whether a column of frames holds times: by fractions, or by its name and wide steps."""
    if (frames != np.floor(frames)).any():
        return True
    return bool(TIME_WORDS.search(name)) and len(frames) > 1 and not are_counts(frames, name)


def _numbered(numbers: Whole, fps: float) -> Rows:
    """Frames by number: those that are skipped are empty, by the common step of all."""
    step = int(np.gcd.reduce(np.diff(np.unique(numbers)))) or 1
    first, last = int(numbers.min()), int(numbers.max())
    count = (last - first) // step + 1
    check_size(count, 1, 1)
    check_gaps(count, len(numbers))
    return Rows((numbers - first) // step, tuple(range(first, last + 1, step)), fps)


def _numbered_with_times(
    numbers: Whole, turns: Whole, clock: Clock, layout: Layout, flags: tuple[str, ...]
) -> Rows:
    """Frames by number, whose rate the times give where the YAML does not."""
    rows = _numbered(numbers, layout.fps or clock.rate)
    if layout.fps is not None:
        return Rows(rows.places, rows.frames, rows.fps, flags)
    last = int(turns.argmax()), int(turns.argmin())
    steps = int(clock.numbers[-1])
    fps = clock.rate * abs(int(rows.places[last[0]] - rows.places[last[1]])) / max(steps, 1)
    return Rows(rows.places, rows.frames, fps or clock.rate, flags)


def _whole(values: Raw) -> Whole:
    if not (np.isfinite(values) & (values == np.floor(values)) & (values >= 0)).all():
        raise SourceError("format", "a frame number that is no whole number from 0 on")
    if values.max() > MAX_NUMBER:
        raise SourceError("format", f"frame {values.max():g}", expected=f"at most {MAX_NUMBER}")
    return values.astype(np.int64)


def bring_to_rate(
    raw: Raw, present: BoolArray, trust: Raw, moments: Raw, fps: float
) -> tuple[Raw, BoolArray, Raw]:
    """Frames at uneven times as frames of one rate, on the straight line between two.

    A joint that is missing at either end is missing, and so is everybody in a hole of several
    usual steps, but for frames that lie at a time of the source.

    Args:
        raw: Coordinates [T, P, J, D].
        present: [T, P].
        trust: Confidences [T, P, J].
        moments: Times of the T frames in seconds, ascending from 0.
        fps: Frames a second of the result.
    """
    wanted = np.arange(int(moments[-1] * fps + 1e-6) + 1) / fps
    high = np.clip(np.searchsorted(moments, wanted - 1e-9), 1, len(moments) - 1)
    low = high - 1
    gap = moments[high] - moments[low]
    weight = np.clip((wanted - moments[low]) / gap, 0, 1)
    weight = np.where(weight < 1e-6, 0.0, np.where(weight > 1 - 1e-6, 1.0, weight))
    hole = gap > HOLE * float(np.median(np.diff(moments)))
    w = weight[:, None, None]
    clean = np.nan_to_num(raw, nan=0.0)
    joints = (1 - w[..., None]) * clean[low] + w[..., None] * clean[high]
    at_low, at_high = (weight == 0)[:, None], (weight == 1)[:, None]
    between = ~hole[:, None] & present[low] & present[high]
    there = np.where(at_low, present[low], np.where(at_high, present[high], between))
    seen = (trust[low] > 0) & (trust[high] > 0) & ~hole[:, None, None]
    both = np.where(seen, (1 - w) * trust[low] + w * trust[high], 0.0)
    sure = np.where(at_low[..., None], trust[low], np.where(at_high[..., None], trust[high], both))
    sure = np.where(there[..., None], sure, 0.0)
    return np.where(sure[..., None] > 0, joints, np.nan), np.asarray(there, np.bool_), sure
