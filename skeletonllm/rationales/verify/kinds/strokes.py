"""Claims of strokes: a hand pushes, pulls, throws or picks up, a foot kicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.signals import UP, Array, Body, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Inspection,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.intervals import Interval, Rise, find_largest_rise
from skeletonllm.rationales.verify.kinds.cycles import find_level_fault
from skeletonllm.rationales.verify.kinds.happenings import (
    Episode,
    find_masked,
    find_steady_axes,
    inspect_episodes,
    switch_side,
)

ALONG = 0.6
"""Least share of a stroke's way that goes in the claimed direction (within 53 degrees)."""
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
THROW_PACE, UNDERARM_PACE = 1.3, 1.9
"""Least top speed of a throwing hand against the trunk, in statures a second (2.2 m/s); 3.2 m/s
from below the shoulder: there the arms of a walker swing at 2.5."""
THROW_WAY = 0.3
"""Shortest way of a throw, in statures (51 cm): a punch from the chest is 0.25."""
BEHIND = 0.03
"""A throw begins with the hand at least this far behind the shoulder, in statures, seen along its
way (an arm that hangs is a little ahead of it), or above the shoulder: drawn back."""
UPWARDS = 0.7
"""A stroke that goes up by more than this share of its way is a raise, unless it begins above the
shoulder and ends above the head; one that goes down by as much is a drop of the hand, unless down
is claimed."""
OVERHEAD = 0.15
"""Height above the shoulder of a hand at the top of the head, in statures."""
LENGTH = 0.75
"""A throw lets go at arm's length: at least this share of upper arm and forearm."""
STOOPS = 25.0
"""Least lean of the trunk, or bend of a knee, of who picks something up, in degrees."""
BELOW_KNEES = 0.06
"""A hand picks up from no higher than this above the knees, in statures (10 cm): the wrist is as
much above what the fingers take."""
LOWER_HAND = 0.04
"""Of two hands that get down there, the one that is lower by this, in statures (7 cm), picks up;
the other one hangs."""
COMES_UP = 0.15
"""And comes up again by as much (26 cm)."""


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


def measure_throw(context: ClaimContext) -> list[Inspection]:
    """A fast stroke of the hand, drawn back before, that ends at arm's length."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []

    def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
        return _find_throws(who, interval)

    return [inspect_episodes(context, find, ("hand", "shoulder"), "there is no fast stroke")]


def measure_pick_up(context: ClaimContext) -> list[Inspection]:
    """The hand goes down to the knees or below and comes up, with the trunk or knees bending."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return _find_pick_ups(who)

    return [inspect_episodes(context, find, ("hand",), "the hand does not get down to the knees")]


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
        if way < LEAST_BY_ELBOW or (directed and way < ALONG * whole):
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


def _find_throws(context: ClaimContext, interval: Interval) -> list[Episode]:
    """Strokes around each high peak of the hand's speed against the trunk."""
    body, axes = context.body, np.nan_to_num(find_steady_axes(context.body, interval))
    path = (body.point(context.named("hand")) - body.point("chest")) @ axes.T / body.stature
    speed = np.nan_to_num(body.speed(path * body.stature))
    found = []
    for first, last in find_masked(speed > THROW_PACE):
        peak = first + int(np.argmax(speed[first : last + 1]))
        found.append(_describe_throw(context, path, speed, peak))
    return found


def _describe_throw(context: ClaimContext, path: Array, speed: Array, peak: int) -> Episode:
    """The stroke around a peak: as long as the hand keeps a third of that speed."""
    slow = speed < speed[peak] / 3
    start, end = peak, peak
    while start > 0 and not slow[start - 1]:
        start -= 1
    while end < len(speed) - 1 and not slow[end + 1]:
        end += 1
    fault = _find_throw_fault(context, path, start, end, float(speed[peak]))
    return Episode(start, end, float(speed[peak]), fault)


def _find_throw_fault(context: ClaimContext, path: Array, start: int, end: int, pace: float) -> str:
    """What a throw is not: short, from the front of the chest, with a bent arm, a raise, a drop."""
    shift = path[end] - path[start]
    way = float(np.linalg.norm(shift))
    if not way >= THROW_WAY:
        return "its stroke is short"
    body = context.body
    height = body.height(context.named("hand"), context.named("shoulder"))
    if -shift[1] > UPWARDS * way and context.step.direction != "down":
        return "the hand drops"
    if shift[1] > UPWARDS * way and not (height[start] > 0 and height[end] > OVERHEAD):
        return "the hand is only raised"
    if height[start] < 0 and (fault := _find_underarm_fault(context, path, start, shift, pace)):
        return fault
    if not context.flat and _find_longest_reach(context, start, end) < LENGTH:
        return "the arm does not stretch"
    return _find_stroke_direction(context, shift / way)


def _find_underarm_fault(
    context: ClaimContext, path: Array, start: int, shift: Array, pace: float
) -> str:
    """A stroke from below the shoulder begins behind it, and is faster than an arm that swings."""
    if not _is_behind(context, path, start, shift):
        return "the hand is not drawn back before"
    return "its stroke is not fast" if pace < UNDERARM_PACE else ""


def _is_behind(context: ClaimContext, path: Array, start: int, shift: Array) -> bool:
    """Whether the hand is behind the shoulder as a stroke begins, seen along its level way."""
    axes = np.nan_to_num(find_steady_axes(context.body, Interval(start, start)))
    shoulder = context.body.point(context.named("shoulder")) - context.body.point("chest")
    ahead = shift * LEVEL / max(float(np.linalg.norm(shift * LEVEL)), 1e-9)
    gap = path[start] - shoulder[start] @ axes.T / context.body.stature
    return bool(gap @ ahead < -BEHIND)


def _find_longest_reach(context: ClaimContext, start: int, end: int) -> float:
    """Longest distance from shoulder to hand in a stroke, as a share of the arm."""
    names = ("shoulder", "elbow", "hand")
    shoulder, elbow, hand = (context.body.point(context.named(name)) for name in names)
    arm = np.linalg.norm(hand - elbow, axis=1) + np.linalg.norm(elbow - shoulder, axis=1)
    reach = np.linalg.norm(hand - shoulder, axis=1) / arm
    return finite_quantile(reach[start : end + 1], 1.0)


def _find_stroke_direction(context: ClaimContext, shift: Array) -> str:
    names = {"right": 0, "left": 0, "up": 1, "down": 1, "forward": 2, "back": 2}
    claimed = context.step.direction
    if claimed not in names:
        return ""
    sign = -1.0 if claimed in ("left", "down", "back") else 1.0
    return "" if sign * shift[names[claimed]] >= ALONG else f"it does not go {claimed}"


def _find_pick_ups(context: ClaimContext) -> list[Episode]:
    """Stretches in which the hand is at the knees or below, with a way up after them."""
    body = context.body
    hand, other = (body.height(who.named("hand"), "") for who in (context, switch_side(context)))
    knees = np.minimum(body.height("left_knee", ""), body.height("right_knee", ""))
    found = []
    for start, end in find_masked(np.nan_to_num(hand - knees, nan=1.0) < BELOW_KNEES):
        low = start + int(np.nanargmin(hand[start : end + 1]))
        after = hand[low : low + round(2.0 * body.fps)]
        before = hand[max(0, low - round(2.0 * body.fps)) : low + 1]
        up = finite_quantile(after, 1.0) - hand[low]
        down = finite_quantile(before, 1.0) - hand[low]
        fault = "" if up >= COMES_UP else "the hand does not come up"
        fault = fault or ("" if down >= COMES_UP else "the hand does not go down")
        if context.step.side != "both" and hand[low] - other[low] > LOWER_HAND:
            fault = fault or "the other hand reaches lower"
        fault = fault or ("" if _stoops(body, low) else "neither trunk nor knees bend")
        found.append(Episode(start, end, up, fault))
    return found


def _stoops(body: Body, frame: int) -> bool:
    knees = min(body.angle("knee", side)[frame] for side in ("left", "right"))
    return bool(body.lean()[frame] > STOOPS or knees < 180.0 - 2 * STOOPS)
