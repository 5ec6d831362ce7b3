"""Skeletons posed by rotation vectors (axis times angle), as SMPL and Human3.6M store them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.forward_kinematics import multiply_quaternions, rotate_vectors
from skeletonllm.corpora.toolkit.validation import Raw


def to_quaternions(vectors: Raw) -> Raw:
    """Unit quaternions [4, ...] (w, x, y, z) of rotation vectors [..., 3] in radians.

    Example:
        >>> to_quaternions(np.array([0.0, 0.0, np.pi / 2])).round(4).tolist()
        [0.7071, 0.0, 0.0, 0.7071]
    """
    half = np.linalg.norm(vectors, axis=-1) / 2
    share = np.sinc(half / np.pi) / 2  # sin(half) / angle, also where the angle is 0
    return np.concatenate([np.cos(half)[None], np.moveaxis(vectors, -1, 0) * share])


def pose_by_rotation_vectors(parents: Sequence[int], offsets: Raw, turns: Raw) -> tuple[Raw, Raw]:
    """Where the joints are, and how they are turned, about the root.

    Args:
        parents: Of each joint, before it; -1 for the root, which stays at its offset.
        offsets: [J, 3] from the parent, in the rest pose.
        turns: [T, J, 3] rotation vectors, each in the axes of the parent.

    Returns:
        Positions [T, J, 3] and quaternions [T, J, 4] (w, x, y, z) from the axes of the rest pose.
    """
    own = to_quaternions(turns)  # [4, T, J]
    places = np.empty((len(parents), 3, len(turns)))
    turned = np.empty((len(parents), 4, len(turns)))
    for j, parent in enumerate(parents):
        if parent < 0:
            places[j], turned[j] = offsets[j][:, None], own[..., j]
        else:
            places[j] = places[parent] + rotate_vectors(turned[parent], offsets[j][:, None])
            turned[j] = multiply_quaternions(turned[parent], own[..., j])
    return places.transpose(2, 0, 1), turned.transpose(2, 0, 1)
