"""Rotations over time, as rotation vectors [T, 3]: an axis times an angle in radians.

A vector rather than a matrix, since a part of a rotation is then that share of the vector.
A direction that was not seen is NaN, and so is what is turned by it: nothing is invented.
"""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import UP, Array

_SHORT = 1e-9
"""Lengths and sines below this have no direction."""


def measure_swings(a: Array, b: Array) -> Array:
    """The shortest rotations [T, 3] that take the directions of ``a`` to those of ``b``.

    Args:
        a: Vectors [T, 3].
        b: Vectors [T, 3].
    """
    a, b = _normalize(a), _normalize(b)
    axis, cosine = _cross(a, b), np.sum(a * b, axis=1)
    sine = np.linalg.norm(axis, axis=1)
    # Opposite directions have many shortest rotations. The one about z stays in a picture's plane.
    opposite = (sine < _SHORT) & (cosine < 0)
    if opposite.any():
        upright = np.array([0.0, 0.0, 1.0]) - a * a[:, 2:]
        sideways = np.array([1.0, 0.0, 0.0]) - a * a[:, :1]
        other = np.where(np.abs(a[:, 2:]) < 0.9, upright, sideways)
        axis = np.where(opposite[:, None], other, axis)
    size = np.maximum(np.linalg.norm(axis, axis=1), _SHORT)
    swings: Array = axis * (np.arctan2(sine, cosine) / size)[:, None]
    return swings


def rotate(vectors: Array, rotations: Array) -> Array:
    """The vectors [T, ..., 3], each turned by the rotation of its frame.

    Args:
        vectors: [T, ..., 3].
        rotations: Rotation vectors [T, 3].
    """
    angle = np.linalg.norm(rotations, axis=1)
    axis = rotations / np.maximum(angle, _SHORT)[:, None]
    shape = (-1, *[1] * (vectors.ndim - 1))
    axis = axis.reshape((len(axis), *[1] * (vectors.ndim - 2), 3))
    sine, cosine = np.sin(angle).reshape(shape), np.cos(angle).reshape(shape)
    along = np.sum(axis * vectors, axis=-1, keepdims=True)
    turned: Array = vectors * cosine + _cross(axis, vectors) * sine + axis * along * (1 - cosine)
    return turned


def carry_along(first: Array, bones: Array) -> Array:
    """A vector [T, 3] that begins as ``first`` and turns as the bones turn, without twist.

    It goes with the bone from frame to frame by the shortest rotation. One rotation from the first
    frame to the last would have no certain axis when an arm goes from hanging to overhead.

    Args:
        first: The vector [3] in the first frame; NaN from where the bone was not seen.
        bones: Directions of the bone that carries it, [T, 3].
    """
    swings = measure_swings(bones[:-1], bones[1:])
    turns = rotate(np.tile(np.eye(3), (len(swings), 1, 1)), swings)  # rows: where an axis goes
    carried = np.empty((len(bones), 3))
    carried[0] = first
    for frame, turn in enumerate(turns):
        carried[frame + 1] = carried[frame] @ turn
    return carried


def measure_trunk_frames(body: Body) -> Array:
    """Axes [T, 3, 3] of the trunk, as columns: to its right, along it, and the third.

    Args:
        body: Whose trunk; in a plane the third axis is the line of sight.
    """
    up = _normalize(body.point("chest") - body.point("pelvis"))
    if body.topology.dims == 2:
        right = _cross(up, np.array([0.0, 0.0, 1.0]))
    else:
        across = body.point("right_shoulder") - body.point("left_shoulder")
        right = _normalize(across - up * np.sum(across * up, axis=1, keepdims=True))
    return np.stack([right, up, _cross(right, up)], axis=2)


def measure_heading_frames(body: Body) -> Array:
    """Axes [T, 3, 3] of the hips, level, as columns: to the right, up, and the third.

    Level, since no sensor of joints tells how far the pelvis tilts: a bow leaves the legs alone.

    Args:
        body: Whose hips; in a plane they are the axes of the picture.
    """
    if body.topology.dims == 2:
        return np.tile(np.eye(3), (len(body.joints), 1, 1))
    across = body.point("right_hip") - body.point("left_hip")
    right = _normalize(across * (1.0, 0.0, 1.0))
    up = np.broadcast_to(UP, right.shape)
    return np.stack([right, up, _cross(right, up)], axis=2)


def keep_in_frames(vectors: Array, frames: Array) -> Array:
    """The first of the vectors [T, 3], as it would be had it stayed still in the moving frames.

    Args:
        vectors: [T, 3]; only the first is looked at.
        frames: Axes [T, 3, 3] as columns.
    """
    kept: Array = frames @ (frames[0].T @ vectors[0])
    return kept


def _normalize(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Array = vectors / np.where(length > _SHORT, length, np.nan)
    return unit


def _cross(a: Array, b: Array) -> Array:
    """As ``np.cross``, which takes three times as long for few vectors."""
    product = np.empty(np.broadcast_shapes(a.shape, b.shape))
    for x, y, z in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        product[..., x] = a[..., y] * b[..., z] - a[..., z] * b[..., y]
    return product
