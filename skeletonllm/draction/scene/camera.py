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

from skeletonllm.draction.scene.segments import (
    find_observed,
    index_clips,
    measure_body_spread,
    reduce_extent,
)
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

SENSOR_FOV = math.radians(60.0)
"""As published; a Kinect v2 sees 70 by 60 degrees."""
RMS_OF_ADULT = 0.45
"""Root mean square distance, in metres, of an adult's joints from their centre."""
WAY = 2.0
"""Metres that a single point without a unit is taken to move: about what a hand or a hip does."""


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

    def transform_points(self, points: Tensor, index: Tensor) -> Tensor:
        """Points in camera coordinates, [..., N, 3].

        Args:
            points: [..., N, 3] in the clip's own space.
            index: int64 [...], the camera of each row of points.
        """
        w2c = self.w2c[index]
        return points @ w2c[..., :3, :3].mT + w2c[..., None, :3, 3]


def make_sensor_camera(batch: MotionBatch, size: int, *, mirrored: bool) -> Camera:
    """Cameras of a sensor at the origin with 60 degrees, one a clip.

    Args:
        batch: B clips.
        size: Height and width of a picture.
        mirrored: See :class:`Camera`.

    Raises:
        RenderError: A clip lies in the image plane, which no sensor at an origin sees.
    """
    if "image" in batch.spaces:
        raise RenderError(
            f"camera 'sensor' for clip {batch.spaces.index('image')}, a pose in the image plane",
            expected="joints in three dimensions",
            hint="Use camera='fit'.",
        )
    focal = size / (2 * math.tan(SENSOR_FOV / 2))
    k = batch.joints.new_tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    w2c = torch.eye(4, dtype=k.dtype, device=k.device)
    flat = torch.zeros(len(batch), dtype=torch.bool, device=k.device)
    return Camera(k.expand(len(batch), 3, 3), w2c.expand(len(batch), 4, 4), flat, mirrored)


def move_before_sensor(batch: MotionBatch, frames: Tensor) -> MotionBatch:
    """The batch with clips that do not stand before a sensor moved as the published code does it.

    World space: the median joint to 2 m straight ahead. Camera space with a median depth below
    0.5 m (root-centred data): 1 m back. Medians are over the rendered frames.

    Args:
        batch: B clips.
        frames: int64 [B, T], indices into each clip.
    """
    moved = []
    for clip, space in enumerate(batch.spaces):
        joints = batch.clip(clip)
        observed = batch.clip_confidence(clip)[frames[clip]] > 0
        shift = _published_shift(joints.detach()[frames[clip]][observed], space)
        moved.append((joints + shift).reshape(-1, 3))
    return replace(batch, joints=torch.cat(moved))


def _published_shift(shown: Tensor, space: str) -> Tensor:
    """How far a clip is moved [3], from its observed joints [N, 3] in the rendered frames."""
    shift = shown.new_zeros(3)
    if len(shown) and space == "world":
        shift = shown.new_tensor([0.0, 0.0, 2.0]) - shown.median(0).values
    elif len(shown) and shown[:, 2].median().abs() < 0.5:
        shift[2] = 1.0
    return shift


@dataclass(frozen=True, eq=False)
class ClipExtents:
    """The box of each clip in camera coordinates; the joints get no gradient through it.

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


def measure_clip_extents(batch: MotionBatch, camera: Camera) -> ClipExtents:
    """The box of each clip in camera coordinates, over all of its frames.

    All frames, not the rendered ones: a pose has the same colours whichever frames are drawn with
    it.

    Args:
        batch: B clips.
        camera: One camera a clip.

    Raises:
        RenderError: A clip has no observed joint.
    """
    clip, observed = index_clips(batch), find_observed(batch)
    x = rotate_points(camera.w2c[:, :3, :3], batch.joints.detach(), clip)
    low, high = reduce_extent(x, observed, clip, len(batch))
    low, high = low + camera.w2c[:, :3, 3], high + camera.w2c[:, :3, 3]
    return ClipExtents((low + high) / 2, measure_body_scale(batch), low[:, 2], high[:, 2])


def measure_body_scale(batch: MotionBatch) -> Tensor:  # [C]
    """Units to a body metre: how far the joints of a clip's bodies lie from their middle.

    Bodies of a single point have no size. They are taken as they are if the unit is the metre;
    else their way, or the picture if they stay, is taken to be :data:`WAY` metres wide.
    """
    spread = measure_body_spread(batch).nan_to_num(0.0)
    if (spread > 0).all():
        return (spread / RMS_OF_ADULT).clamp_min(1e-6)
    clip, observed = index_clips(batch), batch.confidence > 0
    low, high = reduce_extent(batch.joints.detach(), observed, clip, len(batch))
    way, metric = (high - low).amax(-1), torch.tensor(batch.metric, device=spread.device)
    wide = way.new_tensor([WAY if size is None else max(size) for size in batch.image_sizes])
    wide = torch.where((way > 0) & way.isfinite(), way, wide)
    unknown = torch.where(metric, 1.0, wide / WAY)
    return torch.where(spread > 0, spread / RMS_OF_ADULT, unknown).clamp_min(1e-6)


def rotate_points(rotation: Tensor, points: Tensor, clip: Tensor) -> Tensor:
    """Points [N, 3], each rotated by the matrix of its clip.

    Args:
        rotation: [C, 3, 3].
        points: [N, 3].
        clip: int64 [N].
    """
    return (rotation[clip] * points[:, None, :]).sum(-1)
