"""DrAction: motions to pictures, differentiably."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skeletonllm.draction.appearance import BodyAppearance, Moving, limb_angles
from skeletonllm.draction.camera import (
    Camera,
    Surroundings,
    before_the_sensor,
    fit_camera,
    sensor_camera,
    surroundings,
)
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.primitives import primitives
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.splat import Gaussians, splat, touched_patches
from skeletonllm.draction.tracks import Tracks, check_frames, gather
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology

NEAR = 0.1
"""Body metres before the camera within which nothing is drawn."""
BLUR = 0.1
"""Square pixels; a limb far away fades instead of slipping between pixel centres."""


@dataclass(frozen=True, eq=False)
class Rendering:
    """Pictures of B clips.

    Args:
        frames: [B, T, 3, H, W] float32 in 0..1, on black.
        patches: bool [B, T, h, w], patches in which anything can be seen.
    """

    frames: Tensor
    patches: Tensor


class DrAction(nn.Module):
    """The renderer: a MotionBatch and frame indices to pictures.

    Args:
        config: See :class:`DrActionConfig`.

    Example:
        >>> renderer = DrAction(DrActionConfig(size=56))
        >>> rendering = renderer(batch, frames)  # doctest: +SKIP
        >>> rendering.frames.shape  # doctest: +SKIP
        torch.Size([24, 4, 3, 56, 56])
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        self.config = config
        self.engine = get_engine(config.engine)
        self.appearance = BodyAppearance(config)
        self.turn = nn.Parameter(torch.zeros(2))
        self.log_fov = nn.Parameter(torch.zeros(()))
        self.log_distance = nn.Parameter(torch.zeros(()))

    def forward(
        self, batch: MotionBatch, frames: Tensor, camera: Camera | None = None
    ) -> Rendering:
        """Render ``frames`` (int64 [B, T]) of every clip; always in float32.

        Args:
            batch: B clips, any mix of skeletons.
            frames: Indices into each clip.
            camera: One camera a clip; by default what the configuration says.

        Raises:
            RenderError: An index lies outside its clip, a clip has no observed joint, ...
        """
        check_frames(batch, frames)
        with torch.autocast(batch.joints.device.type, enabled=False):
            if camera is None:
                batch, camera = self._aim(batch, frames)
            around = surroundings(batch, camera)
            parts = [
                self._group(topology, gather(batch, clips, frames, per_second=True), camera, around)
                for topology, clips in by_topology(batch).items()
            ]
            return self._draw(Gaussians.cat(parts), camera, frames)

    def _aim(self, batch: MotionBatch, frames: Tensor) -> tuple[MotionBatch, Camera]:
        size = self.config.size
        if self.config.camera == "paper":
            return before_the_sensor(batch, frames), sensor_camera(batch, size, mirrored=False)
        return batch, fit_camera(batch, size, self.turn, self.log_fov, self.log_distance)

    def _group(
        self, topology: Topology, tracks: Tracks, camera: Camera, around: Surroundings
    ) -> Gaussians:
        """The drawn Gaussians of all clips of one skeleton."""
        shapes = primitives(topology, self.config.points_per_bone).to(tracks.joints.device)
        seen = camera.look(tracks.joints, tracks.camera[..., None].expand(tracks.observed.shape))
        points = shapes.blend @ seen  # [S, T, K, 3]
        index = tracks.camera[:, 0]
        scale = around.scale[index]
        missing = (~tracks.observed).float() @ shapes.needs.float().T
        near = (points[..., 2] > NEAR * scale[:, None, None]) | camera.orthographic[index][:, None, None]
        drawn = (missing == 0) & near
        moving = _moving(tracks, shapes.blend, points, camera, around, limb_angles(seen, tracks.observed, shapes.neighbours))
        look = self.appearance(shapes, moving, drawn)
        radius = self.appearance.radius(shapes, topology.name) * scale[:, None, None]
        return Gaussians(
            points[drawn],
            radius.expand(drawn.shape)[drawn],
            look.rgb,
            look.opacity,
            tracks.camera[..., None].expand(drawn.shape)[drawn],
            tracks.picture[..., None].expand(drawn.shape)[drawn],
        )

    def _draw(self, gaussians: Gaussians, camera: Camera, frames: Tensor) -> Rendering:
        size, patch, pictures = self.config.size, self.config.patch, frames.numel()
        drawn, box = splat(
            gaussians, camera, pictures=pictures, size=size, blur=BLUR, engine=self.engine
        )
        patches = touched_patches(box, gaussians.picture, pictures, size, patch)
        return Rendering(drawn.unflatten(0, frames.shape), patches.unflatten(0, frames.shape))


def by_topology(batch: MotionBatch) -> dict[Topology, list[int]]:
    """Clips of each skeleton, in the order of their first clip."""
    groups: dict[Topology, list[int]] = {}
    for clip, topology in enumerate(batch.topologies):
        groups.setdefault(topology, []).append(clip)
    return groups


def _moving(
    tracks: Tracks,
    blend: Tensor,
    points: Tensor,
    camera: Camera,
    around: Surroundings,
    angles: Tensor,
) -> Moving:
    """What the modulator sees of the tracks, in body metres and camera axes."""
    index = tracks.camera[:, 0]
    scale = around.scale[index][:, None, None]
    turned = tracks.velocities @ camera.w2c[index, :3, :3].mT[:, None]
    low, high = (edge[index][:, None, None] for edge in (around.low, around.high))
    span = torch.maximum(high - low, scale)
    return Moving(
        position=(points - around.centre[index][:, None, None]) / scale[..., None],
        velocity=(blend @ turned) / scale[..., None],
        depth=((points[..., 2] - (low + high) / 2) / span + 0.5).clamp(0.0, 1.0),
        angle=(blend @ angles[..., None])[..., 0],
        shaded=~camera.orthographic[index],
    )
