"""Cameras: fixed for a clip, differentiable, and not mirrored unless asked.

A point X is at x = R X + t in front of the camera (+y up, +z away, hence +x to the camera's left)
and at u = cx - fx x / z, v = cy - fy y / z in the picture, pixel centres at integers. So the right
hand of a person who faces the camera lies on the left, as in a photograph. The published renderer
has + fx instead: a mirror image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from skeletonllm.draction.scene.segments import body_spread, clip_of_joints, extent, observed
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

SENSOR_FOV = math.radians(60.0)
RMS_OF_ADULT = 0.45
"""Root mean square distance, in metres, of an adult's joints from their centre."""


@dataclass(frozen=True, eq=False)
class Camera:
    """C cameras.

    Args:
        k: [C, 3, 3] intrinsics in pixels; for orthographic ones, pixels a unit.
        w2c: [C, 4, 4] world to camera, rotation and translation.
        orthographic: bool [C]: depth does not shrink, and is constant.
        mirrored: Whether +x goes to the right of the picture, as published.
    """

    k: Tensor
    w2c: Tensor
    orthographic: Tensor
    mirrored: bool = False

    def __len__(self) -> int:
        return len(self.k)

    def look(self, points: Tensor, index: Tensor) -> Tensor:
        """Points [..., N, 3] in the coordinates of camera ``index`` [...]."""
        w2c = self.w2c[index]
        return points @ w2c[..., :3, :3].mT + w2c[..., None, :3, 3]


def sensor_camera(batch: MotionBatch, size: int, *, mirrored: bool) -> Camera:
    """The sensor at the origin with 60 degrees, one a clip.

    Raises:
        RenderError: A clip lies in the image plane, which no sensor at an origin sees.
    """
    if "image" in batch.spaces:
        raise RenderError(
            f"camera 'paper' for clip {batch.spaces.index('image')}, a pose in the image plane",
            expected="joints in three dimensions",
            hint="Use camera='fit'.",
        )
    focal = size / (2 * math.tan(SENSOR_FOV / 2))
    k = batch.joints.new_tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    w2c = torch.eye(4, dtype=k.dtype, device=k.device)
    flat = torch.zeros(len(batch), dtype=torch.bool, device=k.device)
    return Camera(k.expand(len(batch), 3, 3), w2c.expand(len(batch), 4, 4), flat, mirrored)


def before_the_sensor(batch: MotionBatch, frames: Tensor) -> MotionBatch:
    """Move clips that do not stand before a sensor to where the published code moves them.

    World space: the median joint to 2 m straight ahead. Camera space with a median depth below
    0.5 m (root-centred data): 1 m back. Medians are over the rendered frames.
    """
    moved = []
    for clip, space in enumerate(batch.spaces):
        joints = batch.clip(clip)
        seen = batch.clip_confidence(clip)[frames[clip]] > 0
        shift = _published_shift(joints.detach()[frames[clip]][seen], space)
        moved.append((joints + shift).reshape(-1, 3))
    return replace(batch, joints=torch.cat(moved))


def _published_shift(shown: Tensor, space: str) -> Tensor:
    shift = shown.new_zeros(3)
    if len(shown) and space == "world":
        shift = shown.new_tensor([0.0, 0.0, 2.0]) - shown.median(0).values
    elif len(shown) and shown[:, 2].median().abs() < 0.5:
        shift[2] = 1.0
    return shift


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What each clip fills as its camera sees it; the joints get no gradient through it.

    Args:
        centre: [C, 3], middle of all observed joints of all frames.
        scale: [C], units to a metre of an adult's body; makes thickness independent of units.
        low: [C], nearest depth.
        high: [C], farthest depth.
    """

    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor


def surroundings(batch: MotionBatch, camera: Camera) -> Surroundings:
    """Where each clip lies as its camera sees it, over all of its frames.

    Raises:
        RenderError: A clip has no observed joint.
    """
    clip, seen = clip_of_joints(batch), observed(batch)
    x = turn(camera.w2c[:, :3, :3], batch.joints.detach(), clip)
    low, high = extent(x, seen, clip, len(batch))
    low, high = low + camera.w2c[:, :3, 3], high + camera.w2c[:, :3, 3]
    return Surroundings((low + high) / 2, body_scale(batch), low[:, 2], high[:, 2])


def body_scale(batch: MotionBatch) -> Tensor:  # [C]
    """Units to a body metre: how far the joints of a clip's bodies lie from their middle."""
    return (body_spread(batch) / RMS_OF_ADULT).nan_to_num(1.0).clamp_min(1e-6)


def turn(rotation: Tensor, points: Tensor, clip: Tensor) -> Tensor:  # [N, 3]
    """Points [N, 3], each rotated by the matrix of its clip, ``rotation`` [C, 3, 3]."""
    return (rotation[clip] * points[:, None, :]).sum(-1)
