"""Step functions and stretches of time, for judging by integrals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Steps:
    """A value over time that changes at moments; the first value holds for all time before.

    Args:
        times: Moments, ascending; the first is minus infinity.
        values: From each moment on.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]

    @classmethod
    def starting(cls, changes: Sequence[tuple[float, float]]) -> Steps:
        """From (moment, value from there on); the first value holds before it as well."""
        later = tuple(time for time, _ in changes[1:])
        return cls((float("-inf"), *later), tuple(value for _, value in changes))

    @property
    def changes(self) -> list[float]:
        """The moments at which the value changes."""
        return list(self.times[1:])

    def scale(self, factor: float) -> Steps:
        """The same, with all values multiplied."""
        return Steps(self.times, tuple(value * factor for value in self.values))

    def at(self, time: float) -> float:
        """The value at a moment."""
        return self.values[bisect_right(self.times, time) - 1]

    def integral(self, start: float, end: float) -> float:
        """Of the value over time.

        Args:
            start: A moment.
            end: A later one.
        """
        return self._sum_to(end, start) - self._sum_to(start, start)

    @cached_property
    def _sums(self) -> tuple[float, ...]:
        """Integral from the first change to each change."""
        sums = [0.0]
        for number in range(1, len(self.times) - 1):
            sums.append(
                sums[-1] + self.values[number] * (self.times[number + 1] - self.times[number])
            )
        return tuple(sums)

    def _sum_to(self, time: float, origin: float) -> float:
        if len(self.times) == 1:
            return self.values[0] * (time - origin)
        number = bisect_right(self.times, time) - 1
        if number == 0:
            return self.values[0] * (time - self.times[1])
        return self._sums[number - 1] + self.values[number] * (time - self.times[number])


def without(stretches: Iterable[Stretch], holes: Iterable[Stretch]) -> list[Stretch]:
    """What is left of stretches of time, in order.

    Args:
        stretches: Not overlapping, ascending.
        holes: In any order; they may overlap.

    Example:
        >>> without([(0, 10)], [(2, 3), (2.5, 4)])
        [(0, 2), (4, 10)]
    """
    merged = _merge(holes)
    left = []
    for start, end in stretches:
        at = start
        for low, high in merged:
            if high <= at or low >= end:
                continue
            left.append((at, low))
            at = high
        left.append((at, end))
    return [(start, end) for start, end in left if end > start]


def intersect(steps: Steps, stretches: Iterable[Stretch]) -> list[tuple[float, float, float]]:
    """Stretches cut where the value changes: (start, end, value).

    Args:
        steps: The value.
        stretches: Not overlapping, ascending.
    """
    parts = []
    for start, end in stretches:
        cuts = [start, *(time for time in steps.changes if start < time < end), end]
        for low, high in pairwise(cuts):
            parts.append((low, high, steps.at(low)))
    return parts


def _merge(holes: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for low, high in sorted(holes):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
