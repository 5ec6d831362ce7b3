"""Rendered frames of all persons, their velocities, and frames that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from skeletonllm.draction.scene.tracks import check_frames, gather_tracks, gather_way
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V2


@pytest.fixture
def drifting(waving: Callable[..., Motion]) -> Motion:
    """Ten frames of two persons; all drift by 2 cm a frame; the second leaves at frame 6."""
    motion = waving(KINECT_V2, 10, 2)
    joints = np.repeat(motion.joints[:1], 10, 0)
    joints[..., 0] += 0.02 * np.arange(10, dtype=np.float32)[:, None, None]
    present = motion.present.copy()
    present[6:, 1] = False
    joints[6:, 1] = 0
    return replace(motion, joints=joints, present=present)


def test_gather_picks_the_frames_person_by_person(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting, drifting])
    tracks = gather_tracks(batch, [1], torch.tensor([[0, 1], [7, 2]]), per_second=True)
    expected = torch.from_numpy(drifting.joints[[7, 2]]).transpose(0, 1)
    assert torch.equal(tracks.joints, expected)
    assert tracks.observed[:, :, 0].tolist() == [[True, True], [False, True]]
    assert tracks.camera.tolist() == [[1, 1], [1, 1]]
    assert tracks.picture.tolist() == [[2, 3], [2, 3]]


def test_velocity_is_per_second_and_looks_ahead_as_far_as_it_can(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting])
    tracks = gather_tracks(batch, [0], torch.tensor([[0, 7, 9]]), per_second=True)
    expected = torch.tensor([0.02 * 30, 0.02 * 30, 0.0])
    torch.testing.assert_close(tracks.velocities[0, :, 3, 0], expected, rtol=1e-4, atol=1e-5)


def test_who_vanishes_has_no_velocity(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting])
    tracks = gather_tracks(batch, [0], torch.tensor([[1, 4, 8]]), per_second=True)
    assert tracks.velocities[1].abs().amax((1, 2)).tolist() == pytest.approx([0.6, 0, 0], abs=1e-3)


def test_published_velocity_is_a_plain_difference(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting])
    tracks = gather_tracks(batch, [0], torch.tensor([[1, 4]]), per_second=False)
    assert torch.equal(tracks.velocities[1, 1], -batch.clip(0)[4, 1])
    torch.testing.assert_close(tracks.velocities[0, 0, :, 0], torch.full((25,), 0.08))


def test_a_way_is_straight_between_frames_and_stands_still_at_the_ends(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting, replace(drifting, fps=10.0)])
    times, joints = torch.tensor([-1.0, -0.05, 0.0, 0.02, 1.0]), torch.tensor([3, 7])
    for clip, fps in ((0, 30), (1, 10)):
        frames = torch.tensor([[1, 4], [1, 4]])
        way, observed = gather_way(batch, [clip], frames, times, joints)
        assert way.shape == (2, 2, 5, 2, 3)
        at = (torch.tensor([[1.0], [4.0]]) + fps * times).clamp(0, 9)  # [T, M]
        start = torch.from_numpy(drifting.joints[0, 0, [3, 7]])
        expected = start.expand(2, 5, 2, 3).clone()
        expected[..., 0] += 0.02 * at[..., None]
        torch.testing.assert_close(way[0], expected, rtol=0, atol=1e-5)
        assert observed[0].all()


def test_a_way_is_known_where_the_frames_around_it_are(drifting: Motion) -> None:
    """The second person leaves at frame 6."""
    batch = MotionBatch.from_motions([drifting])
    times = torch.tensor([0.0, 0.9, 1.0, 1.1, 4.0]) / 30
    for frame, known in ((4, [1, 1, 1, 0, 0]), (5, [1, 0, 0, 0, 0]), (8, [0] * 5)):
        _, observed = gather_way(batch, [0], torch.tensor([[frame]]), times, torch.tensor([2]))
        assert observed[0].all()
        assert observed[1, 0, :, 0].tolist() == [bool(k) for k in known], frame


def test_the_gradient_of_a_way_by_time_is_the_velocity(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting])
    batch = replace(batch, joints=batch.joints.requires_grad_())
    times = torch.tensor([-0.05, 0.05], requires_grad=True)
    way, _ = gather_way(batch, [0], torch.tensor([[4]]), times, torch.tensor([3]))
    way[0, ..., 0].sum().backward()
    assert times.grad is not None
    torch.testing.assert_close(times.grad, torch.full((2,), 0.02 * 30), rtol=1e-3, atol=0)
    assert batch.joints.grad is not None
    reached = batch.joints.grad.view(10, 2, 25, 3)[..., 0].nonzero().tolist()
    assert reached == [[frame, 0, 3] for frame in (2, 3, 5, 6)]


@pytest.mark.parametrize("frame", [10, -1])
def test_a_frame_outside_its_clip_is_refused(drifting: Motion, frame: int) -> None:
    batch = MotionBatch.from_motions([drifting, drifting])
    with pytest.raises(RenderError) as caught:
        check_frames(batch, torch.tensor([[0, 9], [3, frame]]))
    assert str(caught.value) == (
        f"frame {frame} of clip 1; expected 0 to 9. "
        "sample_frames(num_frames, count) gives indices that exist."
    )


def test_frames_of_another_shape_or_type_are_refused(drifting: Motion) -> None:
    batch = MotionBatch.from_motions([drifting])
    with pytest.raises(RenderError, match=r"expected \[1, T\] int64, one row a clip"):
        check_frames(batch, torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(RenderError, match="float32"):
        check_frames(batch, torch.zeros(1, 3))
    with pytest.raises(RenderError, match="no frame asked for"):
        check_frames(batch, torch.zeros(1, 0, dtype=torch.int64))
