"""Joints as a network sees them: the same few points of any skeleton, in the body's own measure.

Lengths are in statures, the pelvis is the origin, and a clip is turned so that the body faces -z on
average: where the sensor stood, and how tall the person is, does not show. Time is cut to a fixed
number of frames; velocities are taken before, so that they stay per second.
"""

from __future__ import annotations

import warnings

import numpy as np

from skeletonllm.evaluation.baselines.meanings import Array
from skeletonllm.kinematics import Body, extract_bodies
from skeletonllm.kinematics.persons import rank_persons
from skeletonllm.motion import Motion

FRAMES = 32
"""Of a clip, whatever its length: of two seconds, which is usual, 16 a second."""
PERSONS = 2
_SIDED = ("shoulder", "elbow", "hand", "hip", "knee", "foot")
POINTS = ("chest", "head", *(f"{side}_{name}" for side in ("left", "right") for name in _SIDED))
"""Beside the pelvis; see :meth:`skeletonllm.kinematics.Body.point`."""
CHANNELS = PERSONS * 2 * 3 * (len(POINTS) + 1) + 1
"""Place and velocity of the points, and of the pelvis, of both persons; and the clip's length."""


def trace_joints(motion: Motion) -> Array:
    """Channels over time, float64 [CHANNELS, FRAMES]; what is not seen is 0.

    The person who matters most comes first, and both are told in that person's frame. The last
    channel is the logarithm of the clip's seconds.

    Example:
        >>> trace_joints(motion).shape == (CHANNELS, FRAMES)  # doctest: +SKIP
        True
    """
    bodies = extract_bodies(motion)
    order = [at for at in rank_persons(motion) if np.isfinite(bodies[at].stature)][:PERSONS]
    traced = np.zeros((PERSONS, FRAMES, len(POINTS) + 1, 6))
    if order:
        first = bodies[order[0]]
        turn, start = _face_forward(first), _find_start(first)
        for row, at in enumerate(order):
            traced[row] = _trace(bodies[at], first.stature, turn, start)
    channels = traced.transpose(0, 2, 3, 1).reshape(CHANNELS - 1, FRAMES)
    length = np.full((1, FRAMES), np.log(max(motion.duration_s, 1 / motion.fps)))
    return np.concatenate([channels, length])


def _trace(body: Body, unit: float, turn: Array, start: Array) -> Array:
    """Places and velocities [FRAMES, points + pelvis, 6] of one body."""
    pelvis = body.point("pelvis")
    paths = [*(body.point(name) - pelvis for name in POINTS), pelvis - start]
    placed = np.stack(paths, axis=1) @ turn.T / unit  # [T, points + pelvis, 3]
    filled = _fill_gaps(placed)
    speed = np.gradient(filled, axis=0) * body.fps if len(filled) > 1 else np.zeros_like(filled)
    return _resample(np.concatenate([filled, speed], axis=-1))


def _face_forward(body: Body) -> Array:
    """Rotation [3, 3] about the vertical that turns the mean right of a body to +x."""
    with warnings.catch_warnings():  # a body that never shows its shoulders has no right
        warnings.simplefilter("ignore", RuntimeWarning)
        across = np.nanmean(body.right(), axis=0)
    length = np.hypot(across[0], across[2])
    if body.topology.dims == 2 or not length > 1e-3:
        return np.eye(3)
    cos, sin = across[0] / length, across[2] / length
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])


def _find_start(body: Body) -> Array:
    """Where the pelvis is first seen, [3]."""
    pelvis = body.point("pelvis")
    seen = np.flatnonzero(np.isfinite(pelvis).all(axis=1))
    return np.asarray(pelvis[seen[0]] if len(seen) else np.zeros(3))


def _fill_gaps(paths: Array) -> Array:
    """Paths [T, ...] with straight lines over what was not seen; 0 where it never was."""
    flat = paths.reshape(len(paths), -1).copy()
    times = np.arange(len(flat))
    for column in flat.T:
        seen = np.isfinite(column)
        column[:] = np.interp(times, times[seen], column[seen]) if seen.any() else 0.0
    return flat.reshape(paths.shape)


def _resample(paths: Array) -> Array:
    """Paths [FRAMES, ...] at even times from the first frame to the last."""
    at = np.linspace(0, len(paths) - 1, FRAMES)
    below = np.minimum(at.astype(np.int64), max(len(paths) - 2, 0))
    above = np.minimum(below + 1, len(paths) - 1)
    share = (at - below).reshape(-1, *(1,) * (paths.ndim - 1))
    return np.asarray((1 - share) * paths[below] + share * paths[above])
