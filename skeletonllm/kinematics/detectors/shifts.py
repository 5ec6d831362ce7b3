"""Hands that go ahead, back or sideways, more than they go up or down."""

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
from skeletonllm.kinematics.monotone_runs import find_runs
from skeletonllm.kinematics.scene import SIDES, Event, Scene, classify_hand_level
from skeletonllm.kinematics.signals import Array

_MAINLY = 0.55
"""Share of the whole way that goes along the axis: a shift to the right, at 57 degrees or less. The
strokes of a drawn X, or of a triangle, are steeper than 45 degrees as often as not."""


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
