"""The sensor's camera, and how large a body is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from skeletonllm.draction.scene.camera import (
    make_sensor_camera,
    measure_body_scale,
    measure_clip_extents,
    move_before_sensor,
)
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V2


def test_the_sensor_sees_sixty_degrees(waving: Callable[..., Motion]) -> None:
    camera = make_sensor_camera(MotionBatch.from_motions([waving(KINECT_V2)]), 448, mirrored=True)
    half = torch.atan(224 / camera.k[0, 0, 0])
    assert float(torch.rad2deg(2 * half)) == pytest.approx(60)
    assert camera.k[0, :2, 2].tolist() == [224, 224]
    assert torch.equal(camera.w2c[0], torch.eye(4))


def test_the_sensor_cannot_see_poses_in_the_image_plane(everyone: list[Motion]) -> None:
    with pytest.raises(RenderError) as caught:
        make_sensor_camera(MotionBatch.from_motions(everyone), 448, mirrored=True)
    assert str(caught.value) == (
        "camera 'sensor' for clip 3, a pose in the image plane; "
        "expected joints in three dimensions. Use camera='fit'."
    )


def test_world_and_root_centred_clips_are_moved_before_the_sensor(everyone: list[Motion]) -> None:
    kinect, world = everyone[0], everyone[2]
    centred = replace(kinect, joints=kinect.joints - kinect.joints[:1, :1, :1])
    batch = MotionBatch.from_motions([kinect, centred, world])
    moved = move_before_sensor(batch, torch.zeros(3, 1, dtype=torch.int64))
    assert torch.equal(moved.clip(0), batch.clip(0))
    torch.testing.assert_close(moved.clip(1), batch.clip(1) + torch.tensor([0, 0, 1.0]))
    middle = moved.clip(2)[0].reshape(-1, 3).median(0).values
    torch.testing.assert_close(middle, torch.tensor([0.0, 0.0, 2.0]))


def test_scale_is_near_one_for_an_adult_and_follows_the_unit(everyone: list[Motion]) -> None:
    metres = MotionBatch.from_motions(everyone[:3])
    scale = measure_body_scale(metres)
    assert scale.min() > 0.7
    assert scale.max() < 1.3
    torch.testing.assert_close(
        measure_body_scale(replace(metres, joints=metres.joints * 100)), 100 * scale
    )


def test_scale_ignores_what_was_not_seen(everyone: list[Motion]) -> None:
    batch = MotionBatch.from_motions([everyone[0]])
    expected = measure_body_scale(batch)
    unseen = torch.zeros(batch.shapes[0], dtype=torch.bool)
    unseen[:3, 1] = True
    batch.joints[unseen.flatten()], batch.confidence[unseen.flatten()] = 1e6, 0
    torch.testing.assert_close(measure_body_scale(batch), expected, rtol=0.02, atol=0)
    batch.confidence.zero_()
    assert float(measure_body_scale(batch)) == 1.0


def test_surroundings_span_all_frames_and_persons(waving: Callable[..., Motion]) -> None:
    motion = waving(KINECT_V2, 6, 2)
    joints = motion.joints.copy()
    joints[4, 1] += np.float32([0, 0, 2])
    batch = MotionBatch.from_motions([replace(motion, joints=joints)])
    around = measure_clip_extents(batch, make_sensor_camera(batch, 56, mirrored=False))
    assert float(around.low[0]) == pytest.approx(joints[..., 2].min())
    assert float(around.high[0]) == pytest.approx(joints[..., 2].max())
    middle = (joints.reshape(-1, 3).min(0) + joints.reshape(-1, 3).max(0)) / 2
    np.testing.assert_allclose(around.centre[0], middle, rtol=1e-5)
