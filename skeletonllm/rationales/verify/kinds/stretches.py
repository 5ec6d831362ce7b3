"""Signals in time: stretches in which something holds, dips, their number, and what goes back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.intervals import Interval, Rise
from skeletonllm.rationales.verify.kinds.happenings import SOMEWHERE

Mask = npt.NDArray[np.bool_]


def find_miscount(times: int, context: ClaimContext, interval: Interval) -> str:
    """What is wrong with the claimed number of times; empty if nothing.

    Up to two it must be exact, from three on it may be one off. Said of most of the clip, once is
    also true of what happens more often: its words name no number.

    Args:
        times: How often it was seen.
        context: The claim.
        interval: Its window.
    """
    claimed, length = context.step.count, interval.last - interval.first
    if claimed == 1 and times >= 1 and length > SOMEWHERE * len(context.body.joints):
        return ""
    slack = 1 if claimed > 2 else 0
    return "" if abs(times - claimed) <= slack else f"it happens {times} times"


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


def find_valleys(signal: Array, interval: Interval, least: float) -> list[tuple[int, int, int]]:
    """Each dip of a signal: the peak before it, its lowest frame, and the peak after it.

    Args:
        signal: [T]; NaN where unseen.
        interval: Frames that are looked at.
        least: How far it must fall, and rise again.
    """
    turns = _find_turns(signal, interval, least)
    trios = zip(turns, turns[1:], turns[2:], strict=False)
    return [(a, b, c) for a, b, c in trios if signal[b] < signal[a]]


def _find_turns(signal: Array, interval: Interval, least: float) -> list[int]:
    """Frames of the peaks and valleys between which the signal goes at least ``least``."""
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
