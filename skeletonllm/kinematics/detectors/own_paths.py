"""Where a part of the body is, as its owner sees it: to the right, up and ahead.

The heading is averaged over time: a hand that swings turns the shoulders a little, and must not
turn the axes it is measured along.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.monotone_runs import Run
from skeletonllm.kinematics.signals import Array, smooth

_STEADY_S = 0.3
"""Standard deviation of the average of the heading."""

RIGHT, HIGH, AHEAD = 0, 1, 2
"""Columns of an own path."""

NAMES = (("left", "right"), ("down", "up"), ("back", "forward"))
"""Direction of each column: of a negative and of a positive shift."""


def measure_own_path(
    body: Body, name: str, origin: str = "pelvis", steady_s: float = _STEADY_S
) -> Array:
    """Path [T, 3] of a point in own directions, in statures: right, up, ahead of ``origin``.

    In a plane nothing is ahead; right is the picture's, as the shoulders are ordered in it.

    Args:
        body: Whose point.
        name: A point, see :meth:`Body.point`.
        origin: What it is measured from, another point.
        steady_s: Standard deviation of the average of the heading.
    """
    return body.recall(
        f"own {name} {origin} {steady_s}", lambda: _measure_own_path(body, name, origin, steady_s)
    )


def _measure_own_path(body: Body, name: str, origin: str, steady_s: float) -> Array:
    path = (body.point(name) - body.point(origin)) / body.stature
    right = body.recall(f"steady right {steady_s}", lambda: _steady(body, steady_s))
    along = np.sum(path * right, axis=1)
    ahead = path[:, 0] * right[:, 2] - path[:, 2] * right[:, 0]  # up x right, which is level
    if body.topology.dims == 2:
        ahead = np.full(len(path), np.nan)
    return np.stack([along, path[:, 1], ahead], axis=1)


def _steady(body: Body, steady_s: float) -> Array:
    right = smooth(body.right(), body.fps, steady_s)
    length = np.linalg.norm(right, axis=1, keepdims=True)
    steady: Array = right / np.where(length > 1e-9, length, np.nan)
    return steady


def name_way(shift: Array) -> str:
    """The direction most of a shift [3] in own directions goes; empty if nothing is known."""
    sizes = np.nan_to_num(np.abs(shift))
    axis = int(np.argmax(sizes))
    return NAMES[axis][int(shift[axis] > 0)] if sizes[axis] > 0 else ""


def measure_shift(path: Array, run: Run) -> Array:
    """Shift [3] of an own path from the start to the end of a run; unseen axes are 0.

    Args:
        path: Own path, [T, 3].
        run: From when to when.
    """
    shift: Array = np.nan_to_num(path[run.end] - path[run.start])
    return shift
