"""What the trunk does: leans, straightens, twists; and shoulders that shrug."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.detectors.own_paths import AHEAD, RIGHT, measure_own_path
from skeletonllm.kinematics.monotone_runs import Run, find_finite_stretches, find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene
from skeletonllm.kinematics.signals import Array, smooth

_UPRIGHT = 10.0
"""Degrees from the vertical at which a trunk is upright, or so we say."""
_ASLANT = 0.5
"""A lean goes ahead, back or aside if the other axis has less than this share of it more."""
_STEADY_S = 0.1
"""Standard deviation of the average of the twist: hips of depth sensors jitter."""
_TOO_ASLANT = 35.0
"""Degrees of lean beyond which the shoulders of a bent trunk turn in another plane."""
_RESTS = 0.08
"""Statures a hand may rise, and radians (5 degrees) the trunk may tilt, in a shrug: raised arms
lift the shoulders with them."""


def find_leans(scene: Scene, person: int) -> Iterator[Event]:
    """Leans of the trunk with direction, and its straightening.

    Args:
        scene: All persons of a motion.
        person: Row of the one who leans.
    """
    body = scene.bodies[person]
    trunk = measure_own_path(body, "chest")
    for run in find_runs(body.lean(), scene.least("torso"), scene.fps):
        if run.change > 0:
            towards = _name_lean(trunk[run.end])
            what = ("lean", "centre", "torso")
            yield scene.event(person, what, run, "torso", direction=towards)
        elif run.after <= max(_UPRIGHT, 0.5 * run.before):
            yield scene.event(person, ("straighten", "centre", "torso"), run, "torso")


def _name_lean(chest: Array) -> str:
    """The direction of a trunk [3] that is not upright; empty where two are as good."""
    sideways, ahead = np.nan_to_num(chest[[RIGHT, AHEAD]])
    sizes = sorted((abs(sideways), abs(ahead)))
    if sizes[1] <= 0 or sizes[0] > (1 - 0.5 * _ASLANT) * sizes[1]:
        return ""
    if abs(sideways) > abs(ahead):
        return "right" if sideways > 0 else "left"
    return "forward" if ahead > 0 else "back"


def find_twists(scene: Scene, person: int) -> Iterator[Event]:
    """Twists: the shoulders turn against the hips, to the left or right.

    Args:
        scene: All persons of a motion.
        person: Row of the one who twists.
    """
    body = scene.bodies[person]
    twist = _heading(body, "shoulder") - _heading(body, "hip")
    twist = np.where(np.nan_to_num(body.lean()) <= _TOO_ASLANT, twist, np.nan)
    twist = smooth((twist + 180.0) % 360.0 - 180.0, scene.fps, _STEADY_S)
    for first, last in find_finite_stretches(twist):
        twist[first:last] = np.unwrap(twist[first:last], period=360.0)
    for run in find_runs(twist, scene.least("twist"), scene.fps):
        towards = "left" if run.change > 0 else "right"
        what = ("twist", "centre", "torso")
        yield scene.event(person, what, run, "twist", direction=towards)


def _heading(body: Body, pair: str) -> Array:
    """Degrees [T] of the line from left to right, counterclockwise seen from above."""
    across = body.point(f"right_{pair}") - body.point(f"left_{pair}")
    across = np.where(np.linalg.norm(across, axis=1, keepdims=True) > 1e-9, across, np.nan)
    heading: Array = np.degrees(np.arctan2(-across[:, 2], across[:, 0]))
    return heading


def find_shrugs(scene: Scene, person: int) -> Iterator[Event]:
    """Both shoulders that go up, or down again, while the arms and the trunk rest.

    One shoulder alone is not told: a twist, or the jitter of a sensor, lifts it as far.

    Args:
        scene: All persons of a motion.
        person: Row of the one who shrugs.
    """
    body = scene.bodies[person]
    heights = [body.height(f"{side}_shoulder") for side in SIDES]
    still = [body.height(f"{side}_hand") for side in SIDES]
    still.append(np.radians(body.lean()))
    for run in find_runs(np.mean(heights, axis=0), scene.least("shrug"), scene.fps):
        ways = [height[run.end] - height[run.start] for height in heights]
        together = min(way * np.sign(run.change) for way in ways) >= 0.7 * abs(run.change)
        if together and all(_rests(signal, run) for signal in still):
            motion, way = ("raise", "up") if run.change > 0 else ("lower", "down")
            what = (motion, "both", "shoulder")
            yield scene.event(person, what, run, "shrug", direction=way)


def _rests(signal: Array, run: Run) -> bool:
    here = signal[run.start : run.end + 1]
    finite = here[np.isfinite(here)]
    return not finite.size or float(np.ptp(finite)) <= _RESTS
