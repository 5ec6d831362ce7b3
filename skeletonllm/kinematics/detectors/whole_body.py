"""What the whole body does: jump, crouch, sit, stand, and be still.

All of them move the pelvis, which every sensor sees well; the angle of the thighs and knees says
whether it is the legs that do it, since a pelvis also seems to sink when a camera looks down and
the person comes near.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.legs_in_time import (
    measure_foot_lift,
    measure_knee_bend,
    measure_seat,
    measure_thigh_tilt,
    stands_apart,
)
from skeletonllm.kinematics.detectors.windows import widen
from skeletonllm.kinematics.monotone_runs import Run, find_runs, find_stretches
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array, finite_quantile, smooth

_KNEES = 25.0
"""Degrees the knees bend or open, or ..."""
_THIGHS = 22.0
"""... the thighs tilt or come upright, where the legs and not the camera move the pelvis."""
_BENT_DOUBLE = 55.0
"""Of a trunk that leans farther than this, no sensor sees the hips: who bows does not crouch."""
_SEAT = 0.05
"""A seated pelvis is this far behind the feet, in statures, and rests there; who squats keeps it
over the feet and comes up again (sitting in utd_mhad: 0.15 to 0.33, in nw_ucla down to 0.06)."""
_BEHIND_BOTH = 0.1
"""A pelvis that rests this far behind the middle of the feet, in statures, is on a seat, however
far apart they stand: in a lunge it is between them. The judge of claims says the same."""
_SEATED_TILT = 30.0
"""Degrees of a seated person's thighs; level would be 90, but sensors round the hip off."""
_UPRIGHT_TILT = 32.0
"""Degrees of the thighs of a person who has stood up, at most."""
_FROM_A_SEAT = 0.18
"""Statures a pelvis comes up from a seat, bent over as far as one likes: no bow and no lunge lifts
it so far."""
_STAYS_S, _RISES = 2.0, 0.6
"""Who sits stays so long, or until the clip ends; who comes up by this share of the way crouched.
Who bows to sit down and leans back then seems to rise by half."""
_SLOW_S = 0.12
"""Who sits down or stands up begins and ends so slowly that a run lacks this much at either end."""
_LIFTED = 0.025
"""A foot that is higher is in the air; both are, in a jump."""
_AIRBORNE_S = (0.07, 0.9)
"""A hop of 1 cm lasts 0.09 s, a jump of 1 m 0.9 s (free fall)."""
_STILL_S = 0.6
"""Shorter rests are turning points."""
_MOVED = 0.12
"""Statures a hand or the pelvis is away from where it was at first, in a posture worth telling."""
_REPEATS_S = 1.2
"""Longer pauses part a repeated movement in two."""


def find_crouches(scene: Scene, person: int) -> Iterator[Event]:
    """The pelvis comes down over the feet because both knees bend, and nobody sits down.

    Args:
        scene: All persons of a motion.
        person: Row of the one who crouches.
    """
    body = scene.bodies[person]
    runs = [run for run in _by_the_legs(scene, body, -1) if _is_crouch(scene, body, run)]
    what = ("crouch", "centre", "body")
    yield from _repeated([scene.event(person, what, run, "crouch") for run in runs])


def find_sits(scene: Scene, person: int) -> Iterator[Event]:
    """The pelvis comes down behind the feet, and stays.

    Args:
        scene: All persons of a motion.
        person: Row of the one who sits down.
    """
    body = scene.bodies[person]
    for run in _by_the_legs(scene, body, -1):
        if _sits(scene, body, run) and not _lunges(body, run):
            whole = widen(body, run, _SLOW_S)
            yield scene.event(person, ("sit", "centre", "body"), whole, "crouch")


def find_stands(scene: Scene, person: int) -> Iterator[Event]:
    """The pelvis comes up because the knees and hips extend, until the legs are upright.

    Args:
        scene: All persons of a motion.
        person: Row of the one who stands up.
    """
    body = scene.bodies[person]
    tilt = measure_thigh_tilt(body)
    what = ("stand", "centre", "body")
    found = [
        scene.event(person, what, widen(body, run, _SLOW_S), "crouch")
        for run in _by_the_legs(scene, body, 1)
        if not tilt[run.end] > _UPRIGHT_TILT
        and (run.change >= _FROM_A_SEAT or _is_in_place(body, run))
    ]
    yield from _repeated(found)


def _by_the_legs(scene: Scene, body: Body, way: int) -> list[Run]:
    """Runs of the pelvis' height, up (1) or down (-1), in which knees or thighs go along."""
    knees, thighs = measure_knee_bend(body), measure_thigh_tilt(body)
    runs = find_runs(body.height("pelvis", above=""), scene.least("crouch"), scene.fps)
    return [
        run
        for run in runs
        if run.change * way > 0
        and (
            -way * (knees[run.end] - knees[run.start]) >= _KNEES
            or -way * (thighs[run.end] - thighs[run.start]) >= _THIGHS
        )
    ]


def _is_crouch(scene: Scene, body: Body, run: Run) -> bool:
    return not (_is_bent_double(body, run) or stands_apart(body, run) or _sits(scene, body, run))


def _is_in_place(body: Body, run: Run) -> bool:
    """Neither out of a lunge nor out of a bow."""
    return not (stands_apart(body, run) or _is_bent_double(body, run))


def _is_bent_double(body: Body, run: Run) -> bool:
    return finite_quantile(body.lean()[run.start : run.end + 1], 0.95) > _BENT_DOUBLE


def _lunges(body: Body, run: Run) -> bool:
    """Whether the feet are far apart, and the pelvis does not come to rest behind both."""
    after = slice(run.end, run.end + 1 + round(_STAYS_S * body.fps))
    behind = finite_quantile(measure_seat(body)[after], 0.5) >= _BEHIND_BOTH
    return stands_apart(body, run) and not behind


def _sits(scene: Scene, body: Body, run: Run) -> bool:
    """Whether the pelvis is behind the feet after a way down, and still low, if the clip lasts."""
    after = slice(run.end, run.end + 1 + round(_STAYS_S * scene.fps))
    seat = finite_quantile(measure_seat(body)[after], 0.8)
    tilt = finite_quantile(measure_thigh_tilt(body)[after], 0.8)
    back_up = finite_quantile(body.height("pelvis", above="")[after], 0.92) - run.after
    return not seat < _SEAT and tilt >= _SEATED_TILT and back_up < _RISES * abs(run.change)


def find_jumps(scene: Scene, person: int) -> Iterator[Event]:
    """Both feet leave the floor with the pelvis, and land.

    Args:
        scene: All persons of a motion.
        person: Row of the one who jumps.
    """
    body = scene.bodies[person]
    feet = np.min([measure_foot_lift(body, side) for side in SIDES], axis=0)
    with np.errstate(invalid="ignore"):
        flights = find_stretches(feet > _LIFTED)
    runs = [run for first, last in flights for run in _flight(scene, body, first, last)]
    what = ("jump", "centre", "body")
    yield from _repeated([scene.event(person, what, run, "jump") for run in runs])


def _flight(scene: Scene, body: Body, first: int, last: int) -> Iterator[Run]:
    """The stretch as a run, if the pelvis flies with the feet: it was lower on both sides."""
    low, high = _AIRBORNE_S
    if not low <= (last - first) / scene.fps <= high or first == 0 or last == len(body.joints):
        return
    height = body.height("pelvis", above="")
    around = max(2, round(0.35 * scene.fps))
    top = finite_quantile(height[first:last], 1.0)
    before = finite_quantile(height[max(0, first - around) : first], 0.1)
    after = finite_quantile(height[last : last + around], 0.1)
    if top - max(before, after) >= scene.least("jump") and _all_rise(body, first, last):
        yield Run(first, last - 1, max(before, after), top)


def _all_rise(body: Body, first: int, last: int) -> bool:
    """Whether knees, feet and head rise with the pelvis: a body flies as a whole."""
    around = max(2, round(0.35 * body.fps))
    for point in ("left_knee", "right_knee", "left_foot", "right_foot", "head"):
        height = body.height(point, above="")
        ground = (height[max(0, first - around) : first], height[last : last + around])
        rest = max(finite_quantile(part, 0.2) for part in ground)
        if finite_quantile(height[first:last], 0.9) - rest < _LIFTED:
            return False
    return True


def find_holds(scene: Scene, person: int) -> Iterator[Event]:
    """Nothing moves for a while, between movements, in another posture than at first.

    Nearly every clip begins and ends at rest; that is not worth telling, a pose in between is.

    Args:
        scene: All persons of a motion.
        person: Row of the one who is still.
    """
    body = scene.bodies[person]
    for first, last in find_stretches(_is_still(scene, body)):
        between = first > 0 and last < len(body.joints)
        if not between or last - first < _STILL_S * scene.fps:
            continue
        away = _away(body, first, last)
        if away >= _MOVED:
            run = Run(first, last - 1, 0.0, away)
            yield scene.event(person, ("hold", "centre", "body"), run, "still")


_POSE = ("left_hand", "right_hand", "head", "pelvis", "left_knee", "right_knee")


def _is_still(scene: Scene, body: Body) -> npt.NDArray[np.bool_]:
    paths = [smooth(body.point(name), scene.fps, 0.1) for name in _POSE]
    fastest = np.max(np.nan_to_num([body.speed(path) for path in paths]), axis=0)
    still: npt.NDArray[np.bool_] = fastest < scene.least("still")
    return still


def _away(body: Body, first: int, last: int) -> float:
    """How far a hand, the head or the pelvis is from where it was when the clip began."""
    ways = []
    for name in _POSE[:4]:
        path: Array = body.point(name)
        few = max(1, len(path) // 20)
        now, then = (
            np.array([finite_quantile(part[:, i]) for i in range(3)])
            for part in (path[first:last], path[:few])
        )
        ways.append(float(np.linalg.norm(now - then)) / body.stature)
    return max(np.nan_to_num(ways))


def _repeated(found: Sequence[Event]) -> list[Event]:
    """Events of one kind that follow each other become one that counts."""
    out: list[Event] = []
    for event in sorted(found, key=lambda e: e.start_s):
        last = out[-1] if out else None
        if last is not None and event.start_s - last.end_s <= _REPEATS_S:
            strong = max(last.prominence, event.prominence)
            far = max(last.amount, event.amount)
            count = last.count + 1
            out[-1] = replace(last, end_s=event.end_s, amount=far, prominence=strong, count=count)
        else:
            out.append(event)
    return out
