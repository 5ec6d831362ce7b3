"""From joints to the features of HumanML3D and KIT-ML (Guo et al., CVPR 2022).

They are those of ``motion_representation`` of HumanML3D, written anew with complex numbers for the
ground plane.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Sides = tuple[int, int, int, int]
"""Hip and shoulder on the published right, hip and shoulder on the published left."""


def measure_headings(joints: Array, sides: Sides) -> Array:
    """Where a body faces, radians about +y from +z [T]; the published one is smoothed.

    Args:
        joints: [T, J, 3], y up.
        sides: Indices of hips and shoulders.
    """
    right_hip, right_shoulder, left_hip, left_shoulder = sides
    across = joints[:, right_hip] - joints[:, left_hip]
    across = across + joints[:, right_shoulder] - joints[:, left_shoulder]
    ahead = np.cross([0.0, 1.0, 0.0], across)
    angle: Array = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2]))
    return angle


def encode_features(joints: Array, heading: Array, feet: tuple[int, ...]) -> Array:
    """Features [T - 1, 12 J - 1] of joints; rotations stay zero, since nothing here reads them.

    Args:
        joints: [T, J, 3] in metres, from the origin of the ground, at first heading to +z.
        heading: Radians about +y [T].
        feet: Indices of ankles and toes, whose contact with the ground is a feature.
    """
    # z is real, x imaginary: angles count from +z to +x
    plane = joints[..., 2] + 1j * joints[..., 0]
    back = np.exp(-1j * heading)
    steps = np.diff(plane[:, 0]) * back[1:]
    about = (plane - plane[:, :1]) * back[:, None]
    moves = np.diff(plane, axis=0) * back[:-1, None]
    still = (np.diff(joints[:, feet], axis=0) ** 2).sum(-1) < 0.002
    places = np.stack([about.imag, joints[..., 1], about.real], -1)[:-1, 1:]
    velocities = np.stack([moves.imag, np.diff(joints[..., 1], axis=0), moves.real], -1)
    frames = len(joints) - 1
    return np.concatenate(
        [
            -np.diff(heading)[:, None] / 2,  # the turn towards +z, that is back
            steps.imag[:, None],
            steps.real[:, None],
            joints[:-1, 0, 1:2],
            places.reshape(frames, -1),
            np.zeros((frames, 6 * (joints.shape[1] - 1))),
            velocities.reshape(frames, -1),
            still.astype(float),
        ],
        axis=1,
    )
