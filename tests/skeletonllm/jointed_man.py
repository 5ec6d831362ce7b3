"""A man of hinges, for tests that must know by hand which joint makes how much of a movement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skeletonllm.kinematics import Body
from skeletonllm.topology import KINECT_V2

Array = npt.NDArray[np.float64]

FRAMES, FPS = 60, 30.0
UPPER_ARM, FOREARM, THIGH, SHANK = 0.3, 0.25, 0.42, 0.42

_TRUNK = {"spine": 0.23, "upper_spine": 0.48, "neck": 0.56, "head": 0.7}
_WIDTH = {"shoulder": 0.18, "hip": 0.09}


def move(degrees: float, start_s: float, end_s: float, first: float = 0.0) -> Array:
    """Angles [T] that go smoothly from ``first`` by some degrees between two times."""
    t = (np.arange(FRAMES) / FPS - start_s) / (end_s - start_s)
    moved: Array = first + degrees * (0.5 - 0.5 * np.cos(np.pi * np.clip(t, 0, 1)))
    return moved


def make_body(**angles: Array) -> Body:
    """A body 1.7 m tall that faces -z and stands on its left foot.

    Args:
        angles: Degrees [T], 0 where not given: ``lean`` of the trunk, forward; ``left_`` and
            ``right_`` with ``shoulder`` and ``hip`` (forward), ``elbow`` and ``knee`` (bent).
    """

    def angle(name: str) -> Array:
        return np.radians(angles.get(name, np.zeros(FRAMES)))

    where: dict[str, Array] = {"pelvis": np.zeros((FRAMES, 3))}
    for name, length in _TRUNK.items():
        where[name] = length * _down(np.pi - angle("lean"))
    for s, sign in (("left", -1.0), ("right", 1.0)):
        across = np.array([sign, 0.0, 0.0])
        arm = angle(f"{s}_shoulder") - angle("lean")
        where[f"{s}_shoulder"] = where["upper_spine"] + across * _WIDTH["shoulder"]
        where[f"{s}_elbow"] = where[f"{s}_shoulder"] + UPPER_ARM * _down(arm)
        fore = _down(arm + angle(f"{s}_elbow"))
        for name, length in (("wrist", 0.0), ("hand", 0.07), ("hand_tip", 0.14), ("thumb", 0.1)):
            where[f"{s}_{name}"] = where[f"{s}_elbow"] + (FOREARM + length) * fore
        where[f"{s}_hip"] = across * _WIDTH["hip"] + np.zeros((FRAMES, 3))
        where[f"{s}_knee"] = where[f"{s}_hip"] + THIGH * _down(angle(f"{s}_hip"))
        shank = _down(angle(f"{s}_hip") - angle(f"{s}_knee"))
        where[f"{s}_ankle"] = where[f"{s}_knee"] + SHANK * shank
        where[f"{s}_foot"] = where[f"{s}_ankle"] + np.array([0.0, -0.05, -0.1])
    joints = np.stack([where[name] for name in KINECT_V2.joints], axis=1)
    standing = np.array([-_WIDTH["hip"], 0.08, 0.0]) - where["left_ankle"]
    return Body(joints + standing[:, None], KINECT_V2, FPS, 1.7)


def measure_bones(body: Body) -> Array:
    """Length of each bone [T, B]."""
    a, b = np.array(body.topology.bones).T
    lengths: Array = np.linalg.norm(body.joints[:, a] - body.joints[:, b], axis=2)
    return lengths


def _down(angle: Array) -> Array:
    """Directions [T, 3] that are so far forward of straight down."""
    return np.stack([0 * angle, -np.cos(angle), -np.sin(angle)], axis=1)
