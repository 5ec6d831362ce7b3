"""The camera that frames a clip: everybody inside, and right is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.splatting import Gaussians, project_gaussians
from skeletonllm.errors import RenderError
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V2

SIZE = 112


def seen_from(camera: Camera, joints: Tensor, clip: int) -> tuple[Tensor, Tensor, Tensor]:
    """u, v and depth of joints [N, 3]."""
    points = camera.transform_points(joints, torch.tensor(clip))
    ones, index = torch.ones(len(points)), torch.full((len(points),), clip)
    gaussians = Gaussians(points, ones, ones[:, None], ones, index, index)
    u, v, _ = project_gaussians(gaussians, camera, 0.1)
    return u, v, points[:, 2]


def random_walk(waving: Callable[..., Motion], seed: int) -> Motion:
    """Two persons who stray, leap and come close to the sensor."""
    rng = np.random.default_rng(seed)
    motion = waving(KINECT_V2, 30, 2)
    steps = rng.normal(size=(30, 2, 1, 3)).cumsum(0) * rng.uniform(0, 0.5)
    noise = rng.normal(size=motion.joints.shape) * 0.1
    return replace(motion, joints=(motion.joints + steps + noise).astype(np.float32))


@pytest.mark.parametrize("seed", range(8))
def test_no_joint_leaves_the_picture(waving: Callable[..., Motion], seed: int) -> None:
    motion = random_walk(waving, seed)
    motions = [motion, replace(motion, space="world"), replace(motion, joints=motion.joints * 100)]
    image = replace(motion, space="image", image_size=(640, 480), metric=False)
    batch = MotionBatch.from_motions([*motions, image])
    view = FittedView()
    with torch.no_grad():
        view.turn.copy_(torch.tensor([0.3, -0.2]))
        view.log_fov.fill_(0.3)
        camera = view(batch, SIZE)
        for clip in range(4):
            u, v, depth = seen_from(camera, batch.clip(clip).reshape(-1, 3), clip)
            assert u.min() >= 0
            assert v.min() >= 0
            assert u.max() <= SIZE - 1
            assert v.max() <= SIZE - 1
            assert clip == 3 or depth.min() > 0


def test_the_clip_fills_a_good_part_of_the_picture(everyone: list[Motion]) -> None:
    batch = MotionBatch.from_motions(everyone)
    with torch.no_grad():
        camera = FittedView()(batch, SIZE)
        for clip in range(len(batch)):
            u, v, _ = seen_from(camera, batch.clip(clip).reshape(-1, 3), clip)
            assert max(u.max() - u.min(), v.max() - v.min()) > 0.85 * SIZE


@pytest.mark.parametrize("seed", range(4))
def test_no_camera_of_the_same_direction_could_stand_nearer(
    waving: Callable[..., Motion], seed: int
) -> None:
    """Without the margin the outermost joints touch two opposite edges, however they stray."""
    batch = MotionBatch.from_motions([random_walk(waving, seed)])
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("skeletonllm.draction.scene.fitted_camera.MARGIN", 0.0)
        u, v, _ = seen_from(FittedView()(batch, SIZE), batch.clip(0).reshape(-1, 3), 0)
    gaps = [(place.min(), SIZE - 1 - place.max()) for place in (u, v)]
    assert min(max(low, high) for low, high in gaps) < 0.01
    for low, high in gaps:
        assert min(low, high) > -0.01


def test_right_hand_of_a_person_facing_us_is_on_the_left(everyone: list[Motion]) -> None:
    batch = MotionBatch.from_motions(everyone)
    with torch.no_grad():
        camera = FittedView()(batch, SIZE)
        for clip, motion in enumerate(everyone):
            u, v, _ = seen_from(camera, batch.clip(clip)[0, 0], clip)
            topology = motion.topology
            assert u[topology.index("right_wrist")] < u[topology.index("left_wrist")] - 5
            head, ankle = topology.find("head", "nose"), topology.index("left_ankle")
            assert v[head] < v[ankle] - 20


@pytest.mark.parametrize("degrees", [0, 75, 180, 300])
def test_in_the_world_persons_are_seen_from_the_front(everyone: list[Motion], degrees: int) -> None:
    angle = np.deg2rad(degrees)
    turn = np.array(
        [[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]]
    )
    motion = everyone[2]
    turned = replace(motion, joints=(motion.joints @ turn).astype(np.float32))
    batch = MotionBatch.from_motions([motion, turned])
    with torch.no_grad():
        camera = FittedView()(batch, SIZE)
        first = torch.stack(seen_from(camera, batch.clip(0).reshape(-1, 3), 0))
        second = torch.stack(seen_from(camera, batch.clip(1).reshape(-1, 3), 1))
    torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-2)


def test_persons_who_face_no_one_way_are_seen_along_minus_z(everyone: list[Motion]) -> None:
    one = everyone[2]
    back = one.joints * np.float32([-1, 1, -1]) + np.float32([1, 0, 0])
    both = np.concatenate([one.joints, back], 1)
    pair = replace(
        one,
        joints=both,
        present=np.repeat(one.present, 2, 1),
        confidence=np.repeat(one.confidence, 2, 1),
    )
    with torch.no_grad():
        camera = FittedView()(MotionBatch.from_motions([pair]), SIZE)
    assert camera.w2c[0, 2, :3].tolist() == [0, 0, -1]


def test_learnable_offsets_have_the_gradient_of_what_they_do(waving: Callable[..., Motion]) -> None:
    batch = MotionBatch.from_motions([random_walk(waving, 3)])
    batch = replace(batch, joints=batch.joints.double())
    view = FittedView().double()

    def place(turn: Tensor, log_fov: Tensor, log_distance: Tensor) -> Tensor:
        offsets = {"turn": turn, "log_fov": log_fov, "log_distance": log_distance}
        camera = torch.func.functional_call(view, offsets, (batch, SIZE))
        points = camera.transform_points(batch.clip(0)[::7].reshape(-1, 3), torch.tensor(0))
        return points[:, :2] / points[:, 2:] * camera.k[0, 0, 0]

    leaves = [
        torch.tensor([0.1, -0.05]).double().requires_grad_(),
        torch.tensor(0.1).double().requires_grad_(),
        torch.tensor(0.2).double().requires_grad_(),
    ]
    assert torch.autograd.gradcheck(place, leaves)


def test_a_clip_in_which_nobody_is_seen_is_refused(waving: Callable[..., Motion]) -> None:
    there = waving(KINECT_V2)
    gone = replace(there, present=np.zeros_like(there.present))
    with pytest.raises(RenderError) as caught:
        FittedView()(MotionBatch.from_motions([there, gone]), SIZE)
    assert str(caught.value) == (
        "clip 1 (kinect_v2) has no observed joint in any frame. "
        "Leave it out: a black picture teaches nothing."
    )
