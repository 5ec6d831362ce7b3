"""Picking up: a hand goes down to the knee or below, and comes up again with the body.

Hands also go down with a body that lunges, sits down or bowls. Then they hang, stay on the knees,
or fly past; a hand that picks up goes down farther than the body, slows there, and comes up.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.legs_in_time import (
    average_sides,
    measure_knee_bend,
    stands_apart,
)
from skeletonllm.kinematics.detectors.own_paths import AHEAD, measure_own_path
from skeletonllm.kinematics.monotone_runs import Run, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array, finite_quantile

_AT_THE_KNEE = 0.15
"""A wrist this far above the knees, in statures, has its fingers at them or below: a hand is 0.11
long, and sensors set both joints with an error of 0.03. Or:"""
_ABOVE_THE_FEET = 0.36
"""... this far above the lower ankle: where a standing knee would be."""
_OF_ITS_OWN = 0.08
"""A hand goes down farther than the pelvis by this, in statures, if it is to pick up something out
of a lunge; else it only hangs."""
_KNEES = 25.0
"""Degrees the knees bend more then, or the trunk leans by the next."""
_LEANS = 15.0
"""Degrees the trunk leans more when a hand comes down to pick something up."""
_SUNK = 0.08
"""A pelvis that goes down farther, in statures, comes up again after picking up."""
_BEHIND = 0.03
"""A hand that swings behind the pelvis farther, in statures, gathers way for a jump."""
_STAYS = (0.06, 0.2)
"""A hand that is no more than the first above its lowest, in statures, goes no farther ahead or
back meanwhile than the second, if it grasps: one that swings past the knee, as in bowling, goes
0.35. Its speed does not tell them apart where frames are left out."""
_UPRIGHT = 20.0
"""Degrees of a trunk that does not bend to the floor: in a lunge, hands come down with the body."""
_BOTH_HANDS = (0.13, 0.45)
"""Both hands pick up if they get down to one height within the first, in statures, and are no
farther apart than the second, as wide as a box is that one lifts; and:"""
_LIFTS, _WITHIN_S = 0.28, 2.5
"""both come up by the first within the second: a hand that hangs comes up with the body, by 0.14
to 0.27 in NW-UCLA, and one that lifts a box by 0.33 to 0.51."""
_ONE_WAY = 0.7
"""One of the two ways may be this share of what counts: a clip can begin half bent, or end so."""
_STILL_DOWN = 0.15
"""A hand is picking up while it is where things lie, or no more than this above its lowest, in
statures: one that only just gets to the knees is there for a moment."""
_DIPS = 0.12
"""A pelvis that sinks by this with the hand, in statures (20 cm), and comes up again, stoops, too,
where a sensor that is far away sees no knee that bends."""
_CARRIES = 0.12
"""... and come up alike: a hand that ends higher than the other, in statures, carries the thing."""


def find_pick_ups(scene: Scene, person: int) -> Iterator[Event]:
    """A hand goes down to the knee or below, slows there, and comes up with the body.

    Args:
        scene: All persons of a motion.
        person: Row of the one who picks up.
    """
    body = scene.bodies[person]
    low = {side: _measure_low(body, side) for side in SIDES}
    found = [run for side in SIDES for run in _reaches(scene, body, side, low[side])]
    done: list[tuple[int, int]] = []
    for side, down, up in sorted(found, key=lambda reach: reach[1].after):
        if not any(down.start < last and up.end > first for first, last in done):
            done.append((down.start, up.end))
            whole = _frame(body, side, low[side], down, up)
            what = ("pick_up", _hands(body, side, down, up), "hand")
            yield scene.event(person, what, whole, "pick_up", target=_depth(body, down))


def _measure_low(body: Body, side: str) -> Array:
    """How far [T] a hand is above where things lie, in statures; 0 and less is there."""
    knees = average_sides([body.height(f"{s}_knee", above="") for s in SIDES])
    feet = np.fmin(*(body.height(f"{s}_foot", above="") for s in SIDES))
    height = body.height(f"{side}_hand", above="")
    low: Array = np.fmin(height - knees - _AT_THE_KNEE, height - feet - _ABOVE_THE_FEET)
    return low


def _reaches(scene: Scene, body: Body, side: str, low: Array) -> Iterator[tuple[str, Run, Run]]:
    """Ways of one hand down to where things lie, each with the way up that follows."""
    height = body.height(f"{side}_hand", above="")
    least = scene.least("pick_up")
    for down, up in pairwise(find_runs(height, _ONE_WAY * least, scene.fps)):
        there = down.change < 0 < up.change and (low[down.end : up.start + 1] <= 0).any()
        if not there or max(-down.change, up.change) < least:
            continue
        hangs = _hangs(body, Run(down.start, up.end, 0, 0)) and not _sinks_alone(body, down)
        if not hangs and _bends_and_rises(body, down, up) and _grasps(body, side, down, up):
            yield side, down, up


def _frame(body: Body, side: str, low: Array, down: Run, up: Run) -> Run:
    """From when the hand gets down to where things lie until it leaves there.

    A hand that goes on up to throw, or hung high before, does that for itself.
    """
    lowest = down.end + int(np.nanargmin(low[down.end : up.start + 1]))
    height = body.height(f"{side}_hand", above="")
    there = (low <= 0) | (height <= height[lowest] + _STILL_DOWN)
    away = np.flatnonzero(~there[down.start : up.end + 1]) + down.start
    before, after = away[away < lowest], away[away > lowest]
    start = int(before[-1]) if before.size else down.start
    end = int(after[0]) if after.size else up.end
    return Run(start, end, down.before, down.after)


def _bends_and_rises(body: Body, down: Run, up: Run) -> bool:
    """Whether trunk or knees bend with the way down, or the body sinks, and all comes up again."""
    pelvis = body.height("pelvis", above="")
    sunk = pelvis[down.start] - pelvis[up.start]
    if sunk > _SUNK and pelvis[up.end] - pelvis[up.start] < 0.4 * sunk:
        return False  # who sits down puts the hands on the knees, and stays
    early = max(0, down.start - round(0.5 * body.fps))
    for signal, least in ((body.lean(), _LEANS), (measure_knee_bend(body), _KNEES)):
        bottom = finite_quantile(signal[max(0, down.end - 1) : up.start + 2], 0.8)
        before = finite_quantile(signal[early : down.end + 1], 0.1)
        late = up.end + 1 + round(0.5 * body.fps)
        after = finite_quantile(signal[up.start : late], 0.1)
        bent = max(bottom - before, bottom - after) >= least and bottom - after >= 0.3 * least
        if bent or bottom >= 1.6 * least:
            return True
    return min(sunk, pelvis[up.end] - pelvis[up.start]) >= _DIPS


def _hangs(body: Body, run: Run) -> bool:
    """Whether the body is in a lunge with its trunk upright."""
    lean = finite_quantile(body.lean()[run.start : run.end + 1], 0.9)
    return stands_apart(body, run) and not lean > _UPRIGHT


def _sinks_alone(body: Body, down: Run) -> bool:
    """Whether a hand goes down farther than the pelvis does at the same time."""
    pelvis = body.height("pelvis", above="")
    return bool(-down.change - (pelvis[down.start] - pelvis[down.end]) >= _OF_ITS_OWN)


def _grasps(body: Body, side: str, down: Run, up: Run) -> bool:
    """Whether the hand stays over one place at its lowest, and not behind the back."""
    own = measure_own_path(body, f"{side}_hand")[:, AHEAD]
    if finite_quantile(own[down.end : up.start + 1]) < -_BEHIND:
        return False
    here = slice(down.start, up.end + 1)
    height, ahead = body.height(f"{side}_hand", above="")[here], own[here]
    low = ahead[(height <= finite_quantile(height, 0.0) + _STAYS[0]) & np.isfinite(ahead)]
    return not low.size or float(np.ptp(low)) <= _STAYS[1]


def _hands(body: Body, side: str, down: Run, up: Run) -> str:
    """``both`` if the other hand gets as low while this one is down."""
    here = slice(down.start, up.end + 1)
    heights = {s: body.height(f"{s}_hand", above="") for s in SIDES}
    low = [finite_quantile(heights[s][here], 0.05) for s in SIDES]
    apart = finite_quantile(body.distance("left_hand", "right_hand")[down.end : up.end + 1])
    end = heights["left"][up.end] - heights["right"][up.end]
    if abs(low[0] - low[1]) > _BOTH_HANDS[0]:
        return side
    if abs(end) > _CARRIES:
        return "left" if end > 0 else "right"
    late = slice(up.start, up.start + round(_WITHIN_S * body.fps))
    lifts = min(
        finite_quantile(h[late], 1.0) - finite_quantile(h[here], 0) for h in heights.values()
    )
    return "both" if apart <= _BOTH_HANDS[1] and lifts >= _LIFTS else side


def _depth(body: Body, down: Run) -> str:
    """``the floor`` or ``knee``, whichever the hand is nearer to."""
    feet, knees = (
        average_sides([body.height(f"{s}_{part}", above="") for s in SIDES])[down.end]
        for part in ("foot", "knee")
    )
    return "the floor" if down.after < (feet + knees) / 2 + 0.04 else "knee"
