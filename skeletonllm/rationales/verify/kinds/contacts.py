"""Claims of contact: a hand touches something, two hands clap, arms are crossed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    ClaimContext,
    Inspection,
    Measurement,
    Observation,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.counts import find_happenings_fault
from skeletonllm.rationales.verify.evidence.gaps import (
    GAPS,
    ON_THE_BODY,
    find_ends,
    find_palm,
    measure_gap,
    name_target,
)
from skeletonllm.rationales.verify.evidence.stretches import (
    Mask,
    find_stretches,
    find_valleys,
    share_seen,
)
from skeletonllm.rationales.verify.intervals import Interval, Rise

GAP_OTHERS = 0.15
"""Gap at which a hand touches another person, of whom the sensor sees less, in statures."""

_EVERYWHERE: Mask = np.ones(1, np.bool_)
_NEARER = 0.03
"""A target must be the nearest of its kind but for this, in statures: a hand at the mouth is near
the chest, too."""
_PASSES = 0.7
"""A hand that is this fast against its target, in statures a second, passes it by, as in a jog."""
_LETS_GO = 0.04
"""A contact ends when the gap is this much wider than a touch, in statures: noise repeats none."""

MEET, PART = 0.1, 0.04
"""Hands that clap come this near, and before and after are at least this much farther apart, in
statures: palms of 0.02 each and the sensor; fists before the chest stay 0.11 apart."""
_BRIEF_S = 0.6
"""Hands that rest on each other for longer than this are joined, they do not clap."""
_AROUND_S = 0.3
"""Hands may have been apart this much before or after a claimed window."""

CROSSED, UNCROSSED = 0.01, -0.03
"""How far each hand is past the middle of the trunk, in statures, when arms cross, and when they do
not any more. Hands that meet before the chest are at it."""
ACROSS, PAST = 0.12, 0.05
"""A single hand that crosses goes this far towards the other side and ends this far past the
middle: three times what the middle of a trunk is known by."""


def measure_touch(context: ClaimContext) -> list[Inspection]:
    """A hand is at a part of the own body or of another person's; one look for each person."""
    step, body, side = context.step, context.body, context.side
    if claims.find_height_point(step.part) != "hand" or not side:
        return []
    if claims.is_other_person(step.target):
        return [_look_at_other(context, other) for other in context.others]
    target = name_target(step.target)
    if not target:
        return []
    ends = find_ends(body, side, target)
    at = _nearest_on_the_body(body, side, target) if target in ON_THE_BODY else _EVERYWHERE
    return [_look(context, ends, GAPS[target], at)]


def measure_clap(context: ClaimContext) -> list[Inspection]:
    """The two hands meet and part, each on its own side of the other."""
    if claims.find_height_point(context.step.part) != "hand" or context.step.target:
        return []
    body = context.body
    between = (find_palm(body, "right") - find_palm(body, "left")) / body.stature

    def observe(interval: Interval) -> Observation:
        claps = _find_claps(between, interval, body.fps)
        gap = np.linalg.norm(between, axis=1)
        fault = _find_miscount(len(claps), context, interval)
        if not claps:
            met = np.min(_finite(gap, interval), initial=np.inf) < MEET
            fault = "the hands stay together or pass each other" if met else "the hands do not meet"
        return Observation(
            float(len(claps)), fault, claps[0] if claps else None, share_seen(gap, interval)
        )

    return [Inspection(observe, context.flat)]


def measure_cross(context: ClaimContext) -> list[Inspection] | list[Measurement]:
    """Both: each hand is on the other one's side. One: this hand goes across the middle."""
    if claims.find_height_point(context.step.part) != "hand" or context.step.target:
        return []
    if context.step.side in ("left", "right"):
        return [context.compare(_read_crossing)]
    past = np.minimum(measure_past(context.body, "left"), measure_past(context.body, "right"))

    def observe(interval: Interval) -> Observation:
        found = find_stretches(past > CROSSED, past > UNCROSSED, interval)
        fault = _find_miscount(len(found), context, interval) if found else "the arms do not cross"
        most = float(np.max(_finite(past, interval), initial=-1.0))
        onset = found[0][0] if found else None
        return Observation(most, fault, onset, share_seen(past, interval))

    return [Inspection(observe, context.flat)]


def measure_past(body: Body, side: str) -> Array:
    """How far [T] a hand is past the middle of the trunk, on the other side, in statures.

    Args:
        body: Whose hand.
        side: ``left`` or ``right``.
    """
    middle = (body.point("chest") + body.point("pelvis")) / 2
    other = body.right() if side == "left" else -body.right()
    past: Array = np.sum((find_palm(body, side) - middle) * other, axis=1) / body.stature
    return past


def _read_crossing(who: ClaimContext) -> Measurement:
    past = measure_past(who.body, who.side)

    def where(rise: Rise) -> str:
        return "" if past[rise.end] > PAST else "it stays on its own side"

    return Measurement(ignore_window(past), ACROSS, who.flat, where=where)


def _nearest_on_the_body(body: Body, side: str, target: str) -> Mask:
    """Where [T] no other part of the own body is clearly nearer to the palm."""
    palm = find_palm(body, side)
    gaps = {n: measure_gap(palm, find_ends(body, side, n), body.stature) for n in ON_THE_BODY}
    others = np.array([np.where(np.isfinite(gap), gap, np.inf) for gap in gaps.values()])
    nearest: Mask = gaps[target] < others.min(axis=0) + _NEARER
    return nearest


def _look_at_other(context: ClaimContext, other: Body) -> Inspection:
    names = claims.find_other_points(context.step.target)
    return _look(context, [other.point(name) for name in names], GAP_OTHERS, _EVERYWHERE)


def _look(context: ClaimContext, ends: Sequence[Array], limit: float, at: Mask) -> Inspection:
    """A contact begins where the palm is near and slow; it ends where the gap is clearly wider."""
    body, target = context.body, context.step.target
    palm = find_palm(body, context.side)
    gap = measure_gap(palm, ends, body.stature)
    rests = [(body.speed(palm - end) < _PASSES) for end in ends]
    begins: Mask = (gap < limit) & at & np.any(rests, axis=0)

    def observe(interval: Interval) -> Observation:
        found = find_stretches(begins, gap < limit + _LETS_GO, interval)
        least = float(np.min(_finite(gap, interval), initial=np.inf))
        fault = _find_miscount(len(found), context, interval)
        if not found:
            fault = f"it does not touch the {target.removeprefix('the ')}"
        onset = found[0][0] if found else None
        return Observation(least, fault, onset, share_seen(gap, interval))

    return Inspection(observe, context.flat)


def _find_claps(between: Array, interval: Interval, fps: float) -> list[int]:
    """Frames at which the hands meet, briefly, and rebound instead of passing each other."""
    gap, around = np.linalg.norm(between, axis=1), round(_AROUND_S * fps)
    wide = Interval(max(0, interval.first - around), min(len(gap) - 1, interval.last + around))
    claps = []
    for before, low, after in find_valleys(gap, wide, PART):
        joined = np.flatnonzero(gap[before : after + 1] < gap[low] + PART)
        brief = (joined[-1] - joined[0]) / fps <= _BRIEF_S
        rebounds = float(between[before] @ between[after]) > 0
        if gap[low] < MEET and brief and rebounds and interval.first <= low <= interval.last:
            claps.append(low)
    return claps


def _finite(signal: Array, interval: Interval) -> Array:
    inside = signal[interval.first : interval.last + 1]
    return inside[np.isfinite(inside)]


def _find_miscount(times: int, context: ClaimContext, interval: Interval) -> str:
    return find_happenings_fault(context.step.count, times, interval, len(context.body.joints))
