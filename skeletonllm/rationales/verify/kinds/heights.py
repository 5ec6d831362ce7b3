"""Claims of height: a part goes up or down.

A hand or an elbow is measured against the pelvis or against the floor, whichever says more for the
claim: who sits down with a hand on the head has not lowered it, who picks something up has. A
shoulder is measured along the trunk: who bows has not shrugged.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.levels import check_level, names_no_level
from skeletonllm.rationales.verify.evidence.stretches import goes_back
from skeletonllm.rationales.verify.intervals import Rise

LEAST = {
    "hand": 0.06,
    "elbow": 0.05,
    "shoulder": 0.03,
    "foot": 0.05,
    "knee": 0.06,
    "pelvis": 0.03,
    "chest": 0.03,
    "head": 0.03,
}
"""Smallest change of height, in statures: two to three times what a sensor makes of a part that
rests, or of one that is carried along by its neighbours."""


def measure_raise(context: ClaimContext) -> list[Measurement]:
    """A part goes up; a hand, if a level is claimed, to that level."""
    return _measure(context, 1.0)


def measure_lower(context: ClaimContext) -> list[Measurement]:
    """A part goes down; a hand, if a level is claimed, to that level."""
    return _measure(context, -1.0)


def _measure(context: ClaimContext, sign: float) -> list[Measurement]:
    point = claims.find_height_point(context.step.part)
    target = context.step.target
    if point is None or (target and point != "hand") or names_no_level(target):
        return []
    if point == "shoulder":
        return [context.compare(partial(_read_shoulder, sign=sign))]
    read = partial(_read_height, point=point, sign=sign)
    both = ("pelvis", "") if point in ("hand", "elbow") else ("",)
    return [context.compare(partial(read, above=above, against=both)) for above in both]


def _read_height(
    who: ClaimContext, point: str, sign: float, above: str, against: tuple[str, ...]
) -> Measurement:
    """A height above the pelvis or the floor (empty), and ``against`` what else it is judged."""
    heights = {name: sign * who.body.height(who.named(point), name) for name in against}
    level = check_level(who, _find_end) if point == "hand" else None

    def where(rise: Rise) -> str:
        if any(goes_back(height, rise) for height in heights.values()):
            return "it goes the other way"
        return level(rise) if level else ""

    return Measurement(ignore_window(heights[above]), LEAST[point], who.flat, where=where)


def _find_end(rise: Rise) -> list[int]:
    """A hand that goes up, or down, is where it is said to be when it is farthest."""
    return [rise.end]


def _read_shoulder(who: ClaimContext, sign: float) -> Measurement:
    signal = sign * measure_shrug(who)
    return Measurement(ignore_window(signal), LEAST["shoulder"], who.flat)


def measure_shrug(who: ClaimContext) -> Array:
    """How high [T] a shoulder is on the trunk: from the middle of it, along it, in statures.

    The vertical will not do: a bow lowers both shoulders, and a lean to the side one of them.

    Args:
        who: Whose shoulder, and of which side.
    """
    body = who.body
    chest, pelvis = body.point("chest"), body.point("pelvis")
    trunk = chest - pelvis
    length = np.linalg.norm(trunk, axis=1, keepdims=True)
    along = trunk / np.where(length > 0, length, np.nan)
    shoulder = body.point(who.named("shoulder")) - (chest + pelvis) / 2
    height: Array = np.sum(shoulder * along, axis=1) / body.stature
    return height
