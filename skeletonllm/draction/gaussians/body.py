"""From motions to Gaussians under ``profile="ours"``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction.gaussians.appearance import BodyAppearance, Moving, limb_angles
from skeletonllm.draction.gaussians.primitives import Primitives, primitives
from skeletonllm.draction.scene.camera import Camera, Surroundings, surroundings
from skeletonllm.draction.scene.tracks import Tracks, gather
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology

NEAR = 0.1
"""Body metres before the camera within which nothing is drawn."""
BLUR = 0.1
"""Square pixels; a limb far away fades instead of slipping between pixel centres."""


@dataclass(frozen=True, eq=False)
class Figure:
    """The bodies of one skeleton: what is drawn of S persons over T frames.

    Args:
        shapes: K Gaussians a body.
        drawn: bool [S, T, K].
        gaussians: Those for which ``drawn`` holds, in its flat order.
    """

    shapes: Primitives
    drawn: Tensor
    gaussians: Gaussians


def figures(
    appearance: BodyAppearance,
    batch: MotionBatch,
    frames: Tensor,
    camera: Camera,
    points_per_bone: int,
) -> list[Figure]:
    """The bodies of every clip, skeleton by skeleton."""
    around = surroundings(batch, camera)
    groups: dict[Topology, list[int]] = {}
    for clip, topology in enumerate(batch.topologies):
        groups.setdefault(topology, []).append(clip)
    parts = []
    for topology, clips in groups.items():
        joints = batch.joints
        shapes = primitives(topology, points_per_bone, joints.device, joints.dtype)
        tracks = gather(batch, clips, frames, per_second=True)
        figure = _figure(appearance, shapes, tracks, camera, around, topology=topology.name)
        parts.append(figure)
    return parts


def _figure(
    appearance: BodyAppearance,
    shapes: Primitives,
    tracks: Tracks,
    camera: Camera,
    around: Surroundings,
    *,
    topology: str,
) -> Figure:
    """The persons of one skeleton as Gaussians."""
    rest = appearance.rest(shapes, topology)
    points, moving = _moving(shapes, tracks, camera, around, size=rest.scale)
    scale = around.scale[tracks.camera][..., None]  # [S, T, 1]
    flat = camera.orthographic[tracks.camera][..., None]
    missing = (~tracks.observed).to(points.dtype) @ shapes.needs.to(points.dtype).T
    drawn = (missing == 0) & (flat | (points[..., 2] > NEAR * scale))
    look = appearance(rest, moving)
    whole = Gaussians(
        points=points,
        radius=(rest.radius * scale * rest.scale).expand(drawn.shape),
        rgb=look.rgb,
        opacity=look.opacity,
        camera=tracks.camera[..., None].expand(drawn.shape),
        picture=tracks.picture[..., None].expand(drawn.shape),
    )
    return Figure(shapes, drawn, whole.where(drawn))


def _moving(
    shapes: Primitives, tracks: Tracks, camera: Camera, around: Surroundings, *, size: Tensor
) -> tuple[Tensor, Moving]:
    """Where the Gaussians are [S, T, K, 3] as the camera sees them, and how they move."""
    clip = tracks.camera[:, 0]
    low, high, scale = (
        field[clip][:, None, None] for field in (around.low, around.high, around.scale)
    )
    middle = around.centre[clip][:, None, None]
    seen = torch.lerp(middle, camera.look(tracks.joints, tracks.camera), size)  # [S, T, J, 3]
    turned = tracks.velocities @ camera.w2c[clip, None, :3, :3].mT
    angles = limb_angles(seen / scale[..., None], tracks.observed, shapes.neighbours)
    blended = shapes.blend @ torch.cat([seen, turned, angles[..., None]], -1)  # [S, T, K, 7]
    points, velocity, angle = blended[..., :3], blended[..., 3:6], blended[..., 6]
    moving = Moving(
        position=(points - middle) / scale[..., None],
        velocity=velocity / scale[..., None],
        depth=_share(points[..., 2], low, high, scale),
        angle=angle,
        shaded=~camera.orthographic[clip],
    )
    return points, moving


def _share(depth: Tensor, low: Tensor, high: Tensor, scale: Tensor) -> Tensor:
    """Depth as 0 (nearest of the clip) .. 1; less than a body metre is not spread to the full."""
    span = torch.maximum(high - low, scale)
    return ((depth - (low + high) / 2) / span + 0.5).clamp(0.0, 1.0)
