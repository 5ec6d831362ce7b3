"""Reductions over clips and bodies, against a loop over them in numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from skeletonllm.draction.scene.segments import (
    find_observed,
    index_clips,
    measure_body_spread,
    reduce_extent,
    sum_runs,
)
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch


@pytest.fixture
def batch(everyone: list[Motion]) -> MotionBatch:
    """Mixed skeletons, noisy, a third of the joints unobserved."""
    random = torch.Generator().manual_seed(0)
    batch = MotionBatch.from_motions(everyone)
    noise = torch.randn(batch.joints.shape, generator=random)
    unseen = torch.rand(batch.confidence.shape, generator=random) < 1 / 3
    confidence = batch.confidence.masked_fill(unseen, 0)
    return replace(batch, joints=batch.joints + noise, confidence=confidence)


def test_every_joint_belongs_to_its_clip(batch: MotionBatch) -> None:
    clip = index_clips(batch)
    for index in range(len(batch)):
        assert torch.equal(batch.joints[clip == index], batch.clip(index).reshape(-1, 3))


def test_extent_is_that_of_the_seen_joints_of_each_clip(batch: MotionBatch) -> None:
    low, high = reduce_extent(batch.joints, find_observed(batch), index_clips(batch), len(batch))
    for index in range(len(batch)):
        seen = batch.clip(index)[batch.clip_confidence(index) > 0]
        assert torch.equal(low[index], seen.amin(0))
        assert torch.equal(high[index], seen.amax(0))


def test_the_gradient_of_an_extent_goes_to_the_outermost_joint(batch: MotionBatch) -> None:
    batch = replace(batch, joints=batch.joints.requires_grad_())
    _, high = reduce_extent(batch.joints, find_observed(batch), index_clips(batch), len(batch))
    (gradient,) = torch.autograd.grad(high.sum(), batch.joints)
    assert int((gradient != 0).sum()) == 3 * len(batch)
    assert gradient.sum() == 3 * len(batch)


def test_spread_is_the_median_over_bodies_of_two_joints_or_more(batch: MotionBatch) -> None:
    batch.confidence[: 25 * 7] = 0  # bodies with no joint
    batch.confidence[25 * 7] = 1
    found = measure_body_spread(batch)
    for index in range(len(batch)):
        joints, seen = batch.clip(index).numpy(), batch.clip_confidence(index).numpy() > 0
        bodies = [
            np.square(body[shown] - body[shown].mean(0)).sum(-1).mean()
            for body, shown in zip(
                joints.reshape(-1, *joints.shape[2:]), seen.reshape(-1, seen.shape[2]), strict=True
            )
            if shown.sum() > 1
        ]
        expected = np.sqrt(np.sort(bodies)[(len(bodies) - 1) // 2])
        assert float(found[index]) == pytest.approx(expected, rel=1e-5)


def test_a_clip_without_a_body_has_no_spread(batch: MotionBatch) -> None:
    batch.confidence[index_clips(batch) == 1] = 0
    assert measure_body_spread(batch).isnan().tolist() == [False, True, False, False]
    with pytest.raises(RenderError, match=r"^clip 1 \(kinect_v1\) has no observed joint"):
        find_observed(batch)


def test_sums_of_runs_of_any_length() -> None:
    found = sum_runs(torch.arange(12.0).view(6, 2), torch.tensor([1, 0, 5]))
    assert found.tolist() == [[0, 1], [0, 0], [30, 35]]
