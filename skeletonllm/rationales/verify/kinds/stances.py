"""Claims of a lunge, and of holding still."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Inspection,
    Measurement,
    Observation,
    ignore_window,
)
from skeletonllm.rationales.verify.evidence.counts import says_somewhere
from skeletonllm.rationales.verify.evidence.episodes import SEEN, UNSEEN, switch_side
from skeletonllm.rationales.verify.evidence.levels import find_level_fault
from skeletonllm.rationales.verify.intervals import Interval, Rise

FAR_OUT = 0.15
"""Least way of the foot away from the other one, in statures (26 cm), in a lunge: more than the
foot's length."""
SINKS = 0.03
"""Least fall of the pelvis in it, in statures (5 cm)."""
KNEE = 25.0
"""Least bend of the knee of that leg, in degrees."""
STANDS = 0.5
"""The other foot stays: it goes less than this share of the way."""
RESTS = {"hand": 0.05, "elbow": 0.04, "body": 0.07}
"""What holds still stays within this of its middle, in statures: a hand of a Kinect wanders by 0.02
and sways by as much; the body as a whole sways a little more."""
RESTS_ELSE = 0.04
HELD = 0.85
"""Share of the window in which it is there."""
HOLDS_S = 0.5
"""Where "somewhere" is claimed, the shortest rest that anybody would mention."""

_EVERYTHING = ("pelvis", "head", "left_hand", "right_hand", "left_foot", "right_foot")


def measure_lunge(context: ClaimContext) -> list[Measurement]:
    """A foot is set far out and its knee bends, the pelvis comes down, the other foot stays."""
    if not context.side:
        return []

    def make(who: ClaimContext) -> Measurement:
        body, other = who.body, switch_side(who)
        apart = (body.point(who.named("foot")) - body.point(other.named("foot"))) * LEVEL
        axis = who.axis()
        along = np.linalg.norm(apart, axis=1) if axis is None else np.sum(apart * axis, axis=1)
        signal = ignore_window(along / body.stature)
        return Measurement(signal, FAR_OUT, who.flat, where=lambda rise: _find_fault(who, rise))

    return [context.compare(make)]


def measure_hold(context: ClaimContext) -> list[Inspection]:
    """A part, or everything, stays where it is; a hand at a level, if one is claimed."""
    step, body = context.step, context.body
    point = claims.find_height_point(step.part)
    whole = step.part in ("body", "whole body") or point is None
    names = _EVERYTHING if whole else (context.named(str(point)) if context.side else str(point),)
    most = RESTS["body"] if whole else RESTS.get(str(point), RESTS_ELSE)

    def observe(interval: Interval) -> Observation:
        inside = slice(interval.first, interval.last + 1)
        paths = [body.point(name)[inside] / body.stature for name in names]
        seen = np.array([np.isfinite(path).all(axis=1) for path in paths])
        share = float(seen.mean())
        if share < SEEN or not np.isfinite(body.stature):
            return Observation(0.0, UNSEEN, None, share if np.isfinite(body.stature) else 0.0)
        return _find_rest(context, [p for p in paths if np.isfinite(p).any()], interval, most)

    return [Inspection(observe, context.flat)]


def _find_fault(context: ClaimContext, rise: Rise) -> str:
    body, other = context.body, switch_side(context)
    frames = slice(rise.start, rise.end + 1)
    knee = body.angle("knee", context.side)[rise.start : rise.end + round(0.4 * body.fps)]
    if finite_quantile(knee, 1.0) - finite_quantile(knee, 0.0) < KNEE:
        return "its knee does not bend"
    pelvis = body.height("pelvis", "")[rise.start : rise.end + round(0.4 * body.fps)]
    if pelvis[0] - finite_quantile(pelvis, 0.0) < SINKS:
        return "the body does not come down"
    stays = body.point(other.named("foot"))[frames] * LEVEL
    if np.linalg.norm(stays[-1] - stays[0]) / body.stature > STANDS * rise.amount:
        return "the other foot goes along"
    return ""


def _find_rest(
    context: ClaimContext, paths: Sequence[Array], interval: Interval, most: float
) -> Observation:
    """The whole window must rest; a window that says "somewhere" needs a while of it."""
    frames = len(paths[0])
    wide = says_somewhere(interval, len(context.body.joints))
    length = min(frames, max(2, round(HOLDS_S * context.body.fps))) if wide else frames
    far, found = np.inf, "it moves"
    for start in range(0, frames - length + 1, max(1, length // 4)):
        here = max(_measure_reach(path[start : start + length]) for path in paths)
        far = min(far, here)
        first = interval.first + start
        fault = _level(context, first, first + length - 1) if here <= most else "it moves"
        if not fault:
            return Observation(here, "", first)
        found = fault if here <= most else found
    return Observation(float(far), found)


def _level(context: ClaimContext, start: int, end: int) -> str:
    hand = claims.find_height_point(context.step.part) == "hand"
    return find_level_fault(context, start, end) if hand and context.step.target else ""


def _measure_reach(path: Array) -> float:
    """How far a path gets from its middle in most of the frames."""
    middle = np.array([finite_quantile(path[:, axis]) for axis in range(3)])
    reach = finite_quantile(np.linalg.norm(path - middle, axis=1), HELD)
    return reach if np.isfinite(reach) else 0.0
