"""Measurements of a claim about a distance: to the own head or hand, or to another person.

A gap between two closes because of one, of the other, or of both: who is said to approach must
close a good part of it by what they do themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.intervals import Rise

LEAST = 0.06
"""Smallest change a claim of distance may rest on, in statures."""

_MAINLY = 0.4
"""Two hands come together by one, or by both: of one that is named alone, its share of it."""
_AT = 0.28
"""A part that stays farther than this from a place on the own body, in statures, is not at it."""


def measure_approach(context: ClaimContext) -> list[Measurement]:
    """A part comes closer to its target; one measurement for each other person it may be."""
    return _measure(context, -1.0)


def measure_retreat(context: ClaimContext) -> list[Measurement]:
    """A part goes away from its target; one measurement for each other person it may be."""
    return _measure(context, 1.0)


def _measure(context: ClaimContext, sign: float) -> list[Measurement]:
    point = claims.find_height_point(context.step.part)
    if point is None:
        return []
    if claims.is_other_person(context.step.target):
        return [_to_other(context, other, point, sign) for other in context.others]
    names = claims.find_own_points(context.step.target)
    return [context.compare(lambda who: _to_self(who, point, names, sign))] if names else []


def _to_self(context: ClaimContext, point: str, names: Sequence[str], sign: float) -> Measurement:
    other = "left" if context.side == "right" else "right"
    ends = [context.body.point(name.replace("other", other)) for name in names]
    path, stature = context.body.point(context.named(point)), context.body.stature
    gap = _nearest(path, ends) / stature

    def where(rise: Rise) -> str:
        near = rise.end if sign < 0 else rise.start
        return "" if gap[near] < _AT else f"it is not at the {context.step.target}"

    def own(rise: Rise) -> float:
        return _measure_own_way(path, ends, rise) * sign / stature

    found = Measurement(ignore_window(sign * gap), LEAST, context.flat, where=where)
    mutual = context.step.side in ("left", "right") and names[0].startswith("other")
    return replace(found, own=own, least_own=_MAINLY) if mutual else found


def _to_other(context: ClaimContext, other: Body, point: str, sign: float) -> Measurement:
    names = ("pelvis",) if point == "pelvis" else claims.find_other_points(context.step.target)
    level = LEVEL if point == "pelvis" else np.ones(3)
    ends = [other.point(name) * level for name in names]

    def make(who: ClaimContext) -> Measurement:
        path = who.body.point(who.named(point)) * level
        stature = who.body.stature
        signal = sign * _nearest(path, ends) / stature

        def own(rise: Rise) -> float:
            return _measure_own_way(path, ends, rise) * sign / stature

        return Measurement(ignore_window(signal), LEAST, who.flat, own=own)

    return context.compare(make)


def _nearest(path: Array, ends: Sequence[Array]) -> Array:
    """Distance [T] to the nearest of the ends that are seen; NaN where none is."""
    gaps = np.array([np.linalg.norm(path - end, axis=1) for end in ends])
    gaps = np.where(np.isfinite(gaps), gaps, np.inf).min(axis=0)
    return np.where(np.isfinite(gaps), gaps, np.nan)


def _measure_own_way(path: Array, ends: Sequence[Array], rise: Rise) -> float:
    """Change of the gap by the mover alone: the other is held still from frame to frame."""
    frames = range(rise.start, rise.end)
    return float(np.nansum([_own_step(path, ends, t) for t in frames]))


def _own_step(path: Array, ends: Sequence[Array], frame: int) -> float:
    """Change of the gap from one frame to the next, had only the mover moved."""
    still = [end[frame] for end in ends if np.isfinite(end[frame]).all()]
    if not still:
        return float("nan")
    here = min(float(np.linalg.norm(path[frame] - end)) for end in still)
    there = min(float(np.linalg.norm(path[frame + 1] - end)) for end in still)
    return there - here
