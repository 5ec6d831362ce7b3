"""A fingerprint of a motion: 264 numbers that find the same motion again under another name.

The place, the direction and the size of the person do not change them, nor does the frame rate.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics import Body
from skeletonllm.motion import FloatArray
from skeletonllm.quality.tracks import Array

TIMES = 8
"""Equal parts of a clip. Means over them hardly change with noise, smoothing or frame rate; with
fewer parts different motions would look alike."""
_FINE = 8
"""Samples of a part: enough that a part of any frame rate has the same mean."""
POINTS = (
    "chest",
    "head",
    *(f"{side}_{name}" for side in ("left", "right") for name in ("elbow", "hand", "knee", "foot")),
)
SIZE = TIMES * (len(POINTS) + 1) * 3
"""Numbers of a fingerprint: 8 parts, 11 points, 3 axes."""


def compute_fingerprint(body: Body) -> FloatArray:
    """Fingerprint of a motion, float32 [SIZE], in body heights.

    For each part of the clip it holds the positions of the points relative to the pelvis, and of
    the pelvis relative to its start. All are turned so that the body faces one way, and scaled so
    that the distance of two fingerprints is the root mean square distance of their points.

    Points of which nothing is known lie at the pelvis. A person without a pelvis or a size has a
    fingerprint of zeros, which equals no other.
    """
    pelvis = _means(body.point("pelvis"))
    if not np.isfinite(body.stature) or not np.isfinite(pelvis).all():
        return np.zeros(SIZE, np.float32)
    points = [_means(body.point(name)) - pelvis for name in POINTS]
    path = np.stack([*points, pelvis - pelvis[0]], 1) / body.stature  # [TIMES, points, 3]
    turned = np.nan_to_num(path, nan=0.0) @ _to_front(body)
    return (turned / np.sqrt(turned.shape[0] * turned.shape[1])).astype(np.float32).reshape(-1)


def _means(path: Array) -> Array:
    """Mean of a path [T, 3] over each part, [TIMES, 3]; gaps are bridged, NaN if all is a gap."""
    observed = np.isfinite(path).all(1)
    if not observed.any():
        return np.full((TIMES, 3), np.nan)
    frames, at = np.flatnonzero(observed), np.linspace(0, len(path) - 1, TIMES * _FINE)
    fine = [np.interp(at, frames, path[frames, axis]) for axis in range(3)]
    return np.stack(fine, 1).reshape(TIMES, _FINE, 3).mean(1)


def _to_front(body: Body) -> Array:
    """Rotation [3, 3], for rows, about the vertical: the body's right on the average becomes +x."""
    right = body.right()
    x, _, z = np.where(np.isfinite(right), right, 0.0).sum(0)
    length = np.hypot(x, z)
    if body.topology.dims == 2 or length == 0:
        return np.eye(3)
    c, s = x / length, z / length
    return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
