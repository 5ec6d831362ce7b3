"""Strokes of a hand: pushed out, pulled in, thrown.

A push makes the arm longer: the hand goes away from its shoulder because the elbow opens. An arm
that is raised, or let down, opens the elbow too; its hand goes round the shoulder and not away.
A throw is a quick stroke of the whole arm after the hand was drawn back or up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.own_paths import (
    AHEAD,
    measure_own_path,
    measure_shift,
    name_way,
)
from skeletonllm.kinematics.detectors.windows import find_stance, merge_sides, widen
from skeletonllm.kinematics.monotone_runs import Run, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene, classify_hand_level
from skeletonllm.kinematics.signals import Array

_RADIAL = 0.33
"""Share of the way of a pushed hand that goes away from the shoulder, not round it: what is pushed
up from the chest passes the shoulder first. A hand that is raised or let down has 0.1 to 0.3."""
_TURNS = 0.03
"""A hand that comes back to its shoulder by this, in statures, begins another stroke: two to three
times what the sensor makes of it."""
_OPENS = 25.0
"""Degrees the elbow opens in a push, or closes in a pull."""
_PACE = 0.35
"""Statures a second (0.6 m/s) that a push or pull has at its quickest: slower is reaching."""
_IN_FRONT = 0.10
"""A hand is pulled from this far before its shoulder, in statures."""
_NEXT_S = 1.0
"""Strokes of one hand in one direction with a shorter time between them are told as one, with
their number."""
_AROUND_S = 0.07
"""The hand is on its way a moment before it leaves its shoulder, and after."""


def find_pushes(scene: Scene, person: int) -> Iterator[Event]:
    """Pushes of one or both hands, with direction and the level where they end.

    Args:
        scene: All persons of a motion.
        person: Row of the one who pushes.
    """
    found = [event for side in SIDES for event in _reaches(scene, person, side, pushes=True)]
    yield from _count(merge_sides(found))


def find_pulls(scene: Scene, person: int) -> Iterator[Event]:
    """Pulls of one or both hands: from in front in to the body.

    Args:
        scene: All persons of a motion.
        person: Row of the one who pulls.
    """
    found = [event for side in SIDES for event in _reaches(scene, person, side, pushes=False)]
    yield from _count(merge_sides(found))


def _reaches(scene: Scene, person: int, side: str, *, pushes: bool) -> Iterator[Event]:
    body = scene.bodies[person]
    path = measure_own_path(body, f"{side}_hand", f"{side}_shoulder")
    reach = body.distance(f"{side}_hand", f"{side}_shoulder")
    for run in find_runs(reach, _TURNS * scene.scale, scene.fps):
        out = run.change if pushes else -run.change
        if out < scene.least("push") or not _is_stroke(body, side, path, run):
            continue
        whole = widen(body, run, _AROUND_S)
        # A push goes where the arm points in the end; a pull comes from where it pointed.
        if pushes and (towards := _find_aim(body, side, run)) not in ("down", "back"):
            level = classify_hand_level(body, side, whole.end)
            what = ("push", side, "hand")
            yield scene.event(person, what, whole, "push", direction=towards, target=level)
        elif not pushes and _comes_in(path, run):
            yield scene.event(person, ("pull", side, "hand"), whole, "push")


def _comes_in(path: Array, run: Run) -> bool:
    """Whether a hand comes back from in front."""
    return path[run.start, AHEAD] >= _IN_FRONT and name_way(measure_shift(path, run)) == "back"


def _find_aim(body: Body, side: str, run: Run) -> str:
    """Where the arm goes in a push and points at its end, as its owner stood before."""
    arm = body.point(f"{side}_hand") - body.point(f"{side}_shoulder")
    ways = arm[run.end], arm[run.end] - arm[run.start]
    aim = sum(way / max(float(np.linalg.norm(way)), 1e-9) for way in ways)
    return name_way(find_stance(body, run.start) @ aim)


def _is_stroke(body: Body, side: str, path: Array, run: Run) -> bool:
    """Whether the hand goes out or in by the elbow, straight and not slowly."""
    here = slice(run.start, run.end + 1)
    steps = np.nan_to_num(np.diff(path[here], axis=0))
    ways = np.linalg.norm(steps, axis=1)
    elbow = body.angle("elbow", side)
    opens = (elbow[run.end] - elbow[run.start]) * np.sign(run.change)
    quick = ways.max(initial=0.0) * body.fps >= _PACE
    return bool(opens >= _OPENS and quick and abs(run.change) >= _RADIAL * ways.sum())


def _count(found: list[Event]) -> list[Event]:
    """Strokes of one hand in one direction that follow each other become one with a count."""
    out: list[Event] = []
    for event in found:
        last = next((e for e in reversed(out) if e.side == event.side), None)
        alike = last is not None and last.direction == event.direction
        if last is None or not alike or event.start_s - last.end_s > _NEXT_S:
            out.append(event)
            continue
        size = max(last.amount, event.amount), max(last.prominence, event.prominence)
        whole = replace(last, end_s=event.end_s, amount=size[0], prominence=size[1])
        out[out.index(last)] = replace(whole, count=last.count + 1)
    return out
