"""A stick man for tests that must know by hand what a motion does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from skeletonllm.clip import Caption, Clip
from skeletonllm.motion import Motion
from skeletonllm.testing.clips import make_clip
from skeletonllm.topology import KINECT_V2

Array = npt.NDArray[np.float64]

_CENTRE = {"pelvis": 0.92, "spine": 1.15, "upper_spine": 1.4, "neck": 1.48, "head": 1.62}
_SIDED = {
    "shoulder": (0.18, 1.4),
    "elbow": (0.24, 1.12),
    "wrist": (0.26, 0.88),
    "hand": (0.26, 0.8),
    "hand_tip": (0.26, 0.74),
    "thumb": (0.24, 0.8),
    "hip": (0.09, 0.9),
    "knee": (0.1, 0.5),
    "ankle": (0.1, 0.08),
    "foot": (0.1, 0.03),
}


class StickMan:
    """Kinect v2 bodies in camera space, facing the sensor, 1.7 m tall, 60 frames at 30 fps."""

    frames, fps = 60, 30.0

    def __init__(self, persons: int = 1) -> None:
        self.joints = np.zeros((self.frames, persons, 25, 3))
        for person in range(persons):
            self.joints[:, person] = _standing() + np.array([1.2 * person, 0, 0])

    def move(
        self,
        joints: str,
        shift: tuple[float, float, float],
        start_s: float,
        end_s: float,
        person: int = 0,
    ) -> StickMan:
        """Shift joints smoothly between two times; they stay where they arrive."""
        t = (np.arange(self.frames) / self.fps - start_s) / (end_s - start_s)
        blend = 0.5 - 0.5 * np.cos(np.pi * np.clip(t, 0, 1))
        for name in joints.split():
            self.joints[:, person, KINECT_V2.index(name)] += blend[:, None] * np.array(shift)
        return self

    def arm(self, side: str, up: float, start_s: float, end_s: float, person: int = 0) -> StickMan:
        """Raise (or lower, if negative) a whole forearm, straight up."""
        hand = " ".join(f"{side}_{j}" for j in ("wrist", "hand", "hand_tip", "thumb"))
        self.move(f"{side}_elbow", (0.0, 0.35 * up, 0.0), start_s, end_s, person)
        return self.move(hand, (0.0, up, 0.0), start_s, end_s, person)

    def walk(
        self,
        by: tuple[float, float, float],
        start_s: float,
        end_s: float,
        person: int = 0,
    ) -> StickMan:
        """Slide a whole body."""
        return self.move(" ".join(KINECT_V2.joints), by, start_s, end_s, person)

    def motion(self) -> Motion:
        """What the sensor recorded."""
        shape = self.joints.shape[:3]
        return Motion(
            joints=(self.joints + np.array([0, -0.8, 3])).astype(np.float32),
            present=np.ones(shape[:2], np.bool_),
            confidence=np.ones(shape, np.float32),
            topology=KINECT_V2,
            fps=self.fps,
        )


def _standing() -> Array:
    """Facing the sensor (-z), so the right side is at +x."""
    body = np.zeros((25, 3))
    for name, height in _CENTRE.items():
        body[KINECT_V2.index(name), 1] = height
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for name, (out, height) in _SIDED.items():
            body[KINECT_V2.index(f"{side}_{name}")] = (sign * out, height, 0.0)
    return body


@pytest.fixture
def stick_man() -> type[StickMan]:
    return StickMan


@pytest.fixture
def clip_of() -> Callable[..., Clip]:
    """A clip around a motion."""

    def make(motion: Motion, label: str | None = "drink water", *captions: str) -> Clip:
        return make_clip(
            motion,
            clip_id="toy/0",
            corpus="toy",
            source_uri="toy/0",
            label=label,
            label_id=None if label is None else 0,
            label_namespace=None if label is None else "toy",
            captions=tuple(Caption(text) for text in captions),
        )

    return make
