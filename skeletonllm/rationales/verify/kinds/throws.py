"""Claims of throws: nobody sees a ball, so what looks like a release of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import LEVEL, ClaimContext, Inspection
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes
from skeletonllm.rationales.verify.evidence.own_paths import find_steady_axes, measure_own_path
from skeletonllm.rationales.verify.intervals import Interval, Rise, find_rises

WAY, SIDE_WAY = 0.15, 0.3
"""Shortest way of a throw in its direction, in statures (26 cm); to a side it is longer than a
wave."""
ALONG, ALONG_LEVEL = 0.5, 0.75
"""Least share of the whole way that goes in that direction (within 60 degrees): from high above,
throws go down as well. And of the level way (within 41 degrees: nearer to it than to the next)."""
PACE, UNDERARM_PACE = 1.2, 1.9
"""Least top speed of the hand against the trunk, in statures a second (2 m/s); 3.2 m/s from below
the shoulder: there the arms of a walker swing at 2.5."""
BESIDE = 0.1
"""An overarm throw begins beside the head: no farther than this ahead of the shoulder, seen along
its way, in statures. Fists on guard are farther out."""
HIGH = -0.03
"""And no lower than this against the shoulder."""
BEHIND = 0.03
"""From below the shoulder, a throw begins at least this far behind it: an arm that hangs is a
little ahead of it."""
LENGTH = 0.75
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

    def find(who: ClaimContext, interval: Interval) -> Sequence[Episode]:
        return list(_find_throws(who, interval))

    return [inspect_episodes(context, find, ("hand", "shoulder"), "there is no fast stroke")]


def _find_throws(context: ClaimContext, interval: Interval) -> Iterator[Episode]:
    """Each way of the hand in the claimed direction on which it gets fast."""
    claimed = context.step.direction
    words = [word for word in _AXES if word == claimed] if claimed else _LEVEL
    path = measure_own_path(context, "hand", interval)
    whole = Interval(0, len(path) - 1)
    speed = np.nan_to_num(context.body.speed(path * context.body.stature))
    for word in words:
        axis, sign = _AXES[word]
        least = SIDE_WAY if axis == 0 else WAY
        for rise in find_rises(sign * path[:, axis], whole, least):
            pace = float(np.max(speed[rise.start : rise.end + 1]))
            if pace >= PACE:
                fault = _find_fault(context, path, rise, pace)
                yield Episode(rise.start, rise.end, pace, fault)


def _find_fault(context: ClaimContext, path: Array, rise: Rise, pace: float) -> str:
    """What a throw is not: aside, from the front of the chest, slow from below, with a bent arm."""
    shift = path[rise.end] - path[rise.start]
    aside = rise.amount < ALONG_LEVEL * float(np.linalg.norm(shift * LEVEL))
    if rise.amount < ALONG * float(np.linalg.norm(shift)) or aside:
        return f"it does not go {context.step.direction or 'forward'}"
    body = context.body
    height = body.height(context.named("hand"), context.named("shoulder"))[rise.start]
    ahead = _measure_ahead(context, rise.start, shift)
    if height >= HIGH and not context.flat and ahead > BESIDE:
        return "the hand is not drawn back before"
    if height < HIGH and ahead > -BEHIND:
        return "the hand is not drawn back before"
    if height < HIGH and pace < UNDERARM_PACE:
        return "its stroke is not fast"
    if not context.flat and _find_longest_reach(context, rise) < LENGTH:
        return "the arm does not stretch"
    return ""


def _measure_ahead(context: ClaimContext, frame: int, shift: Array) -> float:
    """How far the hand is ahead of the shoulder, in statures, seen along a level way [3]."""
    body = context.body
    axes = np.nan_to_num(find_steady_axes(body, Interval(frame, frame)))
    gap = body.point(context.named("hand"))[frame] - body.point(context.named("shoulder"))[frame]
    level = shift * LEVEL / max(float(np.linalg.norm(shift * LEVEL)), 1e-9)
    return float((gap @ axes.T) @ level) / body.stature


def _find_longest_reach(context: ClaimContext, rise: Rise) -> float:
    """Longest distance from shoulder to hand in a stroke, as a share of the arm."""
    names = ("shoulder", "elbow", "hand")
    shoulder, elbow, hand = (context.body.point(context.named(name)) for name in names)
    arm = np.linalg.norm(hand - elbow, axis=1) + np.linalg.norm(elbow - shoulder, axis=1)
    reach = np.linalg.norm(hand - shoulder, axis=1) / arm
    end = rise.end + round(RELEASE_S * context.body.fps) + 1
    return finite_quantile(reach[rise.start : end], 1.0)
