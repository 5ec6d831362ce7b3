"""The camera that frames a whole clip: no joint of any frame leaves the picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from skeletonllm.draction.camera import Camera, body_scale, observed_joints
from skeletonllm.motion_batch import MotionBatch

FOV = math.radians(45.0)
MARGIN = 0.12
"""Body metres around the outermost joints: some four standard deviations of a limb."""
UNDECIDED = 0.3
"""Mean facing below which the persons of a clip face no one way."""


class FittedView(nn.Module):
    """Learnable view: yaw and pitch from the natural one, field of view and distance.

    All start at zero offset. A change of the field of view keeps the clip framed (the camera steps
    back as it narrows); ``log_distance`` leaves the frame as it is learnt.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turn = nn.Parameter(torch.zeros(2))
        self.log_fov = nn.Parameter(torch.zeros(()))
        self.log_distance = nn.Parameter(torch.zeros(()))

    def forward(self, batch: MotionBatch, size: int) -> Camera:
        """One camera a clip.

        Camera space is seen from the sensor's direction, world space from the front of the
        persons, image space as it is. Joints get no gradient through the camera.

        Raises:
            RenderError: A clip has no observed joint.
        """
        views = [self._clip(batch, clip, size) for clip in range(len(batch))]
        flat = [space == "image" for space in batch.spaces]
        return Camera(
            torch.stack([k for k, _ in views]),
            torch.stack([w2c for _, w2c in views]),
            torch.tensor(flat, device=batch.joints.device),
        )

    def _clip(self, batch: MotionBatch, clip: int, size: int) -> tuple[Tensor, Tensor]:
        """Intrinsics [3, 3] and world to camera [4, 4]."""
        joints, seen = observed_joints(batch, clip)
        room = MARGIN * body_scale(joints, seen)
        if batch.spaces[clip] == "image":
            rotation = torch.diag(joints.new_tensor([-1.0, -1.0, 1.0]))  # half a turn about z
            x, centre = _centred(joints[seen], rotation)
            focal = (size - 1) / 2 / (x[:, :2].abs().amax() + room)
            return _intrinsics(focal, size), _extrinsics(rotation, focal.new_ones(()), centre)
        natural = _from_the_front(batch, clip, joints, seen)
        rotation = _turned(self.turn) @ natural
        x, centre = _centred(joints[seen], rotation)
        slope = torch.tan(FOV / 2 * self.log_fov.exp())
        away = ((x[:, :2].abs().amax(-1) + room) / slope - x[:, 2]).amax()
        focal = (size - 1) / 2 / slope
        return _intrinsics(focal, size), _extrinsics(
            rotation, away * self.log_distance.exp(), centre
        )


def _centred(points: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
    """Rotated points around the middle of their box, and that middle."""
    x = points @ rotation.T
    centre = (x.amin(0) + x.amax(0)) / 2
    return x - centre, centre


def _intrinsics(focal: Tensor, size: int) -> Tensor:
    middle, zero = focal.new_tensor((size - 1) / 2), focal.new_zeros(())
    rows = [focal, zero, middle, zero, focal, middle, zero, zero, zero + 1]
    return torch.stack(rows).view(3, 3)


def _extrinsics(rotation: Tensor, distance: Tensor, centre: Tensor) -> Tensor:
    """World to camera; the rotated point ``centre`` comes to lie straight ahead."""
    ahead = torch.stack([distance * 0, distance * 0, distance])
    top = torch.cat([rotation, (ahead - centre)[:, None]], 1)
    return torch.cat([top, top.new_tensor([[0, 0, 0, 1]])])


def _turned(turn: Tensor) -> Tensor:
    """Rotation by yaw (about y), then pitch (about x)."""
    (cy, cp), (sy, sp) = turn.cos(), turn.sin()
    one, zero = torch.ones_like(cy), torch.zeros_like(cy)
    about_y = torch.stack([cy, zero, sy, zero, one, zero, -sy, zero, cy]).view(3, 3)
    about_x = torch.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp]).view(3, 3)
    return about_x @ about_y


def _from_the_front(batch: MotionBatch, clip: int, joints: Tensor, seen: Tensor) -> Tensor:
    """Rotation of the natural view: the sensor's, or in world space facing the persons."""
    if batch.spaces[clip] == "camera":
        return torch.eye(3, dtype=joints.dtype, device=joints.device)
    topology, up = batch.topologies[clip], joints.new_tensor([0.0, 1.0, 0.0])
    front, pairs = joints.new_zeros(3), 0
    for name in ("hip", "shoulder"):
        left, right = topology.find(f"left_{name}"), topology.find(f"right_{name}")
        if left is not None and right is not None:
            both = seen[:, :, left] & seen[:, :, right]
            front = front + _facing((joints[:, :, right] - joints[:, :, left])[both], up)
            pairs += 1
    if front.norm() < UNDECIDED * max(pairs, 1):
        front = joints.new_tensor([0.0, 0.0, 1.0])
    away = -front / front.norm()
    return torch.stack([torch.linalg.cross(up, away), up, away])


def _facing(across: Tensor, up: Tensor) -> Tensor:
    """Mean horizontal direction of bodies whose left-to-right vectors are ``across`` [N, 3]."""
    if not len(across):
        return torch.zeros_like(up)
    front = torch.linalg.cross(up.expand_as(across), across)
    return (front / front.norm(dim=-1, keepdim=True).clamp_min(1e-6)).mean(0)
