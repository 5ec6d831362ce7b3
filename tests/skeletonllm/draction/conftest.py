"""People for the renderer's tests: a person who stands facing the sensor, and pairs of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22, Topology

TALL = {
    "pelvis": 1.0, "lower_spine": 1.1, "spine": 1.2, "upper_spine": 1.4, "neck": 1.5,
    "head": 1.65, "nose": 1.65, "eye": 1.68, "ear": 1.67, "collar": 1.42, "shoulder": 1.4,
    "elbow": 1.15, "wrist": 0.95, "hand": 0.88, "hand_tip": 0.8, "thumb": 0.86, "hip": 0.95,
    "knee": 0.5, "ankle": 0.1, "foot": 0.03,
}  # fmt: skip
WIDE = {
    "eye": 0.03, "ear": 0.08, "collar": 0.06, "shoulder": 0.18, "elbow": 0.25, "wrist": 0.3,
    "hand": 0.31, "hand_tip": 0.32, "thumb": 0.28, "hip": 0.1, "knee": 0.11, "ankle": 0.11,
    "foot": 0.13,
}  # fmt: skip


def stand(topology: Topology) -> np.ndarray:
    """Joints [J, 3] of a person facing -z (a sensor at the origin), right hand at larger x."""
    rows = []
    for name in topology.joints:
        side = {"left": -1.0, "right": 1.0}.get(name.split("_")[0], 0.0)
        word = name.removeprefix("left_").removeprefix("right_")
        forward = -0.12 if word == "foot" else 0.0
        rows.append((side * WIDE.get(word, 0.0), TALL[word], forward))
    return np.array(rows, dtype=np.float32)


def wave(topology: Topology = KINECT_V2, frames: int = 10, persons: int = 1) -> Motion:
    """Camera space, 3 m away; the right hand goes up, the second person stands behind."""
    joints = np.tile(stand(topology), (frames, persons, 1, 1))
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


def in_the_world(motion: Motion) -> Motion:
    """The same persons in world space, feet on the ground, facing +z."""
    joints = motion.joints * np.float32([-1, 1, -1]) + np.float32([0, 1, 0])
    return replace(motion, joints=joints, space="world")


def in_the_image(motion: Motion) -> Motion:
    """The same persons as pixels of a 640 x 480 photograph: right hand on the left, y down."""
    joints = motion.joints * np.float32([-150, -150, 0]) + np.float32([320, 240, 0])
    return replace(motion, joints=joints, space="image", metric=False, image_size=(640, 480))


@pytest.fixture(scope="session")
def waving() -> Callable[..., Motion]:
    return wave


@pytest.fixture(scope="session")
def everyone() -> list[Motion]:
    """One motion of every skeleton and space, different lengths and numbers of persons."""
    return [
        wave(KINECT_V2, 10, 2),
        wave(KINECT_V1, 7),
        in_the_world(wave(SMPL_22, 12)),
        in_the_image(wave(COCO_17, 9)),
    ]
