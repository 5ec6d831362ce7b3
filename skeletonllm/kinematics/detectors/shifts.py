"""Hands that go ahead, back or sideways, more than they go up or down; and hands that stay up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skeletonllm.kinematics.detectors.own_paths import (
    AHEAD,
    NAMES,
    RIGHT,
    measure_own_path,
    measure_shift,
)
from skeletonllm.kinematics.detectors.windows import classify_mean_level
from skeletonllm.kinematics.monotone_runs import Run, find_runs, find_stretches
from skeletonllm.kinematics.scene import LEVELS, SIDES, Event, Scene, classify_hand_level
from skeletonllm.kinematics.signals import Array, finite_quantile

_MAINLY = 0.55
"""Share of the whole way that goes along the axis: a shift to the right, at 57 degrees or less. The
strokes of a drawn X, or of a triangle, are steeper than 45 degrees as often as not."""

_STILL = 0.35
"""Statures a second (0.6 m/s) that a hand is slower than where it stays: it sways by less."""
_REACH = 0.05
"""Statures it stays within."""
_STAYS_S = 0.25
"""Shorter, it only turns round."""
_LIFTED = LEVELS.index("chest")
"""A hand that stays lower hangs, or lies in the lap."""


def find_shifts(scene: Scene, person: int) -> Iterator[Event]:
    """Forward, backward and sideways of the hands, with the level where they end.

    Args:
        scene: All persons of a motion.
        person: Row of the one whose hands they are.
    """
    for side in SIDES:
        path = measure_own_path(scene.bodies[person], f"{side}_hand")
        for axis in (RIGHT, AHEAD):
            yield from _along(scene, person, side, path, axis)


def _along(scene: Scene, person: int, side: str, path: Array, axis: int) -> Iterator[Event]:
    for run in find_runs(path[:, axis], scene.least("shift"), scene.fps):
        if abs(run.change) < _MAINLY * float(np.linalg.norm(measure_shift(path, run))):
            continue
        name = NAMES[axis][int(run.change > 0)]
        motion = {"forward": "forward", "back": "backward"}.get(name, "sideways")
        towards = name if motion == "sideways" else ""
        level = classify_hand_level(scene.bodies[person], side, run.end)
        what = (motion, side, "hand")
        yield scene.event(person, what, run, "shift", direction=towards, target=level)


def find_stays(scene: Scene, person: int) -> Iterator[Event]:
    """Hands that stay at the chest or higher, with the level.

    Args:
        scene: All persons of a motion.
        person: Row of the one whose hands stay.
    """
    body = scene.bodies[person]
    for side in SIDES:
        path = measure_own_path(body, f"{side}_hand")
        steps = np.diff(path, axis=0, append=path[-1:])
        with np.errstate(invalid="ignore"):
            still = np.linalg.norm(steps, axis=1) * scene.fps < _STILL
        for first, last in find_stretches(still):
            if last - first < _STAYS_S * scene.fps or _measure_reach(path[first:last]) > _REACH:
                continue
            run = Run(first, last - 1, 0.0, _REACH)
            level = classify_mean_level(body, side, run)
            if level in LEVELS[_LIFTED:]:
                yield scene.event(person, ("hold", side, "hand"), run, "still", target=level)


def _measure_reach(path: Array) -> float:
    """How far a stretch [T, 3] gets from its middle."""
    middle = [finite_quantile(path[:, axis]) for axis in range(3)]
    return finite_quantile(np.linalg.norm(path - middle, axis=1), 0.85)
