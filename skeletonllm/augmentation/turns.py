"""Bodies turned: about their vertical, and as a camera sees them that is raised or rolls.

All persons of a clip are turned together about their common centre, so that who faces whom stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics.gravity import estimate_levelling
from skeletonllm.motion import Motion

Array = npt.NDArray[np.float64]

_STRETCHED = 0.96
"""Feet to shoulders over the sum of shanks, thighs and trunk, from which on a body stands upright:
it holds for a lean of 16 degrees at the hip, and not for a seat."""
_NEAREST = 0.5
"""No joint comes nearer to the sensor than this share of what the nearest one was."""


def turn_bodies(motion: Motion, *, yaw: float, elevation: float = 0.0, roll: float = 0.0) -> Motion:
    """The motion turned about the common centre of its bodies; a motion in a plane stays as it is.

    Args:
        motion: In any space.
        yaw: Radians about the vertical, from +x towards +z.
        elevation: Radians by which the camera is raised.
        roll: Radians about the line of sight.
    """
    seen = motion.observed
    if is_flat(motion) or not seen.any():
        return motion
    points = motion.joints.astype(np.float64)
    centre = points[seen].mean(axis=0)
    level = _find_levelling(motion)
    turn = _about("z", roll) @ _about("x", elevation) @ level.T @ _about("y", yaw) @ level
    turned = (points - centre) @ turn.T + centre
    if motion.space == "camera":
        turned[..., 2] += _step_back(points[seen][:, 2], turned[seen][:, 2])
    joints = np.where(seen[..., None], turned, motion.joints).astype(np.float32)
    return replace(motion, joints=joints, orientations=None)


def is_flat(motion: Motion) -> bool:
    """Whether the motion lies in a plane, so that it cannot be turned."""
    return motion.space == "image" or motion.topology.dims == 2


def _about(axis: str, angle: float) -> Array:
    """Rotation [3, 3], for columns; about y it goes from +x towards +z."""
    c, s = np.cos(angle), np.sin(angle)
    rows = {
        "x": [[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]],
        "y": [[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]],
        "z": [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]],
    }
    return np.array(rows[axis])


def _step_back(before: Array, after: Array) -> float:
    """How far bodies in front of the sensor must go back in order to stay there."""
    nearest = float(before.min())
    # Around the origin there is no sensor: such data was centred at the body.
    return max(0.0, _NEAREST * nearest - float(after.min())) if nearest > 0 else 0.0


def _find_levelling(motion: Motion) -> Array:
    """Rotation [3, 3] that turns the vertical of a sensor, which may look down, to +y."""
    if motion.space != "camera":
        return np.eye(3)
    points = (("ankle", "foot"), ("knee",), ("hip",), ("shoulder",))
    chain = [_find_middle(motion, names) for names in points]
    upwards = chain[-1] - chain[0]
    pieces = sum(np.linalg.norm(b - a, axis=-1) for a, b in pairwise(chain))
    with np.errstate(invalid="ignore"):
        stands = np.linalg.norm(upwards, axis=-1) > _STRETCHED * pieces
    return estimate_levelling(upwards[stands])


def _find_middle(motion: Motion, names: Sequence[str]) -> Array:
    """Middle [T, P, 3] of the left and right joint of the first name there is; NaN if not seen."""
    found = [motion.topology.find(*(f"{side}_{n}" for n in names)) for side in ("left", "right")]
    pair = [index for index in found if index is not None]
    if len(pair) < 2:
        return np.full((*motion.present.shape, 3), np.nan)
    places = np.where(motion.observed[..., None], motion.joints.astype(np.float64), np.nan)
    middle: Array = places[:, :, pair].mean(axis=2)
    return middle
