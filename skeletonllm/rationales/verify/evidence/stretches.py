"""Signals in time: stretches in which something holds, extremes, dips, and what goes back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify.intervals import Interval, Rise, find_turns

Mask = npt.NDArray[np.bool_]


def goes_back(signal: Array, rise: Rise) -> bool:
    """Whether another signal of the same claim falls by more than the rise.

    What rises against the pelvis and falls farther against the floor, as hands on the knees of who
    sits down, has gone down.

    Args:
        signal: The other signal [T].
        rise: Of the signal that is looked at.
    """
    return bool(signal[rise.end] - signal[rise.start] < -rise.amount)


def share_seen(signal: Array, interval: Interval) -> float:
    """Share of an interval in which a signal is known.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
    """
    return float(np.isfinite(signal[interval.first : interval.last + 1]).mean())


def find_stretches(begins: Mask, lasts: Mask, interval: Interval) -> list[tuple[int, int]]:
    """First and last frame of each stretch that begins where one thing holds, while another does.

    Args:
        begins: [T]; a stretch starts where this holds.
        lasts: [T]; a stretch ends where this does not hold.
        interval: Frames that are looked at.
    """
    found, start = [], -1
    for t in range(interval.first, interval.last + 1):
        if start < 0 and begins[t]:
            start = t
        elif start >= 0 and not lasts[t]:
            found.append((start, t - 1))
            start = -1
    return [*found, (start, interval.last)] if start >= 0 else found


def find_masked(mask: Mask) -> list[tuple[int, int]]:
    """First and last frame, inclusive, of each stretch in which ``mask`` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def find_valleys(signal: Array, interval: Interval, least: float) -> list[tuple[int, int, int]]:
    """Each dip of a signal: the peak before it, its lowest frame, and the peak after it.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        least: How far it must fall, and rise again.
    """
    turns = find_turns(signal, interval, least)
    trios = zip(turns, turns[1:], turns[2:], strict=False)
    return [(a, b, c) for a, b, c in trios if signal[b] < signal[a]]
