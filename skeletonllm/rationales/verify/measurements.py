"""Readings of a claim about one body: heights, angles, steps, swings and turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.scene import LEVELS, level_heights
from skeletonllm.kinematics.signals import Array, Body, smooth, typical
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.distances import nearness
from skeletonllm.rationales.verify.intervals import Rise, Window
from skeletonllm.rationales.verify.measure import LEVEL, About, Measure, fixed

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


def measures(step: Step, people: Sequence[Body]) -> list[list[Measure]]:
    """For each side the claim is about, its readings; empty if the claim cannot be measured."""
    read = _READERS.get(step.motion)
    body = people[step.person]
    if read is None or not np.isfinite(body.stature):
        return []
    others = [other for i, other in enumerate(people) if i != step.person]
    found = [read(About(step, body, others, side)) for side in _sides(step)]
    return [readings for readings in found if readings]


def _sides(step: Step) -> tuple[str, ...]:
    point = claims.hinge(step.part) if step.motion in ("bend", "extend") else None
    point = point or claims.height_point(step.part)
    if point in _CENTRAL or step.motion == "turn":
        return ("",)
    return (step.side,) if step.side in ("left", "right") else ("left", "right")


def _heights(about: About) -> list[Measure]:
    point = claims.height_point(about.step.part)
    if point is None:
        return []
    sign = 1.0 if about.step.motion == "raise" else -1.0

    def reading(above: str) -> Measure:
        def make(who: About) -> Measure:
            signal = sign * who.body.height(who.named(point), above)
            where = _reaches_level(who) if point == "hand" else None
            return Measure(fixed(signal), LEAST[point], who.flat, where=where)

        return about.compare(make)

    return [reading(above) for above in (("pelvis", "") if point in ("hand", "elbow") else ("",))]


def _reaches_level(about: About) -> Callable[[Rise], str] | None:
    claimed, body = claims.level(about.step.target), about.body
    if claimed is None:
        return None
    band = _LEVEL_BAND_FLAT if about.flat else _LEVEL_BAND

    def where(rise: Rise) -> str:
        hand = body.point(about.named("hand"))[rise.end, 1]
        gaps = np.abs(level_heights(body, rise.end) - hand) / body.stature
        if not np.isfinite(gaps[claimed]) or gaps[claimed] < band:
            return ""
        reached = int(np.nanargmin(gaps))
        return "" if reached == claimed else f"it reaches {LEVELS[reached]} level"

    return where


def _angles(about: About) -> list[Measure]:
    hinge, body = claims.hinge(about.step.part), about.body
    if hinge is None:
        return []
    sign = 1.0 if about.step.motion == "extend" else -1.0
    if hinge == "torso":
        where = _goes_that_way(about, body.point("chest") - body.point("pelvis"))
        signal = fixed(-sign * body.lean())
        return [Measure(signal, LEAST_DEGREES["torso"], about.flat, where=where)]

    def make(who: About) -> Measure:
        return Measure(fixed(sign * body.angle(hinge, who.side)), LEAST_DEGREES[hinge], who.flat)

    return [about.compare(make)]


def _goes_that_way(about: About, path: Array) -> Callable[[Rise], str] | None:
    axis = about.axis()
    if axis is None:
        return None

    def where(rise: Rise) -> str:
        along = float((path[rise.end] - path[rise.start]) @ axis[rise.start])
        return f"it does not go {about.step.direction}" if along < 0 else ""

    return where


def _steps(about: About) -> list[Measure]:
    def make(who: About) -> Measure:
        path = who.body.point(who.named("foot")) * LEVEL
        signal = _along_its_way(path / who.body.stature)
        where = _lands(who, _goes_that_way(who, path))
        return Measure(signal, LEAST["step"], who.flat, where=where, times=_strides(who))

    return [about.compare(make)]


def _lands(about: About, otherwise: Callable[[Rise], str] | None) -> Callable[[Rise], str]:
    """A step starts and ends on the floor; a foot that travels in the air kicks."""
    height = about.body.height(about.named("foot"), above="")
    floor = typical(height, 0.05)

    def where(rise: Rise) -> str:
        if max(height[rise.start], height[rise.end]) - floor > _IN_THE_AIR:
            return "that foot is in the air"
        return otherwise(rise) if otherwise else ""

    return where


def _strides(about: About) -> Callable[[Window], int]:
    """How often a foot, of either side if both are claimed, sets off in a window."""
    body, step = about.body, about.step
    sides = ("left", "right") if step.side == "both" else (about.side,)
    paths = [body.point(f"{side}_foot") * LEVEL / body.stature for side in sides]
    return lambda window: sum(_set_off(path, body.fps, window) for path in paths)


def _set_off(path: Array, fps: float, window: Window) -> int:
    """How often a path gets under way and covers the ground of a step before it rests."""
    inside = path[window.first : window.last + 1]
    if len(inside) < 2:
        return 0
    ways = smooth(np.linalg.norm(np.diff(inside, axis=0), axis=1), fps, _STUMBLE_S)
    moving = np.nan_to_num(ways) > 0.35 * typical(ways, 0.95)
    changes = np.flatnonzero(np.diff(np.concatenate(([False], moving, [False])).astype(int)))
    trips = [ways[a:b] for a, b in changes.reshape(-1, 2)]
    return sum(float(np.nansum(trip)) > 2 * LEAST["step"] for trip in trips)


def _swings(about: About) -> list[Measure]:
    """A hand against the chest, in the claimed direction or, without one, in any."""
    if claims.height_point(about.step.part) != "hand":
        return []
    axis = about.axis()

    def make(who: About) -> Measure:
        path = (who.body.point(who.named("hand")) - who.body.point("chest")) / who.body.stature
        along = None if axis is None else np.sum(path * axis, axis=1)
        signal = _along_its_way(path * LEVEL) if along is None else fixed(along)
        return Measure(signal, LEAST["swing"], who.flat)

    return [about.compare(make)]


def _along_its_way(path: Array) -> Callable[[Window], Array]:
    """Progress [T] in the direction in which the path gets farthest inside the window."""

    def signal(window: Window) -> Array:
        inside = path[window.first : window.last + 1]
        seen = inside[np.isfinite(inside).all(axis=1)]
        if not len(seen):
            return np.full(len(path), np.nan)
        shift = seen[int(np.argmax(np.linalg.norm(seen - seen[0], axis=1)))] - seen[0]
        along: Array = path @ (shift / max(float(np.linalg.norm(shift)), 1e-12))
        return along

    return signal


def _turns(about: About) -> list[Measure]:
    forward = about.body.forward()
    heading = np.degrees(np.arctan2(forward[:, 0], forward[:, 2]))
    seen = np.isfinite(heading)
    heading[seen] = np.unwrap(heading[seen], period=360.0)
    signs = {"left": (1.0,), "right": (-1.0,)}.get(about.step.direction, (1.0, -1.0))
    return [Measure(fixed(s * heading), LEAST_DEGREES["turn"], about.flat) for s in signs]


def reach(step: Step, body: Body, window: Window) -> float:
    """How far, in statures, the claimed part (or all of the body) gets from its usual place."""
    point = claims.height_point(step.part)
    whole = step.part in ("body", "whole body") or point is None
    names = _EVERYTHING if whole else [f"{s}_{point}" if s else str(point) for s in _sides(step)]
    paths = [body.point(name)[window.first : window.last + 1] for name in names]
    usual = [[typical(path[:, axis]) for axis in range(3)] for path in paths]
    gaps = [np.linalg.norm(p - u, axis=1) for p, u in zip(paths, usual, strict=True)]
    return typical(np.array([typical(gap, 0.9) for gap in gaps]), 1.0) / body.stature


_READERS: dict[str, Callable[[About], list[Measure]]] = {
    "raise": _heights,
    "lower": _heights,
    "bend": _angles,
    "extend": _angles,
    "approach": nearness,
    "retreat": nearness,
    "step": _steps,
    "turn": _turns,
    "swing": _swings,
}
