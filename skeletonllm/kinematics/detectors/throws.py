"""Throws and swings: quick strokes of the whole arm.

Nobody sees a ball, so a throw is what looks like a release: the hand was drawn up beside the head,
or back behind the body; it gets quick on its way ahead, as the elbow opens; and it ends before the
body, at arm's length. A swing is a long and quick way over the ground in any direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.own_paths import (
    AHEAD,
    HIGH,
    NAMES,
    RIGHT,
    measure_own_path,
    measure_shift,
    name_way,
)
from skeletonllm.kinematics.detectors.windows import merge_sides, widen
from skeletonllm.kinematics.monotone_runs import Run, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene, classify_hand_level
from skeletonllm.kinematics.signals import Array

_OVERARM = 0.8
"""Least top speed of the hand against the pelvis in a throw from beside the head, in statures a
second (1.4 m/s): the elbow tells it from pointing, and smoothing takes a third at 15 frames a
second."""
_OPENS = 45.0
"""Degrees that the elbow opens in it: 50 to 120 in throws, 10 to 40 in drawing and swiping."""
_LENGTH = 0.92
"""Share of upper arm and forearm that a hand is away from its shoulder at the end."""
_UNDERARM = 2.2
"""Least top speed from behind the body (3.7 m/s): arms of walkers have 1.5, of joggers 1.8."""
_SWINGS = 1.9
"""Least top speed of a swing; hands that draw or wave have 1.7."""
_LONG = 0.36
"""Least way of a swing, in statures: longer than an arm. Half a drawn circle is shorter."""
_MAINLY = 0.6
"""Share of the whole way of a throw that is level, and of a swing that goes along its axis."""
_RAISED = 0.20
"""A hand beside the head was raised this far before, in statures, within this time:"""
_BEFORE_S = 1.5
_BESIDE = ((0.15, 0.12), (0.03, 0.09), (-0.03, 0.02))
"""A hand is beside the head, and not stretched out, where it is as high against its shoulder as the
first, and no farther ahead of it than the second, seen along its way: higher than fists on guard
and than hands of curled arms, or farther back."""
_BEHIND = -0.08
"""A hand behind this, from its shoulder, is drawn back."""
_OUT = 0.15
"""A throw from behind ends this far before the shoulder at least."""
_WALKS = 3
"""Arms that swing ahead so often, the two together, do so as in walking, and throw nothing."""
_AROUND_S = 0.12
"""A throw begins before the hand goes ahead: it speeds up on its way back and up already."""
_STANDS_S = 1.0
"""The heading is averaged over so long: trunk and hips turn along with a throw, and back."""
_TURNS = 0.06
"""A hand that goes back by this, in statures, begins another stroke."""
_OVER_GROUND = np.array([1.0, 0.0, 1.0])
"""What of a way is level."""


@dataclass(frozen=True)
class _Hand:
    """One hand on its way: own paths against the pelvis and its shoulder, and its speed."""

    path: Array
    arm: Array
    speed: Array
    elbow: Array
    reach: Array
    fps: float

    def top(self, run: Run) -> int:
        """Frame of the top speed in a run."""
        return run.start + int(np.argmax(self.speed[run.start : run.end + 1]))


def find_throws(scene: Scene, person: int) -> Iterator[Event]:
    """Throws ahead; the target is the level of the hand when it is quickest.

    Args:
        scene: All persons of a motion.
        person: Row of the one who throws.
    """
    body = scene.bodies[person]
    found: list[Event] = []
    hands = {side: _hand(body, side) for side in SIDES}
    swings = sum(_is_underarm(h, run) for h in hands.values() for run in _strokes(scene, h))
    for side, hand in hands.items():
        for run in _strokes(scene, hand):
            if swings >= _WALKS and not _is_overarm(hand, run):
                continue
            level = classify_hand_level(body, side, hand.top(run))
            what = ("throw", side, "hand")
            more = {"direction": _name_level_way(hand, run), "target": level}
            whole = widen(body, run, _AROUND_S)
            found.append(scene.event(person, what, whole, "throw", **more))
    yield from merge_sides(found)


def _strokes(scene: Scene, hand: _Hand) -> Iterator[Run]:
    """Throws of a hand; a stroke is divided where the hand turns back a little."""
    for run in find_runs(hand.path[:, AHEAD], _TURNS * scene.scale, scene.fps):
        for stroke, throws in ((_cut(hand, run), _is_overarm), (run, _is_underarm)):
            far = stroke.change >= scene.least("throw")
            if far and _is_level(hand, stroke) and throws(hand, stroke):
                yield stroke
                break


def _cut(hand: _Hand, run: Run) -> Run:
    """A run from where the elbow begins to open: what is before it draws up the hand."""
    elbow = hand.elbow[run.start : run.end + 1]
    opened = elbow - np.minimum.accumulate(elbow)
    if not np.isfinite(opened).any():
        return run
    start = run.start + int(np.nanargmin(elbow[: int(np.nanargmax(opened)) + 1]))
    return replace(run, start=start, before=float(hand.path[start, AHEAD]))


def _name_level_way(hand: _Hand, run: Run) -> str:
    """Where a throw goes over the ground: ahead, or to the side that it goes farther to."""
    shift = measure_shift(hand.path, run) * _OVER_GROUND
    return name_way(shift)


def find_swings(scene: Scene, person: int) -> Iterator[Event]:
    """Swings of one or both hands, ahead, back or to a side.

    Args:
        scene: All persons of a motion.
        person: Row of the one who swings the arms.
    """
    found: list[Event] = []
    for side in SIDES:
        hand = _hand(scene.bodies[person], side)
        for axis in (RIGHT, AHEAD):
            for run in find_runs(hand.path[:, axis], scene.scale * _LONG, scene.fps):
                quick = hand.speed[hand.top(run)] >= _SWINGS
                if quick and _is_mainly(hand, run) and not _ends_hanging(hand, run):
                    way = NAMES[axis][int(run.change > 0)]
                    what = ("swing", side, "hand")
                    found.append(scene.event(person, what, run, "swing", direction=way))
    yield from merge_sides(found)


def _hand(body: Body, side: str) -> _Hand:
    path = measure_own_path(body, f"{side}_hand", steady_s=_STANDS_S)
    arm = measure_own_path(body, f"{side}_hand", f"{side}_shoulder", steady_s=_STANDS_S)
    steps = np.gradient(path, axis=0) if len(path) > 1 else np.zeros_like(path)
    speed = np.linalg.norm(np.nan_to_num(steps), axis=1) * body.fps
    whole = body.distance(f"{side}_hand", f"{side}_elbow")
    whole = whole + body.distance(f"{side}_elbow", f"{side}_shoulder")
    reach = body.distance(f"{side}_hand", f"{side}_shoulder") / whole
    return _Hand(path, arm, speed, body.angle("elbow", side), reach, body.fps)


def _is_level(hand: _Hand, run: Run) -> bool:
    shift = measure_shift(hand.path, run)
    level = float(np.linalg.norm(shift * _OVER_GROUND))
    return level >= _MAINLY * float(np.linalg.norm(shift))


def _is_mainly(hand: _Hand, run: Run) -> bool:
    whole = float(np.linalg.norm(measure_shift(hand.path, run)))
    return abs(run.change) >= _MAINLY * whole


def _is_overarm(hand: _Hand, run: Run) -> bool:
    """From beside the head, where the hand was raised to just before, to arm's length."""
    before = hand.path[max(0, run.start - round(_BEFORE_S * hand.fps)) : run.start + 1, HIGH]
    raised = hand.path[run.start, HIGH] - np.nanmin(before, initial=np.inf)
    start, end = hand.arm[run.start], hand.arm[run.end]
    level = measure_shift(hand.path, run) * _OVER_GROUND
    ahead = float(start @ level) / max(float(np.linalg.norm(level)), 1e-9)
    beside = any(start[HIGH] >= high and ahead <= far for high, far in _BESIDE)
    opens = hand.elbow[run.end] - hand.elbow[run.start] >= _OPENS
    out = hand.reach[run.end] >= _LENGTH and end[HIGH] >= -0.18
    quick = hand.speed[hand.top(run)] >= _OVERARM
    return bool(run.change > 0 and raised >= _RAISED and beside and opens and out and quick)


def _is_underarm(hand: _Hand, run: Run) -> bool:
    """From behind the body, ahead."""
    start, end = hand.arm[run.start, AHEAD], hand.arm[run.end, AHEAD]
    quick = hand.speed[hand.top(run)] >= _UNDERARM
    return bool(run.change > 0 and start <= _BEHIND and end >= _OUT and quick)


def _ends_hanging(hand: _Hand, run: Run) -> bool:
    """Whether the hand comes down to hang beside the hip: it is let down and not swung."""
    height, drop = hand.path[run.end, HIGH], hand.path[run.start, HIGH] - hand.path[run.end, HIGH]
    return bool(height < 0 and drop > 0.5 * abs(run.change))
