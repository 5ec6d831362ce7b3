"""A person who stands facing the sensor and waves, in every skeleton and space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.motion import Motion
from skeletonllm.topology import KINECT_V2, Topology

_HEIGHT = {
    "pelvis": 1.0, "lower_spine": 1.1, "spine": 1.2, "upper_spine": 1.4, "neck": 1.5,
    "head": 1.65, "nose": 1.65, "eye": 1.68, "ear": 1.67, "collar": 1.42, "shoulder": 1.4,
    "elbow": 1.15, "wrist": 0.95, "hand": 0.88, "hand_tip": 0.8, "thumb": 0.86, "hip": 0.95,
    "knee": 0.5, "ankle": 0.1, "foot": 0.03,
}  # fmt: skip
_OUTWARD = {
    "eye": 0.03, "ear": 0.08, "collar": 0.06, "shoulder": 0.18, "elbow": 0.25, "wrist": 0.3,
    "hand": 0.31, "hand_tip": 0.32, "thumb": 0.28, "hip": 0.1, "knee": 0.11, "ankle": 0.11,
    "foot": 0.13,
}  # fmt: skip


def make_standing_pose(topology: Topology) -> npt.NDArray[np.float32]:
    """Joints [J, 3] in metres of a person facing -z, the right hand at larger x, feet at y = 0."""
    rows = []
    for name in topology.joints:
        side = {"left": -1.0, "right": 1.0}.get(name.split("_")[0], 0.0)
        word = name.removeprefix("left_").removeprefix("right_")
        forward = -0.12 if word == "foot" else 0.0
        rows.append((side * _OUTWARD.get(word, 0.0), _HEIGHT[word], forward))
    return np.array(rows, dtype=np.float32)


def make_waving_motion(
    topology: Topology = KINECT_V2, frames: int = 10, persons: int = 1
) -> Motion:
    """Persons 3 m before the sensor, in camera space, whose right hands go up by 0.9 m.

    Args:
        topology: Of the persons.
        frames: How many, at 30 a second.
        persons: Each stands 0.7 m beside and 0.4 m behind the one before.
    """
    joints = np.tile(make_standing_pose(topology), (frames, persons, 1, 1))
    joints[..., 1] -= 1.0
    joints[..., 2] += 3.0 + 0.4 * np.arange(persons)[None, :, None]
    joints[..., 0] += 0.7 * np.arange(persons)[None, :, None]
    for name in ("right_wrist", "right_hand", "right_hand_tip"):
        at = topology.find(name)
        if at is not None:
            joints[:, :, at, 1] += np.linspace(0, 0.9, frames)[:, None]
    return Motion(
        joints=joints.astype(np.float32),
        present=np.ones((frames, persons), dtype=bool),
        confidence=np.ones((frames, persons, len(topology)), dtype=np.float32),
        topology=topology,
        fps=30.0,
    )


def move_to_world(motion: Motion) -> Motion:
    """The same persons in world space, feet on the ground, facing +z."""
    joints = motion.joints * np.array([-1, 1, -1], np.float32) + np.array([0, 1, 0], np.float32)
    return replace(motion, joints=joints, space="world")


def project_to_image(motion: Motion) -> Motion:
    """The same persons as pixels of a 640 x 480 photograph: right hand on the left, y down."""
    joints = motion.joints * np.array([-150, -150, 0], np.float32) + np.array(
        [320, 240, 0], np.float32
    )
    return replace(motion, joints=joints, space="image", metric=False, image_size=(640, 480))
