"""A stick man whose hands go where a test says, with elbows that follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.scene import Scene
from skeletonllm.topology import KINECT_V2

Array = npt.NDArray[np.float64]
Points = dict[float, tuple[float, float, float]]

UPPER, LOWER = 0.30, 0.28


def trace(points: Points, frames: int = 90, fps: float = 30.0) -> Array:
    """Smooth way [T, 3] through points at times: metres to the right, up, ahead of the pelvis."""
    times, t = sorted(points), np.arange(frames) / fps
    out = np.zeros((frames, 3))
    for axis in range(3):
        values = [points[time][axis] for time in times]
        near = np.clip(np.searchsorted(times, t) - 1, 0, max(0, len(times) - 2))
        for i, k in enumerate(near):
            share = np.clip((t[i] - times[k]) / (times[k + 1] - times[k]), 0, 1)
            blend = 0.5 - 0.5 * np.cos(np.pi * share)
            out[i, axis] = values[k] + blend * (values[k + 1] - values[k])
    return out


def bend_elbow(shoulder: Array, hand: Array, out: float) -> Array:
    """Where an elbow is between a shoulder and a hand [T, 3]: below and outside the line."""
    line = hand - shoulder
    far = np.clip(np.linalg.norm(line, axis=1, keepdims=True), 0.05, UPPER + LOWER - 1e-3)
    along = line / np.maximum(np.linalg.norm(line, axis=1, keepdims=True), 1e-9)
    near = (UPPER**2 - LOWER**2 + far**2) / (2 * far)
    pole = (
        np.array([0.4 * out, -1.0, 0.3])
        - along * (along @ np.array([0.4 * out, -1.0, 0.3]))[:, None]
    )
    pole /= np.maximum(np.linalg.norm(pole, axis=1, keepdims=True), 1e-9)
    bent: Array = shoulder + along * near + pole * np.sqrt(np.maximum(UPPER**2 - near**2, 0.0))
    return bent


@pytest.fixture
def hands_at(stick_man) -> Callable[..., Scene]:
    """A scene in which the hands take their ways; a hand without one hangs."""

    def make(left: Array | None = None, right: Array | None = None, frames: int = 90) -> Scene:
        man = stick_man()
        man.joints = np.repeat(man.joints[:1], frames, axis=0)
        pelvis = man.joints[:, 0, KINECT_V2.index("pelvis")]
        for side, sign, way in (("left", -1.0, left), ("right", 1.0, right)):
            if way is None:
                continue
            hand = pelvis + way * (1.0, 1.0, -1.0)
            shoulder = man.joints[:, 0, KINECT_V2.index(f"{side}_shoulder")]
            man.joints[:, 0, KINECT_V2.index(f"{side}_elbow")] = bend_elbow(shoulder, hand, sign)
            for name in ("wrist", "hand", "hand_tip", "thumb"):
                man.joints[:, 0, KINECT_V2.index(f"{side}_{name}")] = hand
        motion = man.motion()
        return Scene(extract_bodies(motion), motion.fps, motion.metric)

    return make


@pytest.fixture
def trace_of() -> Callable[..., Array]:
    """See :func:`trace`."""
    return trace
