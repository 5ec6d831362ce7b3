"""Claims of throws: nobody sees a ball, so what looks like a release of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from skeletonllm.kinematics.signals import UP, Array, finite_quantile, smooth
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import LEVEL, ClaimContext, Inspection
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.intervals import (
    Interval,
    Rise,
    find_largest_rise,
    find_rises,
)

DONE = 0.95
"""A throw is over when so much of its way is done: a hand that is held out then may drift on."""
WAY, SIDE_WAY = 0.15, 0.25
"""Shortest way of a throw in its direction, in statures (26 cm); to a side it is longer than a
wave."""
TURNS = 0.06
"""A hand that goes back by this, in statures, begins another stroke: it is drawn back no farther
where it comes from far below."""
STANDS_S = 1.0
"""The heading is averaged over so long: trunk and hips turn along with a throw, and back."""
ALONG, ALONG_LEVEL = 0.5, 0.7
"""Least share of the whole way that goes in that direction (within 60 degrees): from high above,
throws go down as well. And of the level way (within 45 degrees: nearer to it than to the next)."""
PACE, UNDERARM_PACE = 0.8, 1.9
"""Least top speed of the hand against the trunk, in statures a second (1.4 m/s: the elbow tells
it from pointing, and smoothing takes a third at 15 frames a second); 3.2 m/s from behind the
shoulder, where the arms of a walker swing at 2.5."""
OPENS = 40.0
"""Least stretch of the elbow in a throw from beside the head, in degrees: 50 to 120 in throws, 10
to 40 where a hand draws or swipes."""
BESIDE = ((0.14, 0.13), (0.02, 0.1), (-0.04, 0.03))
"""An overarm throw begins beside the head: at least as high against the shoulder as the first, and
no farther ahead of it, seen along its way, than the second, in statures. Fists on guard are lower
and farther out."""
HIGH = -0.03
"""A hand that is lower against the shoulder throws from below."""
BEHIND = 0.03
"""Else it begins at least this far behind the shoulder: an arm that hangs is a little ahead."""
LENGTH = 0.9
"""A throw lets go at arm's length: at least this share of upper arm and forearm."""
RELEASE_S = 0.1
"""The arm may reach that length so much after the end of its way."""

_AXES = {"right": (0, 1.0), "left": (0, -1.0), "up": (1, 1.0), "down": (1, -1.0),
         "forward": (2, 1.0)}  # fmt: skip
"""None back: that is how a hand is drawn back, and how it returns."""
_LEVEL = ("forward", "left", "right")


def measure_throw(context: ClaimContext) -> list[Inspection]:
    """A fast stroke of the hand, drawn back before, that ends at arm's length; ahead by default."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return list(_find_throws(who))

    return [inspect_episodes(context, find, ("hand", "shoulder"), "there is no fast stroke")]


def _find_throws(context: ClaimContext) -> Iterator[Episode]:
    """Each way of the hand in the claimed direction on which it gets fast."""
    claimed = context.step.direction
    words = [word for word in _AXES if word == claimed] if claimed else _LEVEL
    path = _measure_path(context, "chest")
    whole = Interval(0, len(path) - 1)
    speed = np.nan_to_num(context.body.speed(path * context.body.stature))
    for word in words:
        axis, sign = _AXES[word]
        for rise in find_rises(sign * path[:, axis], whole, TURNS):
            stroke = _cut(context, rise, sign * path[:, axis])
            pace = float(np.max(speed[stroke.start : stroke.end + 1]))
            if stroke.amount >= (SIDE_WAY if axis == 0 else WAY) and pace >= PACE:
                fault = _find_fault(context, path, stroke, pace)
                yield Episode(stroke.start, stroke.end, pace, fault)


def _cut(context: ClaimContext, rise: Rise, along: Array) -> Rise:
    """A way from where the elbow begins to extend, if beside the head, to where most of it is done.

    What is before draws up the hand; what is after holds it out.
    """
    elbow = _find_stretch(context, rise)
    height = context.body.height(context.named("hand"), context.named("shoulder"))[elbow.start]
    draws = elbow.amount >= OPENS and elbow.start < rise.end and height >= HIGH
    start = elbow.start if draws else rise.start
    done = along[start : rise.end + 1] - along[start]
    end = start + int(np.argmax(np.nan_to_num(done) >= DONE * done[-1])) if done[-1] > 0 else start
    return Rise(start, end, float(along[end] - along[start]))


def _measure_path(context: ClaimContext, origin: str) -> Array:
    """Path [T, 3] of the hand to the right, up and ahead of a point, in statures."""
    body = context.body
    path = body.point(context.named("hand")) - body.point(origin)
    right = smooth(body.right(), body.fps, STANDS_S)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    ahead = np.zeros_like(right) if context.flat else np.cross(UP, right)
    ways = (path * np.nan_to_num(right), path * UP, path * np.nan_to_num(ahead))
    own: Array = np.stack([way.sum(axis=1) for way in ways], axis=1) / body.stature
    return own


def _find_fault(context: ClaimContext, path: Array, rise: Rise, pace: float) -> str:
    """What a throw is not: aside, from the front of the chest, slow from below, with a bent arm."""
    shift = path[rise.end] - path[rise.start]
    aside = rise.amount < ALONG_LEVEL * float(np.linalg.norm(shift * LEVEL))
    if rise.amount < ALONG * float(np.linalg.norm(shift)) or aside:
        return f"it does not go {context.step.direction or 'forward'}"
    if not context.flat and _find_longest_reach(context, rise) < LENGTH:
        return "the arm does not stretch"
    return _find_draw_fault(context, rise, shift * LEVEL, pace)


def _find_draw_fault(context: ClaimContext, rise: Rise, level: Array, pace: float) -> str:
    """What is wrong with where a throw begins: beside the head, or fast from behind."""
    arm = _measure_path(context, context.named("shoulder"))[rise.start]
    ahead = float(arm @ level) / max(float(np.linalg.norm(level)), 1e-9)
    if ahead <= -BEHIND and pace >= UNDERARM_PACE:
        return ""
    if arm[1] < HIGH:
        return "the hand is not drawn back before" if ahead > -BEHIND else "its stroke is not fast"
    if context.flat:
        return ""
    if not any(arm[1] >= high and ahead <= far for high, far in BESIDE):
        return "the hand is not drawn back before"
    opens = _find_stretch(context, rise).amount >= OPENS
    return "" if opens else "the elbow does not extend"


def _find_stretch(context: ClaimContext, rise: Rise) -> Rise:
    """How far the elbow extends in a stroke, in degrees, and from when on."""
    end = rise.end + round(RELEASE_S * context.body.fps)
    elbow = context.body.angle("elbow", context.side)
    return find_largest_rise(elbow, Interval(rise.start, min(end, len(elbow) - 1)))


def _find_longest_reach(context: ClaimContext, rise: Rise) -> float:
    """Longest distance from shoulder to hand in a stroke, as a share of the arm."""
    names = ("shoulder", "elbow", "hand")
    shoulder, elbow, hand = (context.body.point(context.named(name)) for name in names)
    arm = np.linalg.norm(hand - elbow, axis=1) + np.linalg.norm(elbow - shoulder, axis=1)
    reach = np.linalg.norm(hand - shoulder, axis=1) / arm
    end = rise.end + round(RELEASE_S * context.body.fps) + 1
    return finite_quantile(reach[rise.start : end], 1.0)
