"""Where a one-dimensional signal rises and falls: its monotone runs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.signals import Array

PAUSE_S = 0.35
"""A rest longer than this makes two movements out of one."""

_RESTING = 0.12
"""Slower than this share of a run's top speed is rest."""

_TRIM = 0.06
"""A run starts and ends where this share of its change is done, or left."""


@dataclass(frozen=True)
class Run:
    """A stretch in which a signal goes one way: frames ``start`` to ``end`` inclusive."""

    start: int
    end: int
    before: float
    after: float

    @property
    def change(self) -> float:
        """Signed amount, in the signal's unit."""
        return self.after - self.before


def find_runs(signal: Array, threshold: float, fps: float) -> list[Run]:
    """All runs of at least ``threshold``, in time order; unseen stretches (NaN) divide them.

    Args:
        signal: [T], in any unit; NaN where unseen.
        threshold: Smallest change that counts, in the signal's unit.
        fps: Frames a second.

    Example:
        >>> wave = np.array([0.0, 0.0, 0.5, 1.0, 1.0, 0.4, 0.0])
        >>> [(r.start, r.end, r.change) for r in find_runs(wave, 0.3, fps=30.0)]
        [(1, 3, 1.0), (4, 6, -1.0)]
    """
    found: list[Run] = []
    for first, last in find_finite_stretches(signal):
        turns = _turning_points(signal[first:last], threshold)
        for a, b in pairwise(turns):
            found += _movements(signal, first + a, first + b, threshold, fps)
    return found


def find_finite_stretches(signal: Array) -> list[tuple[int, int]]:
    """Half-open index ranges in which the signal was seen."""
    return find_stretches(np.isfinite(signal))


def find_stretches(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open index ranges in which ``mask`` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _turning_points(signal: Array, threshold: float) -> list[int]:
    """Indices of alternating extremes at least ``threshold`` apart (a zigzag filter)."""
    turns: list[int] = []
    low = high = 0
    rising: bool | None = None
    for i, value in enumerate(signal):
        if rising is not False and value >= signal[high]:
            high = i
        if rising is not True and value <= signal[low]:
            low = i
        if rising is not False and signal[high] - value >= threshold:
            turns.append(high)
            rising, low = False, i
        elif rising is not True and value - signal[low] >= threshold:
            turns.append(low)
            rising, high = True, i
    if rising is not None:
        turns.append(high if rising else low)
    return turns


def _movements(signal: Array, first: int, last: int, threshold: float, fps: float) -> list[Run]:
    """The run between two extremes, cut at rests, without its slow ends."""
    speed = np.abs(np.diff(signal[first : last + 1]))
    if not speed.size or speed.max() <= 0:
        return []
    resting = speed < _RESTING * speed.max()
    rests = [(a, b) for a, b in find_stretches(resting) if b - a >= PAUSE_S * fps]
    cuts = [0, *(edge for rest in rests for edge in rest), len(speed)]
    pieces = [(first + a, first + b) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if b > a]
    trimmed = [_trim(signal, a, b) for a, b in pieces]
    return [run for run in trimmed if abs(run.change) >= threshold]


def _trim(signal: Array, first: int, last: int) -> Run:
    change = signal[last] - signal[first]
    if change == 0:
        return Run(first, last, float(signal[first]), float(signal[last]))
    progress = (signal[first : last + 1] - signal[first]) / change
    half = int(np.argmax(progress >= 0.5))
    start = int(np.flatnonzero(progress[: half + 1] <= _TRIM)[-1])
    end = half + int(np.argmax(progress[half:] >= 1 - _TRIM))
    return Run(first + start, first + end, float(signal[first]), float(signal[last]))
