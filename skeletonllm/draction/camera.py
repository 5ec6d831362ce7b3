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

from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

SENSOR_FOV = math.radians(60.0)
FIT_FOV = math.radians(45.0)
MARGIN = 0.12
"""Room around the outermost joints, in body metres: three standard deviations of a thick limb."""
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

    def look(self, points: Tensor, index: Tensor) -> Tensor:
        """Points [..., 3] as seen by camera ``index`` [...] : [..., 3] in camera coordinates."""
        w2c = self.w2c[index]
        rotated = (w2c[..., :3, :3] @ points[..., None])[..., 0]
        return rotated + w2c[..., :3, 3]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a clip fills, in camera coordinates; detached: a frame of reference, not a signal.

    Args:
        centre: [C, 3], middle of all observed joints of all frames.
        scale: [C], units to a metre of an adult's body; makes thickness independent of units.
        low: [C], high: [C], nearest and farthest depth.
    """

    centre: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor


def sensor_camera(batch: MotionBatch, size: int, *, mirrored: bool) -> Camera:
    """The sensor at the origin with 60 degrees, one a clip.

    Raises:
        RenderError: A clip lies in the image plane, which no sensor at an origin sees.
    """
    if "image" in batch.spaces:
        clip = batch.spaces.index("image")
        raise RenderError(
            f"camera 'paper' for clip {clip}, a pose in the image plane",
            expected="joints in three dimensions",
            hint="Use camera='fit'.",
        )
    focal = size / (2 * math.tan(SENSOR_FOV / 2))
    k = batch.joints.new_tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    w2c = torch.eye(4, device=k.device)
    return Camera(
        k.expand(len(batch), 3, 3),
        w2c.expand(len(batch), 4, 4),
        torch.zeros(len(batch), dtype=torch.bool, device=k.device),
        mirrored,
    )


def before_the_sensor(batch: MotionBatch, frames: Tensor) -> MotionBatch:
    """Move clips that do not stand before a sensor to where the published code moves them.

    World space: median height to 0 and median depth to 2.5 m. Camera space with a median depth
    below 0.5 m (root-centred data): 1 m back. Medians are over the rendered frames.
    """
    moved = []
    for clip, space in enumerate(batch.spaces):
        joints = batch.clip(clip)
        shown = joints.detach()[frames[clip]][batch.clip_confidence(clip)[frames[clip]] > 0]
        moved.append((joints + _published_shift(shown, space)).reshape(-1, 3))
    return replace(batch, joints=torch.cat(moved))


def _published_shift(shown: Tensor, space: str) -> Tensor:
    shift = shown.new_zeros(3)
    if len(shown) and space == "world":
        shift[1], shift[2] = -shown[:, 1].median(), 2.5 - shown[:, 2].median()
    elif len(shown) and shown[:, 2].median().abs() < 0.5:
        shift[2] = 1.0
    return shift


def fit_camera(
    batch: MotionBatch,
    size: int,
    turn: Tensor | None = None,  # [2]
    log_fov: Tensor | None = None,  # []
    log_distance: Tensor | None = None,  # []
) -> Camera:
    """One camera a clip that has all of its joints in the picture, in every frame.

    Camera space is seen from the sensor's direction, world space from the front of the persons,
    image space as it is. ``turn`` (yaw and pitch), ``log_fov`` and ``log_distance`` are learnable
    offsets; the joints themselves get no gradient through the camera.

    Raises:
        RenderError: A clip has no observed joint.
    """
    zero = batch.joints.new_zeros(())
    turn = batch.joints.new_zeros(2) if turn is None else turn
    half = FIT_FOV / 2 * (zero if log_fov is None else log_fov).exp()
    away = (zero if log_distance is None else log_distance).exp()
    views = [_fit_clip(batch, clip, size, turn, half, away) for clip in range(len(batch))]
    flat = torch.tensor([space == "image" for space in batch.spaces], device=zero.device)
    return Camera(torch.stack([k for k, _ in views]), torch.stack([w for _, w in views]), flat)


def _fit_clip(
    batch: MotionBatch, clip: int, size: int, turn: Tensor, half: Tensor, away: Tensor
) -> tuple[Tensor, Tensor]:
    """Intrinsics [3, 3] and world to camera [4, 4] of one clip."""
    joints, seen = batch.clip(clip).detach(), batch.clip_confidence(clip) > 0
    if not seen.any():
        raise RenderError(
            f"clip {clip} has no observed joint in any frame",
            where=batch.topologies[clip].name,
            hint="Leave it out: a black picture teaches nothing.",
        )
    rotation = _base_rotation(batch, clip, joints, seen)
    if batch.spaces[clip] != "image":
        rotation = _turned(turn) @ rotation
    x = joints[seen] @ rotation.T
    centre = ((x.amin(0) + x.amax(0)) / 2).detach()
    x = x - centre
    room = MARGIN * _scale(joints, seen)
    reach = x[:, :2].abs().amax(-1) + room
    if batch.spaces[clip] == "image":
        focal, distance = (size - 1) / 2 / reach.amax(), x.new_tensor(1.0)
    else:
        focal = (size - 1) / 2 / torch.tan(half)
        distance = away * (reach / torch.tan(half) - x[:, 2]).amax()
    return _intrinsics(focal, size), _extrinsics(rotation, distance, centre)


def _intrinsics(focal: Tensor, size: int) -> Tensor:
    middle, zero = focal.new_tensor((size - 1) / 2), focal.new_zeros(())
    rows = [focal, zero, middle, zero, focal, middle, zero, zero, zero + 1]
    return torch.stack(rows).view(3, 3)


def _extrinsics(rotation: Tensor, distance: Tensor, centre: Tensor) -> Tensor:
    """World to camera from a rotation, and the rotated point that comes to lie at ``distance``."""
    ahead = torch.stack([distance * 0, distance * 0, distance])
    top = torch.cat([rotation, (ahead - centre)[:, None]], 1)
    return torch.cat([top, top.new_tensor([[0, 0, 0, 1]])])


def _turned(turn: Tensor) -> Tensor:
    """Rotation by yaw (about y), then pitch (about x)."""
    yaw, pitch = turn
    one, zero = torch.ones_like(yaw), torch.zeros_like(yaw)
    about_y = [yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos()]
    about_x = [one, zero, zero, zero, pitch.cos(), -pitch.sin(), zero, pitch.sin(), pitch.cos()]
    return torch.stack(about_x).view(3, 3) @ torch.stack(about_y).view(3, 3)


def _base_rotation(batch: MotionBatch, clip: int, joints: Tensor, seen: Tensor) -> Tensor:
    space = batch.spaces[clip]
    if space == "camera":
        return torch.eye(3, device=joints.device)
    if space == "image":  # half a turn about z: +x right and +y down become +x left and +y up
        return torch.diag(joints.new_tensor([-1.0, -1.0, 1.0]))
    front = _front(batch, clip, joints, seen)
    up = joints.new_tensor([0.0, 1.0, 0.0])
    away = -front
    return torch.stack([torch.linalg.cross(up, away), up, away])


def _front(batch: MotionBatch, clip: int, joints: Tensor, seen: Tensor) -> Tensor:
    """Horizontal unit vector the persons face on average; +z where they face no one way."""
    topology, total = batch.topologies[clip], joints.new_zeros(3)
    for name in ("hip", "shoulder"):
        left, right = topology.find(f"left_{name}"), topology.find(f"right_{name}")
        if left is None or right is None:
            continue
        both = (seen[:, :, left] & seen[:, :, right])[..., None]
        across = (joints[:, :, right] - joints[:, :, left]) * both
        flat = across * joints.new_tensor([1.0, 0.0, 1.0])
        unit = flat / flat.norm(dim=-1, keepdim=True).clamp_min(1e-6)
        mean = unit.sum((0, 1)) / both.sum().clamp_min(1)
        total = total + torch.linalg.cross(mean.new_tensor([0.0, 1.0, 0.0]), mean)
    if total.norm() < 0.6:
        return joints.new_tensor([0.0, 0.0, 1.0])
    return total / total.norm()


def _scale(joints: Tensor, seen: Tensor) -> Tensor:
    """Units to a body metre: the median over bodies of how far joints lie from their centre."""
    weight = seen[..., None].float()
    count = weight.sum(2, keepdim=True).clamp_min(1)
    centre = (joints * weight).sum(2, keepdim=True) / count
    spread = ((joints - centre).square() * weight).sum((2, 3)) / count[:, :, 0, 0]
    bodies = spread[seen.sum(2) > 1]
    if not len(bodies):
        return joints.new_tensor(1.0)
    return (bodies.median().sqrt() / RMS_OF_ADULT).clamp_min(1e-6)


@torch.no_grad()
def surroundings(batch: MotionBatch, camera: Camera) -> Surroundings:
    """Where each clip lies as its camera sees it."""
    rows = []
    for clip in range(len(batch)):
        joints, seen = batch.clip(clip), batch.clip_confidence(clip) > 0
        shown = joints[seen]
        x = camera.look(shown, torch.full((len(shown),), clip, device=shown.device))
        low, high = x.amin(0), x.amax(0)
        rows.append(torch.cat([(low + high) / 2, _scale(joints, seen)[None], low[2:], high[2:]]))
    table = torch.stack(rows)
    return Surroundings(table[:, :3], table[:, 3], table[:, 4], table[:, 5])
