"""Events: what which part of whom did, from when to when, how far and where to.

An event is a monotone run of one smoothed signal: a height (raise, lower), an angle (bend,
extend), a distance (approach, retreat), a foot on its way (step) or a heading (turn).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from skeletonllm.kinematics.bodies import extract_bodies
from skeletonllm.kinematics.encounters import find_encounters
from skeletonllm.kinematics.monotone_runs import (
    Run,
    find_finite_stretches,
    find_runs,
    find_stretches,
)
from skeletonllm.kinematics.scene import SIDES, Event, Scene, classify_hand_level, name_direction
from skeletonllm.kinematics.signals import finite_quantile
from skeletonllm.motion import Motion

_FLAT_FOOT = 0.10
"""A foot that ends higher than this above its lowest, in statures, kicked and did not step."""
_SWING = 0.25
"""A foot faster than this, in statures a second, is on its way; standing feet of a Kinect jitter
below it."""
_TOUCH = {"head": 0.19, "hand": 0.18}
"""A hand comes to the head or the other hand if the joints get this near, in statures: wrists and
the middle of the head keep a distance when skin touches skin."""


def find_events(motion: Motion, *, scale: float = 1.0) -> tuple[Event, ...]:
    """Everything that measurably happens in a motion, in time order.

    Args:
        motion: Any skeleton, any number of persons.
        scale: Times the smallest change that counts; below 1 for motions of the fingertips, at
            the price of events made of noise.

    Example:
        >>> [(e.start_s, e.side, e.part, e.motion) for e in find_events(wave)]  # doctest: +SKIP
        [(0.4, 'right', 'hand', 'raise'), (0.5, 'right', 'elbow', 'bend')]
    """
    scene = Scene(extract_bodies(motion), motion.fps, motion.metric, scale)
    found: list[Event] = []
    for person, body in enumerate(scene.bodies):
        if np.isfinite(body.stature):
            found += _of_body(scene, person)
    found += find_encounters(scene)
    return sort_events(found)


def sort_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """In order of time; what begins at once, the largest first."""
    return tuple(sorted(events, key=_order))


def _order(event: Event) -> tuple[float, float, int, str, str, str, str]:
    e = event
    return (e.start_s, -e.prominence, e.person, e.motion, e.part, e.side, e.target)


def _of_body(scene: Scene, person: int) -> Iterator[Event]:
    for side in SIDES:
        yield from _hand_heights(scene, person, side)
        yield from _foot_heights(scene, person, side)
        yield from _hinges(scene, person, side)
        yield from _steps(scene, person, side)
        yield from _touches(scene, person, side)
        yield from _swings(scene, person, side)
    yield from _body_heights(scene, person)
    yield from _leans(scene, person)
    yield from _turns(scene, person)


def _hand_heights(scene: Scene, person: int, side: str) -> Iterator[Event]:
    body = scene.bodies[person]
    for run in find_runs(body.height(f"{side}_hand"), scene.least("hand"), scene.fps):
        what = ("raise" if run.change > 0 else "lower", side, "hand")
        up = "up" if run.change > 0 else "down"
        level = classify_hand_level(body, side, run.end)
        yield scene.event(person, what, run, "hand", direction=up, target=level)


def _foot_heights(scene: Scene, person: int, side: str) -> Iterator[Event]:
    body = scene.bodies[person]
    height = body.height(f"{side}_foot", above="")
    for run in find_runs(height - finite_quantile(height, 0.1), scene.least("foot"), scene.fps):
        what = ("raise" if run.change > 0 else "lower", side, "foot")
        up = "up" if run.change > 0 else "down"
        yield scene.event(person, what, run, "foot", direction=up)


def _body_heights(scene: Scene, person: int) -> Iterator[Event]:
    height = scene.bodies[person].height("pelvis", above="")
    for run in find_runs(height - finite_quantile(height, 0.9), scene.least("body"), scene.fps):
        what = ("raise" if run.change > 0 else "lower", "centre", "body")
        up = "up" if run.change > 0 else "down"
        yield scene.event(person, what, run, "body", direction=up)


def _hinges(scene: Scene, person: int, side: str) -> Iterator[Event]:
    for hinge in ("elbow", "knee"):
        angle = scene.bodies[person].angle(hinge, side)
        for run in find_runs(angle, scene.least(hinge), scene.fps):
            what = ("extend" if run.change > 0 else "bend", side, hinge)
            yield scene.event(person, what, run, hinge)


def _leans(scene: Scene, person: int) -> Iterator[Event]:
    body = scene.bodies[person]
    for run in find_runs(body.lean(), scene.least("torso"), scene.fps):
        what = ("bend" if run.change > 0 else "extend", "centre", "torso")
        trunk = body.point("chest") - body.point("pelvis")
        shift = trunk[run.end] - trunk[run.start]
        towards = name_direction(body, shift, run.end if run.change > 0 else run.start)
        yield scene.event(person, what, run, "torso", direction=towards)


def _turns(scene: Scene, person: int) -> Iterator[Event]:
    forward = scene.bodies[person].forward()
    heading = np.degrees(np.arctan2(forward[:, 0], forward[:, 2]))
    for first, last in find_finite_stretches(heading):
        heading[first:last] = np.unwrap(heading[first:last], period=360.0)
    for run in find_runs(heading, scene.least("turn"), scene.fps):
        towards = "left" if run.change > 0 else "right"
        yield scene.event(person, ("turn", "centre", "body"), run, "turn", direction=towards)


def _steps(scene: Scene, person: int, side: str) -> Iterator[Event]:
    """A foot that leaves the floor, travels and comes down again; a kick does not."""
    body = scene.bodies[person]
    path = body.point(f"{side}_foot")
    height = body.height(f"{side}_foot", above="")
    level = path * (1.0, 0.0, 1.0)
    with np.errstate(invalid="ignore"):
        swinging = body.speed(level) > _SWING
    for first, last in find_stretches(swinging):
        end = last - 1
        shift = level[end] - level[first]
        far = float(np.linalg.norm(shift)) / body.stature
        lifted = max(height[first], height[end]) - finite_quantile(height, 0.05)
        if far < scene.least("step") or lifted > _FLAT_FOOT:
            continue
        run, towards = Run(first, end, 0.0, far), name_direction(body, shift, first)
        yield scene.event(person, ("step", side, "foot"), run, "step", direction=towards)


def _swings(scene: Scene, person: int, side: str) -> Iterator[Event]:
    """A hand that goes sideways or ahead, more than up or down, against the chest."""
    body = scene.bodies[person]
    path = (body.point(f"{side}_hand") - body.point("chest")) / body.stature
    ways = ((body.right(), "right", "left"), (body.forward(), "forward", "back"))
    along = [np.sum(path * axis, axis=1) for axis, _, _ in ways]
    for way, (_, ahead, behind) in enumerate(ways):
        for run in find_runs(along[way], scene.least("swing"), scene.fps):
            others = (path[:, 1], along[1 - way])
            aside = np.nan_to_num([other[run.end] - other[run.start] for other in others])
            if np.abs(aside).max() > abs(run.change):
                continue
            towards = ahead if run.change > 0 else behind
            yield scene.event(person, ("swing", side, "hand"), run, "swing", direction=towards)


def _touches(scene: Scene, person: int, side: str) -> Iterator[Event]:
    """A hand that comes to, or leaves, the own head or the other hand."""
    body = scene.bodies[person]
    other = "left_hand" if side == "right" else "right_hand"
    for target, point in (("head", "head"), ("other hand", other)):
        gap = body.distance(f"{side}_hand", point)
        limit = _TOUCH[target.split()[-1]]
        for run in find_runs(gap, scene.least("near"), scene.fps):
            if min(run.before, run.after) > limit:
                continue
            what = ("approach" if run.change < 0 else "retreat", side, "hand")
            yield scene.event(person, what, run, "near", target=target)
