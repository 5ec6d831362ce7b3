"""Claims of strokes: a hand pushes or pulls, a foot kicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics.signals import Array, finite_quantile
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
"""The same of a pull (within 60 degrees): the shoulder goes along, and turns."""
DONE = 0.9
"""A push is over when the hand is out by this share of its way."""
POINTS = 0.55
"""A push goes where the arm points in its end: at least this share of the reach is in the claimed
direction (within 57 degrees: nearer to it than to the two others)."""
PUSH_ALONG = 0.33
"""And no less of the way (within 70 degrees, as for a hand that goes forward): a fist comes from
beside the line that it strikes along."""
STANCE_S = 1.0, 0.5
"""Directions of a push are those of its owner as he stood so long before: the trunk turns along
with a fist by up to 40 degrees, and begins to while the fist is drawn back."""
KICK_OUT = 0.15
"""Least way of a kicking foot from the pelvis, in statures (26 cm)."""
KICK_UP = 0.06
"""Least height of it above where the foot stood, at its farthest, in statures (10 cm): the foot
of a walker is on the floor where it is farthest ahead."""
KICK_PACE = 0.9
"""Least top speed of it against the pelvis, in statures a second (1.5 m/s)."""
STANDS = 0.5
"""The other foot stays: it goes less than this share of the way."""
PUSH, PULL = 0.08, 0.1
"""Least way of the hand from or to the shoulder, in statures (14 cm): half of a forearm. Bodies
that sway in a picture, or turn, make 0.03. A pull is measured along its direction, and a push not:
what the trunk does adds to it."""
LEAST_BY_ELBOW = 0.08
"""What of it is done while the elbow extends or bends, in statures: before, the hand is brought to
where it starts."""
ELBOW = 25.0
"""Least stretch or bend of the elbow in it, in degrees: without it the arm swings."""
AHEAD = 0.1
"""A pull starts, and a push ends, at least this far out from the shoulder, in statures."""


def measure_push(context: ClaimContext) -> list[Measurement]:
    """The hand goes out from the shoulder because the elbow extends."""
    if not _is_of_a_hand(context):
        return []
    other = replace(context, side="left" if context.side == "right" else "right")
    rival = None if context.step.side == "both" else _measure_out(other)
    return [replace(_measure_out(context), rival=rival)]


def measure_pull(context: ClaimContext) -> list[Measurement]:
    """The hand comes in to the shoulder because the elbow bends."""
    if not _is_of_a_hand(context):
        return []
    return [context.compare(_measure_in)]


def measure_kick(context: ClaimContext) -> list[Inspection]:
    """The foot flies out from the standing leg."""
    if not context.side:
        return []

    def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
        return _find_kicks(who, interval)

    return [inspect_episodes(context, find, ("foot",), "the foot does not fly out")]


def _is_of_a_hand(context: ClaimContext) -> bool:
    return claims.find_height_point(context.step.part) == "hand" and bool(context.side)


def _measure_arm(context: ClaimContext) -> Array:
    """From the shoulder to the hand [T, 3], in statures."""
    body = context.body
    arm: Array = body.point(context.named("hand")) - body.point(context.named("shoulder"))
    return arm / body.stature


def _measure_out(context: ClaimContext) -> Measurement:
    """How far the hand is out from the shoulder; nobody sees that of depth in a picture."""
    arm = _measure_arm(context)
    hidden = context.flat and context.step.direction in ("forward", "back")
    reach = np.full(len(arm), np.nan) if hidden else np.linalg.norm(arm, axis=1)
    where = _check_push(context, arm, reach)
    return Measurement(ignore_window(reach), PUSH, context.flat, where=where)


def _check_push(context: ClaimContext, arm: Array, reach: Array) -> Callable[[Rise], str]:
    """The elbow does it, and the arm points in the claimed direction when it is done."""
    elbow = context.body.angle("elbow", context.side)

    def where(rise: Rise) -> str:
        part = find_largest_rise(elbow, Interval(rise.start, rise.end))
        if not context.flat and part.amount < ELBOW:
            return "the elbow does not extend"
        start = (
            part.start if np.isfinite(reach[part.start]) and part.amount >= ELBOW else rise.start
        )
        end = _find_end(reach, Rise(start, rise.end, rise.amount))
        shift = arm[end] - arm[start]
        whole = float(np.linalg.norm(shift))
        if reach[end] - reach[start] < max(LEAST_BY_ELBOW, PUSH_ALONG * whole):
            return "the hand does not go out from the body"
        axis = _find_direction(context, rise.start)
        aims = axis is None or float(arm[end] @ axis) >= POINTS * float(reach[end])
        if not aims or (axis is not None and float(shift @ axis) < PUSH_ALONG * whole):
            return f"it does not go {context.step.direction}"
        return find_level_fault(context, end, end) if context.step.target else ""

    return where


def _find_end(reach: Array, rise: Rise) -> int:
    """The frame at which a push is over: an arm that is let down then is straight as well."""
    out = reach[rise.start : rise.end + 1] - reach[rise.start]
    return rise.start + int(np.argmax(np.nan_to_num(out) >= DONE * np.nan_to_num(out[-1])))


def _find_direction(context: ClaimContext, frame: int) -> Array | None:
    """The claimed direction [3] as the person stood before ``frame``; None without one."""
    fps, word = context.body.fps, context.step.direction
    if not word:
        return None
    early, late = (max(0, frame - round(s * fps)) for s in STANCE_S)
    axes = np.nan_to_num(find_steady_axes(context.body, Interval(early, late)))
    rows = {"right": 0, "left": 0, "up": 1, "down": 1, "forward": 2, "back": 2}
    sign = -1.0 if word in ("left", "down", "back") else 1.0
    axis: Array = sign * axes[rows[word]]
    return axis


def _measure_in(context: ClaimContext) -> Measurement:
    """How far the hand has come in to the body, along the direction it is pulled in."""
    arm = _measure_arm(context)
    axis = context.axis()
    out = np.sum(arm * (context.body.forward() if axis is None else axis), axis=1)
    where = _check_pull(context, out, arm)
    return Measurement(ignore_window(-out), PULL, context.flat, where=where)


def _check_pull(context: ClaimContext, out: Array, arm: Array) -> Callable[[Rise], str]:
    """The elbow does it, and far out is where it starts."""
    elbow = -context.body.angle("elbow", context.side)

    def where(rise: Rise) -> str:
        part = find_largest_rise(elbow, Interval(rise.start, rise.end))
        start = part.start if np.isfinite(out[part.start]) and part.amount >= ELBOW else rise.start
        if not context.flat and part.amount < ELBOW:
            return "the elbow does not bend"
        if out[start] < AHEAD:
            return "the hand is not out from the body"
        way = float(out[start] - out[rise.end])
        whole = float(np.linalg.norm(arm[rise.end] - arm[start]))
        if way < LEAST_BY_ELBOW or way < REACH_ALONG * whole:
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
