"""Claims of picking something up: a hand goes down to where things lie, and comes up again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array, finite_quantile
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
COMES_UP, ONE_WAY = 0.15, 0.7
"""It came down by as much before (26 cm), and comes up again by as much; a bow lowers a hand that
hangs by 0.13. One of the two may be this share of it: clips begin half bent, or end so."""
SINKS = 0.12
"""A pelvis that sinks by this meanwhile, in statures (20 cm), and comes up again, stoops as well,
where the sensor, far away or from above, sees no knee that bends: a walker's goes up by 0.03."""
LIFTS, MORE = 0.28, 0.08
"""Of both hands that pick up, each comes up by the first, in statures (48 cm): a hand that hangs
comes up with the body, by 0.14 to 0.27 in NW-UCLA, one that lifts by 0.33 to 0.51. Of two, the one
that comes up by the second more (14 cm) lifts, and the other one hangs."""
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
    both, found = context.step.side == "both", []
    for start, end, low in _find_lows(body, hand):
        up, others = (
            finite_quantile(height[low : low + reach], 1.0) - height[low]
            for height in (hand, other)
        )
        down = finite_quantile(hand[max(0, low - reach) : low + 1], 1.0) - hand[low]
        enough = COMES_UP * (ONE_WAY if max(up, down) >= COMES_UP else 1.0)
        fault = "" if up >= enough else "the hand does not come up"
        fault = fault or ("" if down >= enough else "the hand does not go down")
        if both:
            fault = fault or ("" if up >= LIFTS else "one hand hangs")
        elif hand[low] - other[low] > LOWER_HAND:
            fault = fault or "the other hand reaches lower"
        elif others - up > MORE:
            fault = fault or "the other hand comes up farther"
        fault = fault or ("" if _stoops(body, start, end) else "neither trunk nor knees bend")
        found.append(Episode(start, end, up, fault))
    return found


def _find_lows(body: Body, hand: Array) -> list[tuple[int, int, int]]:
    """First and last frame of each time a hand is down, and the frame of its lowest.

    It is down where things lie, and as long as it is not yet up by :data:`COMES_UP`: a hand that
    only just gets to the knees is there for a moment, but picks up for longer.
    """
    knees, feet = (
        np.array([body.height(f"{side}_{joint}", "") for side in ("left", "right")])
        for joint in ("knee", "foot")
    )
    near, low_down = hand - knees.mean(axis=0), hand - feet.min(axis=0)
    there = (np.nan_to_num(near, nan=1.0) < NEAR_KNEES) | (np.nan_to_num(low_down, nan=1.0) < LOW)
    found: list[tuple[int, int, int]] = []
    for start, end in find_masked(there):
        low = start + int(np.nanargmin(hand[start : end + 1]))
        if found and low <= found[-1][1]:
            continue  # it did not come up in between
        down = there | (np.nan_to_num(hand, nan=np.inf) <= hand[low] + COMES_UP)
        around = next((a, b) for a, b in find_masked(down) if a <= low <= b)
        found.append((*around, low))
    return found


def _stoops(body: Body, start: int, end: int) -> bool:
    inside = slice(start, end + 1)
    knees = np.maximum(body.angle("knee", "left"), body.angle("knee", "right"))[inside]
    leans = finite_quantile(body.lean()[inside], 1.0) > LEANS
    bends = finite_quantile(knees, 0.0) < 180.0 - KNEES
    return bool(leans or bends or _sinks_and_rises(body, start, end))


def _sinks_and_rises(body: Body, start: int, end: int) -> bool:
    around, pelvis = round(0.5 * body.fps), body.height("pelvis", above="")
    low = start + int(np.argmin(np.nan_to_num(pelvis[start : end + 1], nan=np.inf)))
    before = finite_quantile(pelvis[max(0, start - around) : low + 1], 1.0)
    after = finite_quantile(pelvis[low : end + around + 1], 1.0)
    return bool(min(before, after) - pelvis[low] >= SINKS)
