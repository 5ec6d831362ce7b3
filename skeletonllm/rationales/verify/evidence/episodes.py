"""Claims about whole episodes: a loop, a jump, a kick. Found in the clip, judged in the window.

A kind finds its episodes in all of the clip, of either side, each with what is wrong with it. Here
those of the claimed window are kept, and the sides, the times and the window itself are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection, Observation
from skeletonllm.rationales.verify.evidence.counts import (
    find_miscount,
    says_at_some_time,
    says_somewhere,
)
from skeletonllm.rationales.verify.intervals import Interval

SEEN = 0.6
"""Share of the window in which the joints must be seen: with less, a gap may hold the move."""
INSIDE = 0.6
"""Share of an episode that must lie in the window; less is a piece of something else."""
FILLS = 0.35
"""Share of a tight window that its episodes must take; less, and another movement was meant."""
RIVAL = 1.3
"""The other side contradicts if it does this many times as much."""

UNSEEN = "its joints are not seen there"


@dataclass(frozen=True)
class Episode:
    """Something that happened from frame ``start`` to ``end``.

    Args:
        start: First frame.
        end: Last frame.
        amount: How much: statures, degrees, statures a second or times.
        fault: Why it is not what was claimed; empty if it is.
        times: How often it happens in it.
        loose: How far a count may be off, where one episode holds many times.
    """

    start: int
    end: int
    amount: float
    fault: str = ""
    times: float = 1.0
    loose: float = 0.0


Finder = Callable[[ClaimContext, Interval], Sequence[Episode]]


def inspect_episodes(
    context: ClaimContext, find: Finder, points: Sequence[str], missing: str
) -> Inspection:
    """A look for episodes of this side, with the other side as its rival.

    Args:
        context: The claim.
        find: All episodes of the context's side in the clip, those with a fault included.
        points: Without side; they must be seen in the window.
        missing: What is said where there is no episode at all.
    """

    def observe(interval: Interval) -> Observation:
        share = measure_seen(context, points, interval)
        if share < SEEN:
            return Observation(0.0, UNSEEN, None, share)
        found = _inside(find(context, interval), interval)
        good = [episode for episode in found if not episode.fault]
        rival = _rival(context, find, interval)
        if not good:
            return Observation(0.0, _explain(found, rival, missing), None, share)
        best = max(good, key=lambda episode: episode.amount)
        fault = "the other side does it" if rival > RIVAL * best.amount else ""
        fault = fault or find_timing_fault(good, interval, context)
        return Observation(best.amount, fault, min(e.start for e in good), share)

    return Inspection(observe, context.flat)


def find_timing_fault(good: Sequence[Episode], interval: Interval, context: ClaimContext) -> str:
    """What the window and the count have against episodes that are as claimed; empty if nothing.

    Args:
        good: Those in the window; at least one.
        interval: The window.
        context: The claim.
    """
    length, count = interval.last - interval.first, context.step.count
    somewhere = says_somewhere(interval, len(context.body.joints))
    first, last = min(e.start for e in good), max(e.end for e in good)
    taken = min(last, interval.last) - max(first, interval.first)
    if not somewhere and taken < FILLS * length:
        return "it takes a small part of the window only"
    if count == 1 and says_at_some_time(interval, len(context.body.joints)):
        return ""
    times = sum(episode.times for episode in good)
    return find_miscount(count, times, max(episode.loose for episode in good))


def measure_seen(context: ClaimContext, points: Sequence[str], interval: Interval) -> float:
    """Share of the window in which all the points of the context's side are seen.

    Args:
        context: The claim.
        points: Without side.
        interval: The window.
    """
    inside = slice(interval.first, interval.last + 1)
    paths = [context.body.point(context.named(point))[inside] for point in points]
    seen = np.all([np.isfinite(path).all(axis=1) for path in paths], axis=0)
    return float(seen.mean()) if np.isfinite(context.body.stature) else 0.0


def switch_side(context: ClaimContext) -> ClaimContext:
    """The same claim about the other side."""
    return replace(context, side="left" if context.side == "right" else "right")


def _inside(found: Sequence[Episode], interval: Interval) -> list[Episode]:
    """Episodes that lie in the window with most of their frames."""
    kept = []
    for episode in found:
        shared = min(episode.end, interval.last) - max(episode.start, interval.first) + 1
        if shared >= INSIDE * (episode.end - episode.start + 1):
            kept.append(episode)
    return kept


def _rival(context: ClaimContext, find: Finder, interval: Interval) -> float:
    """How much the other side does of what is claimed of one side; 0 if nothing."""
    if not context.side or context.step.side == "both":
        return 0.0
    found = _inside(find(switch_side(context), interval), interval)
    return max((episode.amount for episode in found if not episode.fault), default=0.0)


def _explain(found: Sequence[Episode], rival: float, missing: str) -> str:
    if rival > 0:
        return "the other side does it"
    return max(found, key=lambda episode: episode.amount).fault if found else missing
