"""Measurements of a claim about one body: heights, angles, steps, swings and turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.kinematics.signals import Array, Body, finite_quantile, smooth
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.distances import measure_distances
from skeletonllm.rationales.verify.intervals import Interval, Rise

LEAST = {
    "hand": 0.05,
    "elbow": 0.04,
    "shoulder": 0.03,
    "foot": 0.03,
    "knee": 0.03,
    "pelvis": 0.03,
    "chest": 0.03,
    "head": 0.03,
    "step": 0.05,
    "swing": 0.05,
}
"""Smallest change a claim of height or distance may rest on, in statures."""
STILL = 0.2
"""A body that holds still stays within this of its usual place, in statures."""
LEAST_DEGREES = {"elbow": 15.0, "knee": 12.0, "hip": 12.0, "torso": 7.0, "turn": 20.0}

_LEVEL_BAND, _LEVEL_BAND_FLAT = 0.2, 0.28
"""Names of heights are vague: a hand this near to a level, in statures, is at it. In a picture,
what is nearer to the camera looks higher or lower."""
_IN_THE_AIR = 0.13
"""Height of an ankle above its lowest, in statures, at which the foot does not stand."""
_STUMBLE_S = 0.1
"""A foot that halts for less than this is still on the same step."""
_EVERYTHING = ("pelvis", "head", "left_hand", "right_hand", "left_foot", "right_foot")
_CENTRAL = ("pelvis", "chest", "head", "torso")


def find_measurements(step: Step, people: Sequence[Body]) -> list[list[Measurement]]:
    """For each side the claim is about, its measurements; empty if the claim cannot be measured.

    Args:
        step: The claim.
        people: One body for each person row of the motion.
    """
    read = _READERS.get(step.motion)
    body = people[step.person]
    if read is None or not np.isfinite(body.stature):
        return []
    others = [other for i, other in enumerate(people) if i != step.person]
    found = [read(ClaimContext(step, body, others, side)) for side in _sides(step)]
    return [measurements for measurements in found if measurements]


def _sides(step: Step) -> tuple[str, ...]:
    point = claims.find_hinge(step.part) if step.motion in ("bend", "extend") else None
    point = point or claims.find_height_point(step.part)
    if point in _CENTRAL or step.motion == "turn":
        return ("",)
    return (step.side,) if step.side in ("left", "right") else ("left", "right")


def _heights(context: ClaimContext) -> list[Measurement]:
    point = claims.find_height_point(context.step.part)
    if point is None:
        return []
    sign = 1.0 if context.step.motion == "raise" else -1.0

    def measurement(above: str) -> Measurement:
        def make(who: ClaimContext) -> Measurement:
            signal = sign * who.body.height(who.named(point), above)
            where = _reaches_level(who) if point == "hand" else None
            return Measurement(ignore_window(signal), LEAST[point], who.flat, where=where)

        return context.compare(make)

    return [
        measurement(above) for above in (("pelvis", "") if point in ("hand", "elbow") else ("",))
    ]


def _reaches_level(context: ClaimContext) -> Callable[[Rise], str] | None:
    claimed, body = claims.find_level(context.step.target), context.body
    if claimed is None:
        return None
    band = _LEVEL_BAND_FLAT if context.flat else _LEVEL_BAND

    def where(rise: Rise) -> str:
        hand = body.point(context.named("hand"))[rise.end, 1]
        gaps = np.abs(measure_level_heights(body, rise.end) - hand) / body.stature
        if not np.isfinite(gaps[claimed]) or gaps[claimed] < band:
            return ""
        reached = int(np.nanargmin(gaps))
        return "" if reached == claimed else f"it reaches {LEVELS[reached]} level"

    return where


def _angles(context: ClaimContext) -> list[Measurement]:
    hinge, body = claims.find_hinge(context.step.part), context.body
    if hinge is None:
        return []
    sign = 1.0 if context.step.motion == "extend" else -1.0
    if hinge == "torso":
        where = _goes_that_way(context, body.point("chest") - body.point("pelvis"))
        signal = ignore_window(-sign * body.lean())
        return [Measurement(signal, LEAST_DEGREES["torso"], context.flat, where=where)]

    def make(who: ClaimContext) -> Measurement:
        return Measurement(
            ignore_window(sign * body.angle(hinge, who.side)), LEAST_DEGREES[hinge], who.flat
        )

    return [context.compare(make)]


def _goes_that_way(context: ClaimContext, path: Array) -> Callable[[Rise], str] | None:
    axis = context.axis()
    if axis is None:
        return None

    def where(rise: Rise) -> str:
        along = float((path[rise.end] - path[rise.start]) @ axis[rise.start])
        return f"it does not go {context.step.direction}" if along < 0 else ""

    return where


def _steps(context: ClaimContext) -> list[Measurement]:
    def make(who: ClaimContext) -> Measurement:
        path = who.body.point(who.named("foot")) * LEVEL
        signal = _along_its_way(path / who.body.stature)
        where = _lands(who, _goes_that_way(who, path))
        return Measurement(signal, LEAST["step"], who.flat, where=where, times=_strides(who))

    return [context.compare(make)]


def _lands(context: ClaimContext, otherwise: Callable[[Rise], str] | None) -> Callable[[Rise], str]:
    """A step starts and ends on the floor; a foot that travels in the air kicks."""
    height = context.body.height(context.named("foot"), above="")
    floor = finite_quantile(height, 0.05)

    def where(rise: Rise) -> str:
        if max(height[rise.start], height[rise.end]) - floor > _IN_THE_AIR:
            return "that foot is in the air"
        return otherwise(rise) if otherwise else ""

    return where


def _strides(context: ClaimContext) -> Callable[[Interval], int]:
    """How often a foot, of either side if both are claimed, sets off in an interval."""
    body, step = context.body, context.step
    sides = ("left", "right") if step.side == "both" else (context.side,)
    paths = [body.point(f"{side}_foot") * LEVEL / body.stature for side in sides]
    return lambda interval: sum(_set_off(path, body.fps, interval) for path in paths)


def _set_off(path: Array, fps: float, interval: Interval) -> int:
    """How often a path gets under way and covers the ground of a step before it rests."""
    inside = path[interval.first : interval.last + 1]
    if len(inside) < 2:
        return 0
    ways = smooth(np.linalg.norm(np.diff(inside, axis=0), axis=1), fps, _STUMBLE_S)
    moving = np.nan_to_num(ways) > 0.35 * finite_quantile(ways, 0.95)
    changes = np.flatnonzero(np.diff(np.concatenate(([False], moving, [False])).astype(int)))
    trips = [ways[a:b] for a, b in changes.reshape(-1, 2)]
    return sum(float(np.nansum(trip)) > 2 * LEAST["step"] for trip in trips)


def _swings(context: ClaimContext) -> list[Measurement]:
    """A hand against the chest, in the claimed direction or, without one, in any."""
    if claims.find_height_point(context.step.part) != "hand":
        return []
    axis = context.axis()

    def make(who: ClaimContext) -> Measurement:
        path = (who.body.point(who.named("hand")) - who.body.point("chest")) / who.body.stature
        along = None if axis is None else np.sum(path * axis, axis=1)
        signal = _along_its_way(path * LEVEL) if along is None else ignore_window(along)
        return Measurement(signal, LEAST["swing"], who.flat)

    return [context.compare(make)]


def _along_its_way(path: Array) -> Callable[[Interval], Array]:
    """Progress [T] in the direction in which the path gets farthest inside the interval."""

    def signal(interval: Interval) -> Array:
        inside = path[interval.first : interval.last + 1]
        seen = inside[np.isfinite(inside).all(axis=1)]
        if not len(seen):
            return np.full(len(path), np.nan)
        shift = seen[int(np.argmax(np.linalg.norm(seen - seen[0], axis=1)))] - seen[0]
        along: Array = path @ (shift / max(float(np.linalg.norm(shift)), 1e-12))
        return along

    return signal


def _turns(context: ClaimContext) -> list[Measurement]:
    forward = context.body.forward()
    heading = np.degrees(np.arctan2(forward[:, 0], forward[:, 2]))
    seen = np.isfinite(heading)
    heading[seen] = np.unwrap(heading[seen], period=360.0)
    signs = {"left": (1.0,), "right": (-1.0,)}.get(context.step.direction, (1.0, -1.0))
    return [
        Measurement(ignore_window(s * heading), LEAST_DEGREES["turn"], context.flat) for s in signs
    ]


def measure_extent(step: Step, body: Body, interval: Interval) -> float:
    """How far, in statures, the claimed part (or all of the body) gets from its usual place.

    Args:
        step: A claim of rest.
        body: Whose part.
        interval: When it is said to rest.
    """
    point = claims.find_height_point(step.part)
    whole = step.part in ("body", "whole body") or point is None
    names = _EVERYTHING if whole else [f"{s}_{point}" if s else str(point) for s in _sides(step)]
    paths = [body.point(name)[interval.first : interval.last + 1] for name in names]
    usual = [[finite_quantile(path[:, axis]) for axis in range(3)] for path in paths]
    gaps = [np.linalg.norm(p - u, axis=1) for p, u in zip(paths, usual, strict=True)]
    return (
        finite_quantile(np.array([finite_quantile(gap, 0.9) for gap in gaps]), 1.0) / body.stature
    )


_READERS: dict[str, Callable[[ClaimContext], list[Measurement]]] = {
    "raise": _heights,
    "lower": _heights,
    "bend": _angles,
    "extend": _angles,
    "approach": measure_distances,
    "retreat": measure_distances,
    "step": _steps,
    "turn": _turns,
    "swing": _swings,
}
