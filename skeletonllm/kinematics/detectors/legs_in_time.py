"""Signals of both legs that several detectors share: how bent, where the feet, how far behind."""

from __future__ import annotations

import warnings

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.scene import SIDES
from skeletonllm.kinematics.signals import Array, finite_quantile

APART = 0.27
"""Feet farther apart than this, in statures, stand in a lunge; a step ends at 0.25 or less."""
LEVEL = np.array([1.0, 0.0, 1.0])
"""Times a path: its shadow on the floor."""


def measure_knee_bend(body: Body) -> Array:
    """Degrees [T] by which the knees are bent, the mean of both; 0 is straight."""
    return 180.0 - average_sides([body.angle("knee", side) for side in SIDES])


def measure_thigh_tilt(body: Body) -> Array:
    """Degrees [T] between the thighs and the vertical, the mean of both.

    Feet behind a desk or a chair hide the knee's angle from a sensor, but not the thigh.
    """
    down = np.array([0.0, -1.0, 0.0])
    tilts = []
    for side in SIDES:
        thigh = body.point(f"{side}_knee") - body.point(f"{side}_hip")
        cosine = thigh @ down / np.maximum(np.linalg.norm(thigh, axis=1), 1e-9)
        tilts.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return average_sides(tilts)


def measure_seat(body: Body) -> Array:
    """How far [T] the pelvis is behind the middle of the feet, in statures; NaN in a plane."""
    feet = average_sides([body.point(f"{side}_foot") for side in SIDES])
    behind: Array = np.sum((feet - body.point("pelvis")) * body.forward(), axis=1) / body.stature
    return behind


def measure_stride(body: Body) -> Array:
    """Distance [T] between the feet over the floor, in statures."""
    apart = (body.point("left_foot") - body.point("right_foot")) * LEVEL
    stride: Array = np.linalg.norm(apart, axis=1) / body.stature
    return stride


def stands_apart(body: Body, run: Run) -> bool:
    """Whether the feet are as far apart as in a lunge for some of a run.

    Args:
        body: Whose feet.
        run: The stretch that is looked at.
    """
    return finite_quantile(measure_stride(body)[run.start : run.end + 1], 0.9) > APART


def measure_foot_lift(body: Body, side: str) -> Array:
    """Height [T] of a foot above where it stands, in statures.

    Args:
        body: Whose foot.
        side: ``left`` or ``right``.
    """
    height = body.height(f"{side}_foot", above="")
    return height - finite_quantile(height, 0.1)


def average_sides(signals: list[Array]) -> Array:
    """The mean of what was seen; NaN, without a warning, where nothing was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean: Array = np.nanmean(signals, axis=0)
    return mean
