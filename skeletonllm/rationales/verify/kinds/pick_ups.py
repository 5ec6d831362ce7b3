"""Claims of picking something up: a hand goes down to where things lie, and comes up again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics.signals import Body, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes, switch_side
from skeletonllm.rationales.verify.evidence.stretches import find_masked
from skeletonllm.rationales.verify.intervals import Interval

LEANS, KNEES = 20.0, 50.0
"""Least lean of the trunk, or bend of both knees, of who picks something up, in degrees."""
NEAR_KNEES = 0.15
"""A wrist picks up from no higher than this above the knees, in statures: fingers reach 0.11 beyond
it, and the sensor is 0.04 off where a body is bent; a wrist that hangs is 0.2 above them. Or:"""
LOW = 0.36
"""no higher than this above the ankles: the fingers are at the height of a standing knee then."""
LOWER_HAND = 0.04
"""Of two hands that get down there, the one that is lower by this, in statures (7 cm), picks up;
the other one hangs."""
COMES_UP = 0.15
"""It came down by as much before (26 cm), and comes up again by as much; a bow lowers a hand that
hangs by 0.13."""
AROUND_S = 2.5
"""Within this time: who sits down does not come up, who stands up did not go down."""


def measure_pick_up(context: ClaimContext) -> list[Inspection]:
    """The hand goes down to the knees or below and comes up, with the trunk or knees bending."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return _find_pick_ups(who)

    return [inspect_episodes(context, find, ("hand",), "the hand does not get down to the knees")]


def _find_pick_ups(context: ClaimContext) -> list[Episode]:
    """Stretches in which the hand is near the knees or below, with a way up after them."""
    body, reach = context.body, round(AROUND_S * context.body.fps)
    hand, other = (body.height(who.named("hand"), "") for who in (context, switch_side(context)))
    knees = np.minimum(body.height("left_knee", ""), body.height("right_knee", ""))
    found = []
    feet = np.minimum(body.height("left_foot", ""), body.height("right_foot", ""))
    near, low_down = (np.nan_to_num(hand - points, nan=1.0) for points in (knees, feet))
    for start, end in find_masked((near < NEAR_KNEES) | (low_down < LOW)):
        low = start + int(np.nanargmin(hand[start : end + 1]))
        up = finite_quantile(hand[low : low + reach], 1.0) - hand[low]
        down = finite_quantile(hand[max(0, low - reach) : low + 1], 1.0) - hand[low]
        fault = "" if up >= COMES_UP else "the hand does not come up"
        fault = fault or ("" if down >= COMES_UP else "the hand does not go down")
        if context.step.side != "both" and hand[low] - other[low] > LOWER_HAND:
            fault = fault or "the other hand reaches lower"
        fault = fault or ("" if _stoops(body, start, end) else "neither trunk nor knees bend")
        found.append(Episode(start, end, up, fault))
    return found


def _stoops(body: Body, start: int, end: int) -> bool:
    inside = slice(start, end + 1)
    knees = np.maximum(body.angle("knee", "left"), body.angle("knee", "right"))[inside]
    leans = finite_quantile(body.lean()[inside], 1.0) > LEANS
    return bool(leans or finite_quantile(knees, 0.0) < 180.0 - KNEES)
