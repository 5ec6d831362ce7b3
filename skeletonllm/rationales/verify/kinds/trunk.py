"""Claims about the trunk: it leans, comes upright again, or the shoulders turn against the hips.

A lean is the angle between the line from pelvis to chest and the vertical; with a direction, the
angle in the plane of that direction, and only what goes beyond upright (which is the vertical, or
the usual posture where that is tilted): who comes back from a lean
to the left does not lean to the right.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.stretches import goes_back
from skeletonllm.rationales.verify.intervals import Rise

LEAN, STRAIGHTEN = 10.0, 10.0
"""Smallest change of the tilt, in degrees: steps, arms that are raised and the sensor make five."""
TWIST = 20.0
"""Smallest turn of the shoulders against the hips, in degrees: arms that swing in a walk make
about ten."""
TURN = 25.0
"""Smallest turn of the shoulders over feet that stay, in degrees: hips included, more is free."""

_THAT_WAY = 0.6
"""A lean in the claimed direction must be this share of the lean across it: a bow that wobbles is
no lean to the left."""
_POSTURE, _ERECT = 10.0, 15.0
"""Nobody stands more crooked than this, in degrees, sensor included; and a trunk that is tilted by
less than this counts as erect. What is beyond the usual erect posture is a lean."""
_UPRIGHT, _BACK = 20.0, 0.5
"""Upright is less than this many degrees (people stand with up to ten, and sensors add some), or,
from a deep bow, less than this share of where it started."""
_MOST = 110.0
"""No spine turns farther, in degrees: it is a sensor that took the left side for the right."""
_FEET_STAY = 0.1
"""Farthest a foot may go, in statures, while the trunk twists: with more, the body turns."""
_ACROSS = 0.06
"""A line of the shoulders or the hips that looks shorter than this, in statures, has no heading."""


def measure_lean(context: ClaimContext) -> list[Measurement]:
    """The trunk tilts away from the vertical, in the claimed direction or, without one, in any."""
    body, axis = context.body, context.axis()
    if context.step.target or context.step.direction in ("up", "clockwise", "counterclockwise"):
        return []
    if axis is None:
        return [Measurement(ignore_window(body.lean()), LEAN, context.flat)]
    tilt = _measure_tilt(body, axis)
    signal = ignore_window(np.maximum(tilt, _find_posture(body, tilt)))
    where = _leans_that_way(context)
    return [Measurement(signal, LEAN, context.flat, where=where)]


def measure_straighten(context: ClaimContext) -> list[Measurement]:
    """The trunk comes back to the vertical."""
    lean = context.body.lean()
    if context.step.target:
        return []

    def where(rise: Rise) -> str:
        upright = lean[rise.end] < max(_UPRIGHT, _BACK * lean[rise.start])
        return "" if upright else "it stays bent"

    return [Measurement(ignore_window(-lean), STRAIGHTEN, context.flat, where=where)]


def measure_twist(context: ClaimContext) -> list[Measurement]:
    """The shoulders turn against the hips or, where the hips go along, over feet that stay."""
    signs = {"left": (1.0,), "right": (-1.0,), "": (1.0, -1.0)}.get(context.step.direction, ())
    if context.step.target or context.flat:
        return []
    shoulders = _measure_heading(context.body, "shoulder")
    hips = _measure_heading(context.body, "hip")
    turns = _unwrap(shoulders - hips), _unwrap(shoulders)
    return [m for sign in signs for m in _read_twist(context, sign * turns[0], sign * turns[1])]


def _read_twist(context: ClaimContext, over_hips: Array, over_feet: Array) -> list[Measurement]:
    """Both ways to see it; where one goes far back, it was the hips that turned."""
    feet = [context.body.point(f"{side}_foot") * LEVEL for side in ("left", "right")]

    def judge(rise: Rise) -> str:
        if goes_back(over_hips, rise) or goes_back(over_feet, rise):
            return "it goes the other way"
        return "no spine turns that far" if rise.amount > _MOST else ""

    def judge_feet(rise: Rise) -> str:
        ways = [float(np.linalg.norm(foot[rise.end] - foot[rise.start])) for foot in feet]
        stay = max(ways) < _FEET_STAY * context.body.stature
        return judge(rise) if stay else "the feet turn with it"

    return [
        Measurement(ignore_window(over_hips), TWIST, context.flat, where=judge),
        Measurement(ignore_window(over_feet), TURN, context.flat, where=judge_feet),
    ]


def _measure_tilt(body: Body, axis: Array) -> Array:
    """Angle [T] in degrees of the trunk from the vertical towards a level direction."""
    trunk = body.point("chest") - body.point("pelvis")
    tilt: Array = np.degrees(np.arctan2(np.sum(trunk * axis, axis=1), trunk[:, 1]))
    return tilt


def _find_posture(body: Body, tilt: Array) -> float:
    """How far the trunk is tilted that way where it is erect; never less than the vertical."""
    erect = tilt[body.lean() < _ERECT]
    return float(np.clip(np.nan_to_num(finite_quantile(erect)), 0.0, _POSTURE))


def _leans_that_way(context: ClaimContext) -> Callable[[Rise], str]:
    body, word = context.body, context.step.direction
    sideways = word in ("left", "right")
    across = _measure_tilt(body, body.forward() if sideways else body.right())

    def where(rise: Rise) -> str:
        other = abs(across[rise.end] - across[rise.start])
        return f"it does not lean {word}" if rise.amount < _THAT_WAY * other else ""

    return where


def _measure_heading(body: Body, pair: str) -> Array:
    """Direction [T] in degrees of the line of the shoulders or hips, seen from above.

    It grows as the person turns to the own left.
    """
    line = (body.point(f"right_{pair}") - body.point(f"left_{pair}")) * LEVEL
    seen = np.linalg.norm(line, axis=1) > _ACROSS * body.stature
    heading: Array = np.where(seen, np.degrees(np.arctan2(-line[:, 2], line[:, 0])), np.nan)
    return heading


def _unwrap(degrees: Array) -> Array:
    """The same angles without jumps of a whole turn."""
    found, seen = degrees.copy(), np.isfinite(degrees)
    found[seen] = np.unwrap(degrees[seen], period=360.0)
    return found
