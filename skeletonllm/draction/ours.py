"""From motions to Gaussians under ``profile="ours"``."""

from __future__ import annotations

import torch
from torch import Tensor

from skeletonllm.draction.appearance import BodyAppearance, Moving, limb_angles
from skeletonllm.draction.camera import Camera, Surroundings, surroundings
from skeletonllm.draction.primitives import Primitives, primitives
from skeletonllm.draction.splat import Gaussians
from skeletonllm.draction.tracks import Tracks, gather
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology

NEAR = 0.1
"""Body metres before the camera within which nothing is drawn."""
BLUR = 0.1
"""Square pixels; a limb far away fades instead of slipping between pixel centres."""


def body_gaussians(
    appearance: BodyAppearance,
    batch: MotionBatch,
    frames: Tensor,
    camera: Camera,
    points_per_bone: int,
) -> Gaussians:
    """The drawn Gaussians of every clip, skeleton by skeleton."""
    around = surroundings(batch, camera)
    groups: dict[Topology, list[int]] = {}
    for clip, topology in enumerate(batch.topologies):
        groups.setdefault(topology, []).append(clip)
    parts = []
    for topology, clips in groups.items():
        shapes = primitives(topology, points_per_bone).to(batch.joints.device)
        tracks = gather(batch, clips, frames, per_second=True)
        radius = appearance.radius(shapes, topology.name)
        parts.append(_paint(appearance, shapes, tracks, camera, around, radius=radius))
    return Gaussians.cat(parts)


def _paint(
    appearance: BodyAppearance,
    shapes: Primitives,
    tracks: Tracks,
    camera: Camera,
    around: Surroundings,
    *,
    radius: Tensor,
) -> Gaussians:
    """The drawn Gaussians of the tracks of one skeleton."""
    clip = tracks.camera[:, 0]
    seen = camera.look(tracks.joints, tracks.camera)
    points = shapes.blend @ seen  # [S, T, K, 3]
    scale = around.scale[clip][:, None, None]
    flat = camera.orthographic[clip][:, None, None]
    missing = (~tracks.observed).float() @ shapes.needs.float().T
    drawn = (missing == 0) & (flat | (points[..., 2] > NEAR * scale))
    angles = limb_angles(seen / scale[..., None], tracks.observed, shapes.neighbours)
    turned = tracks.velocities @ camera.w2c[clip, None, :3, :3].mT
    low, high = around.low[clip][:, None, None], around.high[clip][:, None, None]
    moving = Moving(
        position=(points - around.centre[clip][:, None, None]) / scale[..., None],
        velocity=(shapes.blend @ turned) / scale[..., None],
        depth=_share(points[..., 2], low, high, scale),
        angle=(shapes.blend @ angles[..., None])[..., 0],
        shaded=~camera.orthographic[clip],
    )
    look = appearance(shapes, moving, drawn)
    return Gaussians(
        points=points[drawn],
        radius=(radius * scale).expand(drawn.shape)[drawn],
        rgb=look.rgb,
        opacity=look.opacity,
        camera=tracks.camera[..., None].expand(drawn.shape)[drawn],
        picture=tracks.picture[..., None].expand(drawn.shape)[drawn],
    )


def _share(depth: Tensor, low: Tensor, high: Tensor, scale: Tensor) -> Tensor:
    """Depth as 0 (nearest of the clip) .. 1; less than a body metre is not spread to the full."""
    span = torch.maximum(high - low, scale)
    return ((depth - (low + high) / 2) / span + 0.5).clamp(0.0, 1.0)
