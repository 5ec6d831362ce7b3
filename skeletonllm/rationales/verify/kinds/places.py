"""Claims of place: a part goes forward, backward or sideways, or swings, seen from the own body.

The own directions are averaged over time: a punch turns the shoulders, and what is ahead of the
person must not turn with them. A hand or an elbow is measured against the pelvis or the chest: a
trunk that leans may carry it along, or make room for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array, smooth
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Measurement,
    follow_its_way,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.levels import check_level, names_no_level
from skeletonllm.rationales.verify.evidence.stretches import goes_back
from skeletonllm.rationales.verify.intervals import Rise

LEAST = {"hand": 0.09, "elbow": 0.07, "foot": 0.07, "head": 0.05}
"""Smallest way, in statures: 15 cm of a hand; less is what swaying and turning make of a hand that
hangs."""

_THAT_WAY = 0.33
"""Least share of the way from start to end that goes in the claimed direction: who goes 70 degrees
off it goes elsewhere, and a hand that is raised is not brought forward by it."""
_STEADY_S = 0.3
"""Own directions are averaged over this: longer than a stroke twists the shoulders, shorter than a
turn of the body."""
_ANCHORS = {
    "hand": ("pelvis", "chest"),
    "elbow": ("pelvis", "chest"),
    "foot": ("pelvis",),
    "head": ("pelvis",),
}


def measure_forward(context: ClaimContext) -> list[Measurement]:
    """A hand, elbow, foot or the head goes ahead of the body."""
    return _measure(context, "forward")


def measure_backward(context: ClaimContext) -> list[Measurement]:
    """A hand, elbow, foot or the head goes back against the body."""
    return _measure(context, "back")


def measure_sideways(context: ClaimContext) -> list[Measurement]:
    """A hand, elbow or foot goes to the own left or right; without a direction, to either."""
    if claims.find_height_point(context.step.part) == "head":
        return []
    sides = ("left", "right")
    words = [context.step.direction] if context.step.direction else sides
    return [m for word in words if word in sides for m in _measure(context, word)]


def measure_swing(context: ClaimContext) -> list[Measurement]:
    """A hand sweeps against the chest, in the claimed direction or, without one, in any."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []
    axis = context.axis()

    def make(who: ClaimContext) -> Measurement:
        path = (who.body.point(who.named("hand")) - who.body.point("chest")) / who.body.stature
        along = None if axis is None else np.sum(path * axis, axis=1)
        signal = follow_its_way(path * LEVEL) if along is None else ignore_window(along)
        return Measurement(signal, LEAST["hand"], who.flat)

    return [context.compare(make)]


def _measure(context: ClaimContext, word: str) -> list[Measurement]:
    point = claims.find_height_point(context.step.part) or ""
    target = context.step.target
    if point not in LEAST or (target and point != "hand") or names_no_level(target):
        return []
    steady = _find_steady_way(context.body, word)

    def make(who: ClaimContext, anchor: str) -> Measurement:
        place, size = who.body.point(who.named(point)), who.body.stature
        paths = {name: (place - who.body.point(name)) / size for name in _ANCHORS[point]}
        ways = {name: np.sum(path * steady, axis=1) for name, path in paths.items()}
        where = _check_way(who, paths[anchor], list(ways.values()), word)
        return Measurement(ignore_window(ways[anchor]), LEAST[point], who.flat, where=where)

    return [context.compare(partial(make, anchor=anchor)) for anchor in _ANCHORS[point]]


def _find_steady_way(body: Body, word: str) -> Array:
    """The own direction of a word over time [T, 3], without its quick changes, of length one."""
    if word in ("forward", "back"):
        steady = body.recall("steady forward", lambda: _steady(body.forward(), body.fps))
    else:
        steady = body.recall("steady right", lambda: _steady(body.right(), body.fps))
    return -steady if word in ("back", "left") else steady


def _steady(axis: Array, fps: float) -> Array:
    mean = smooth(axis, fps, _STEADY_S)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    steady: Array = mean / np.where(length > 0, length, np.nan)
    return steady


def _check_way(
    context: ClaimContext, path: Array, ways: Sequence[Array], word: str
) -> Callable[[Rise], str]:
    """What is wrong with where a rise leads; ``ways``: the same way against each anchor."""
    level = check_level(context, lambda rise: [rise.end])

    def where(rise: Rise) -> str:
        way = float(np.linalg.norm(path[rise.end] - path[rise.start]))
        if rise.amount < _THAT_WAY * way:
            return f"it does not go {word}"
        back = any(goes_back(other, rise) for other in ways)
        return "it goes the other way" if back else level(rise)

    return where
