from __future__ import annotations

import numpy as np
import pytest
import torch

from skeletonllm.errors import MotionError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V1, SMPL_22, Topology


def random_motion(topology: Topology, frames: int, persons: int, seed: int) -> Motion:
    rng = np.random.default_rng(seed)
    joints = rng.normal(size=(frames, persons, len(topology), 3)).astype(np.float32)
    present = np.ones((frames, persons), bool)
    present[0, -1] = False
    confidence = np.ones((frames, persons, len(topology)), np.float32)
    return Motion(joints, present, confidence, topology, fps=20.0)


def test_clips_of_any_mix_come_back_as_they_were() -> None:
    motions = [random_motion(KINECT_V1, 5, 2, 0), random_motion(SMPL_22, 3, 1, 1)]
    batch = MotionBatch.from_motions(motions)
    assert len(batch) == 2
    assert batch.offsets == (0, 5 * 2 * 20, 5 * 2 * 20 + 3 * 22)
    for i, motion in enumerate(motions):
        np.testing.assert_array_equal(batch.clip(i).numpy(), motion.joints)
        np.testing.assert_array_equal(batch.clip_confidence(i).numpy(), motion.observed)


def test_gradients_reach_the_flat_tensor() -> None:
    batch = MotionBatch.from_motions([random_motion(KINECT_V1, 4, 1, 0)] * 2)
    batch.joints.requires_grad_()
    batch.clip(1).sum().backward()
    assert batch.joints.grad is not None
    assert batch.joints.grad.sum() == 4 * 20 * 3
    assert torch.equal(batch.joints.grad[: 4 * 20], torch.zeros(80, 3))


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(MotionError, match="an empty batch; expected at least one motion"):
        MotionBatch.from_motions([])
    nobody = random_motion(KINECT_V1, 4, 1, 0).select_persons([])
    with pytest.raises(MotionError, match="motion 0 of the batch: shape"):
        MotionBatch.from_motions([nobody])
