"""Sensors look down a little: where is up, if not along the sensor's +y?

NTU's Kinects are tilted by as much as 20 degrees. Measured against +y, everybody there leans
forward, and who walks towards the sensor sinks. People who stand upright show the true vertical.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_ENOUGH = 8
"""Frames of standing people without which no vertical is told: fewer are one posture."""
_TILTED_DEG = 35.0
"""No sensor that sees whole bodies is tilted farther; what looks so is a person who leans."""


def estimate_levelling(standing: Array) -> Array:
    """Rotation [3, 3] that turns the vertical shown by standing bodies to +y.

    Args:
        standing: Vectors [N, 3] from feet to shoulders of people who stand; NaN rows are ignored.

    Returns:
        The identity where too few stand, or where what they show cannot be a tilt of the sensor.
    """
    seen = standing[np.isfinite(standing).all(axis=1)]
    if len(seen) < _ENOUGH:
        return np.eye(3)
    up = np.median(seen / np.linalg.norm(seen, axis=1, keepdims=True), axis=0)
    up /= np.linalg.norm(up)
    if up[1] < np.cos(np.radians(_TILTED_DEG)):
        return np.eye(3)
    return _rotation_to_y(up)


def _rotation_to_y(up: Array) -> Array:
    """The shortest rotation (Rodrigues) from a unit vector to +y."""
    x, _, z = np.cross(up, (0.0, 1.0, 0.0))
    cross = np.array([[0.0, -z, 0.0], [z, 0.0, -x], [0.0, x, 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + up[1])
