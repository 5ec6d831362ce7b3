"""Clips of chosen trajectories."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.motion import Motion
from skeletonllm.testing import clips as testing_clips
from skeletonllm.topology import KINECT_V1


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Clip]:
    """A clip of persons whose 20 joints all lie at the given x [T, P]; NaN means absent."""

    def make(x: object, fps: float = 30.0) -> Clip:
        path = np.asarray(x, dtype=np.float64)
        present = ~np.isnan(path)
        joints = np.zeros((*path.shape, 20, 3), np.float32)
        joints[..., 0] = np.nan_to_num(path)[..., None]
        confidence = np.repeat(present[..., None], 20, axis=2).astype(np.float32)
        motion = Motion(joints, present, confidence, KINECT_V1, fps)
        names = tuple("abcdefg"[: path.shape[1]])
        frames = tuple(range(10, 10 + len(path)))
        return testing_clips.make_clip(motion, frame_index=frames, person_ids=names)

    return make
