"""Claims of strokes: a hand pushes or pulls, a foot kicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.signals import UP, Array, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Inspection,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.evidence.levels import find_level_fault
from skeletonllm.rationales.verify.evidence.own_paths import find_steady_axes
from skeletonllm.rationales.verify.evidence.stretches import find_masked
from skeletonllm.rationales.verify.intervals import Interval, Rise, find_largest_rise

ALONG = 0.6
"""Least share of a stroke's way that goes in the claimed direction (within 53 degrees)."""
REACH_ALONG = 0.5
"""The same of a push or pull (within 60 degrees): the shoulder goes along, and turns."""
KICK_OUT = 0.15
"""Least way of a kicking foot from the pelvis, in statures (26 cm)."""
KICK_UP = 0.06
"""Least height of it above where the foot stood, at its farthest, in statures (10 cm): the foot
of a walker is on the floor where it is farthest ahead."""
KICK_PACE = 0.9
"""Least top speed of it against the pelvis, in statures a second (1.5 m/s)."""
STANDS = 0.5
"""The other foot stays: it goes less than this share of the way."""
PUSH, PULL = 0.1, 0.1
"""Least way of the hand from or to the shoulder, in statures (17 cm): half of a forearm."""
LEAST_BY_ELBOW = 0.08
"""What of it is done while the elbow extends or bends, in statures: before, the hand is brought to
where it starts."""
ELBOW = 25.0
"""Least stretch or bend of the elbow in it, in degrees: without it the arm swings."""
AHEAD = 0.1
"""A pull starts, and a push ends, at least this far out from the shoulder, in statures."""


def measure_push(context: ClaimContext) -> list[Measurement]:
    """The hand goes out from the shoulder because the elbow extends."""
    return _measure_reach(context, 1.0, PUSH)


def measure_pull(context: ClaimContext) -> list[Measurement]:
    """The hand comes in to the shoulder because the elbow bends."""
    return _measure_reach(context, -1.0, PULL)


def measure_kick(context: ClaimContext) -> list[Inspection]:
    """The foot flies out from the standing leg."""
    if not context.side:
        return []

    def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
        return _find_kicks(who, interval)

    return [inspect_episodes(context, find, ("foot",), "the foot does not fly out")]


def _find_axis(context: ClaimContext) -> Array | None:
    """The claimed direction [T, 3], up and down included; None without one."""
    if context.step.direction in ("up", "down"):
        sign = 1.0 if context.step.direction == "up" else -1.0
        return np.broadcast_to(sign * UP, (len(context.body.joints), 3))
    return context.axis()


def _measure_reach(context: ClaimContext, sign: float, least: float) -> list[Measurement]:
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []

    def make(who: ClaimContext) -> Measurement:
        reach = who.body.point(who.named("hand")) - who.body.point(who.named("shoulder"))
        axis = _find_axis(who)
        if axis is None and sign < 0:
            axis = who.body.forward()
        along = np.linalg.norm(reach, axis=1) if axis is None else np.sum(reach * axis, axis=1)
        out = along / who.body.stature
        return Measurement(
            ignore_window(sign * out), least, who.flat, where=_check_reach(who, sign, out, reach)
        )

    return [context.compare(make)]


def _check_reach(
    context: ClaimContext, sign: float, out: Array, reach: Array
) -> Callable[[Rise], str]:
    """The elbow does it, and far out is where a push ends and a pull starts."""
    elbow = sign * context.body.angle("elbow", context.side)
    directed = sign < 0 or context.step.direction != ""

    def where(rise: Rise) -> str:
        part = find_largest_rise(elbow, Interval(rise.start, rise.end))
        start = part.start if np.isfinite(out[part.start]) and part.amount >= ELBOW else rise.start
        if not context.flat and part.amount < ELBOW:
            return "the elbow does not extend" if sign > 0 else "the elbow does not bend"
        if out[rise.end if sign > 0 else start] < AHEAD:
            return "the hand is not out from the body"
        way = sign * float(out[rise.end] - out[start])
        whole = float(np.linalg.norm(reach[rise.end] - reach[start])) / context.body.stature
        if way < LEAST_BY_ELBOW or (directed and way < REACH_ALONG * whole):
            return f"it does not go {context.step.direction or 'in'}"
        return find_level_fault(context, rise.end, rise.end) if context.step.target else ""

    return where


def _find_kicks(context: ClaimContext, interval: Interval) -> list[Episode]:
    """Outward runs of the foot against the pelvis, level, that end in the air."""
    body, axes = context.body, find_steady_axes(context.body, interval)
    foot = body.point(context.named("foot"))
    path = (foot - body.point("pelvis")) @ np.nan_to_num(axes).T / body.stature
    height = foot[:, 1] / body.stature
    floor = finite_quantile(height, 0.1)
    found = []
    for start, end in find_masked(np.nan_to_num(height - floor) > KICK_UP / 2):
        rest = np.array([finite_quantile(path[:, axis]) for axis in range(3)])
        level = np.linalg.norm((path - rest)[:, [0, 2]], axis=1)
        top = start + int(np.argmax(np.nan_to_num(level[start : end + 1])))
        shift = (path[top] - rest) * LEVEL
        out = float(np.linalg.norm(shift))
        if out < KICK_OUT or height[top] - floor < KICK_UP:
            continue
        fault = _find_kick_fault(context, shift, (start, end))
        found.append(Episode(start, end, out, fault))
    return found


def _find_kick_fault(context: ClaimContext, shift: Array, frames: tuple[int, int]) -> str:
    """What is wrong with a foot in the air as a kick: its pace, its direction, the other foot."""
    body, (start, end) = context.body, frames
    inside = slice(max(0, start - 2), end + 3)
    path = body.point(context.named("foot")) - body.point("pelvis")
    if finite_quantile(body.speed(path)[inside], 1.0) < KICK_PACE:
        return "the foot is not fast"
    other = "left" if context.side == "right" else "right"
    stands = body.point(f"{other}_foot")[inside] * LEVEL / body.stature
    if np.linalg.norm(stands[-1] - stands[0]) > STANDS * float(np.linalg.norm(shift)):
        return "the other foot goes along"
    wanted = {"forward": (0, 0, 1), "back": (0, 0, -1), "right": (1, 0, 0), "left": (-1, 0, 0)}
    axis = wanted.get(context.step.direction)
    if axis is not None and float(shift @ np.array(axis)) < ALONG * float(np.linalg.norm(shift)):
        return f"it does not go {context.step.direction}"
    return ""
