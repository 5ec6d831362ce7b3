"""Rises of a signal inside a claimed interval, and how far they reach outside it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skeletonllm.kinematics.signals import Array

SLACK_S, SLACK = 0.1, 0.15
"""Nobody times a movement better than this: seconds, but no more than a share of the interval."""

_STILL = 0.35
"""Slower than this share of a rise's top speed, a movement rests: as far as it is one."""
_BEGUN = 0.1
"""Share of a rise after which it has begun; before it lies what noise does."""


@dataclass(frozen=True)
class Interval:
    """Frames ``first`` to ``last`` inclusive."""

    first: int
    last: int

    @classmethod
    def of(cls, start_s: float, end_s: float, fps: float, frames: int) -> Interval | None:
        """A claimed interval with a little slack; None if it is empty or outside the clip.

        Args:
            start_s: Claimed start, seconds from the first frame.
            end_s: Claimed end.
            fps: Frames a second.
            frames: Length of the clip.
        """
        if not (end_s >= start_s and end_s >= 0 and start_s * fps < frames):
            return None
        slack = min(SLACK_S, SLACK * (end_s - start_s))
        first = max(0, round((start_s - slack) * fps))
        last = min(frames - 1, round((end_s + slack) * fps))
        return cls(first, last) if last >= first else None


@dataclass(frozen=True)
class Rise:
    """The signal goes up by ``amount`` from frame ``start`` to frame ``end``."""

    start: int
    end: int
    amount: float

    def onset(self, signal: Array) -> int:
        """The last frame before a tenth of the rise is done."""
        part = signal[self.start : self.end + 1] - signal[self.start]
        below = np.flatnonzero(part <= _BEGUN * self.amount)
        return self.start + int(below[-1]) if below.size else self.start

    def grown(self, signal: Array) -> Rise:
        """The whole movement this rise is part of: on, until it rests, turns or is unseen."""
        pace = np.diff(signal)
        inside = pace[self.start : self.end]
        top = float(np.max(inside[np.isfinite(inside)], initial=0.0))
        start, end = self.start, self.end
        while start > 0 and pace[start - 1] > _STILL * top:
            start -= 1
        while end < len(signal) - 1 and pace[end] > _STILL * top:
            end += 1
        return Rise(start, end, float(signal[end] - signal[start]))


def find_largest_rise(signal: Array, interval: Interval) -> Rise:
    """The largest climb between two frames of the interval, unseen frames left out.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
    """
    inside = signal[interval.first : interval.last + 1]
    seen = np.flatnonzero(np.isfinite(inside))
    if not seen.size:
        return Rise(interval.first, interval.first, 0.0)
    values = inside[seen]
    lowest = np.minimum.accumulate(values)
    end = int(np.argmax(values - lowest))
    start = int(np.flatnonzero(values[: end + 1] == lowest[end])[-1])
    amount = float(values[end] - lowest[end])
    return Rise(interval.first + int(seen[start]), interval.first + int(seen[end]), amount)


def find_largest_fall(signal: Array, interval: Interval) -> Rise:
    """The largest drop, with a positive amount.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
    """
    return find_largest_rise(-signal, interval)


def find_turns(signal: Array, interval: Interval, least: float) -> list[int]:
    """Frames of the alternating extremes between which the signal goes at least ``least``.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        least: Smallest way between two, in the signal's unit.
    """
    turns: list[int] = []
    low = high = -1
    way = 0
    for t in range(interval.first, interval.last + 1):
        if np.isnan(signal[t]):
            continue
        low = t if low < 0 or signal[t] < signal[low] else low
        high = t if high < 0 or signal[t] > signal[high] else high
        if way >= 0 and signal[high] - signal[t] >= least:
            turns, way, low = [*turns, high], -1, t
        elif way <= 0 and signal[t] - signal[low] >= least:
            turns, way, high = [*turns, low], 1, t
    return [*turns, high if way > 0 else low] if turns else []


def find_rises(signal: Array, interval: Interval, least: float) -> list[Rise]:
    """Every climb of ``least`` or more between two extremes of the signal, the largest first.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        least: Smallest climb, in the signal's unit.
    """
    turns = find_turns(signal, interval, least)
    rises = [Rise(a, b, float(signal[b] - signal[a])) for a, b in pairwise(turns)]
    return sorted((r for r in rises if r.amount > 0), key=lambda rise: -rise.amount)


def count_rises(signal: Array, interval: Interval, threshold: float) -> int:
    """How often the signal climbs by ``threshold``, with a drop of as much in between.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        threshold: Smallest climb, and smallest drop between two, in the signal's unit.
    """
    return len(find_rises(signal, interval, threshold))
