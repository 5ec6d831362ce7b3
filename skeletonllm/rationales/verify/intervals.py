"""Rises of a signal inside a claimed interval, and how far they reach outside it."""

from __future__ import annotations

from dataclasses import dataclass

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
        top = np.nanmax(inside) if inside.size else 0.0
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
    best, low = Rise(interval.first, interval.first, 0.0), -1
    for i in range(interval.first, interval.last + 1):
        if np.isnan(signal[i]):
            continue
        if low < 0 or signal[i] <= signal[low]:
            low = i
        elif signal[i] - signal[low] > best.amount:
            best = Rise(low, i, float(signal[i] - signal[low]))
    return best


def find_largest_fall(signal: Array, interval: Interval) -> Rise:
    """The largest drop, with a positive amount.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
    """
    return find_largest_rise(-signal, interval)


def count_rises(signal: Array, interval: Interval, threshold: float) -> int:
    """How often the signal climbs by ``threshold``, with a drop of as much in between.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        threshold: Smallest climb, and smallest drop between two, in the signal's unit.
    """
    count, extreme, rising = 0, np.nan, False
    for value in signal[interval.first : interval.last + 1]:
        if np.isnan(value):
            continue
        if np.isnan(extreme):
            extreme = value
        elif rising:
            extreme = max(extreme, value)
            if extreme - value >= threshold:
                rising, extreme = False, value
        else:
            extreme = min(extreme, value)
            if value - extreme >= threshold:
                rising, extreme, count = True, value, count + 1
    return count
