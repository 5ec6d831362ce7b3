"""Bodies before their cameras: what limbs, halos and streaks are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction.scene.camera import Camera, ClipExtents
from skeletonllm.draction.scene.tracks import Tracks, gather_tracks, gather_way
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion_batch import MotionBatch

NEAR = 0.1
"""Body metres from the camera; a limb that comes nearer would cover the picture, and its gradient
grows with 1 / depth^2."""
THINNEST = 0.3
"""Pixels; solid Gaussians of this deviation make a line two to three pixels wide. A thinner one
would fade where it runs between pixel centres."""

SHORTEST_FOCUS = 1e-6
"""Pixels; a picture of a single pixel has a focal length of 0."""


@dataclass(frozen=True, eq=False)
class Bodies:
    """S persons of one skeleton over T frames, in camera coordinates.

    Args:
        batch: All clips.
        clips: Those of the skeleton.
        frames: int64 [B, T], the rendered frames of all clips.
        camera: One camera a clip.
        tracks: The persons, in their clips' own space.
        joints: [S, T, J, 3].
        velocity: [S, T, J, 3] per second, camera axes.
        centre: [S, 1, 1, 3], the middle of the clip.
        low: [S, 1, 1], nearest depth of the clip.
        high: [S, 1, 1], farthest depth.
        scale: [S, 1, 1], units to a body metre.
        flat: bool [S, 1, 1], whether the pose lies in the image plane.
        pixel: [S, 1, 1], units that a pixel takes at depth 1, or anywhere if flat.
        size: How large figures are drawn, around the middle of their clip.
    """

    batch: MotionBatch
    clips: Sequence[int]
    frames: Tensor
    camera: Camera
    tracks: Tracks
    joints: Tensor
    velocity: Tensor
    centre: Tensor
    low: Tensor
    high: Tensor
    scale: Tensor
    flat: Tensor
    pixel: Tensor
    size: Tensor

    @classmethod
    def gather(
        cls,
        batch: MotionBatch,
        clips: Sequence[int],
        frames: Tensor,
        camera: Camera,
        *,
        extents: ClipExtents,
        size: Tensor,
    ) -> Bodies:
        """The persons of ``clips``, which share a skeleton.

        Args:
            batch: All clips.
            clips: Which of them.
            frames: int64 [B, T].
            camera: One camera a clip.
            extents: The box of each clip.
            size: How large figures are drawn.
        """
        tracks = gather_tracks(batch, clips, frames, per_second=True)
        clip = tracks.camera[:, 0]
        centre = extents.centre[clip][:, None, None]
        low, high, scale = (
            field[clip][:, None, None] for field in (extents.low, extents.high, extents.scale)
        )
        joints = torch.lerp(centre, camera.transform_points(tracks.joints, tracks.camera), size)
        return cls(
            batch=batch,
            clips=clips,
            frames=frames,
            camera=camera,
            tracks=tracks,
            joints=joints,
            velocity=tracks.velocities @ camera.w2c[clip, None, :3, :3].mT,
            centre=centre,
            low=low,
            high=high,
            scale=scale,
            flat=camera.orthographic[clip][:, None, None],
            pixel=1 / camera.k[clip, 1, 1].clamp_min(SHORTEST_FOCUS)[:, None, None],
            size=size,
        )

    def follow(self, times: Tensor, joints: Tensor) -> tuple[Tensor, Tensor]:
        """Where joints are at other times, [S, T, M, J, 3], and whether they are observed.

        Args:
            times: [M] seconds from each rendered frame; held at the ends of a clip.
            joints: int64 [J], which ones.
        """
        way, observed = gather_way(self.batch, self.clips, self.frames, times, joints)
        points = self.camera.transform_points(way.flatten(2, 3), self.tracks.camera)
        return torch.lerp(self.centre, points, self.size).view(way.shape), observed

    def find_in_front(self, points: Tensor) -> Tensor:  # bool [S, T, N]
        """Which points [S, T, N, 3] the camera can see."""
        return self.flat | (points[..., 2] > NEAR * self.scale)

    def shift_back(self, points: Tensor, metres: Tensor | float) -> Tensor:  # [S, T, N]
        """By what to multiply all lengths of Gaussians so that they look the same from farther.

        Args:
            points: [S, T, N, 3] their centres.
            metres: Body metres along the line of sight; below 0 for nearer.
        """
        depth = points[..., 2].detach().clamp_min(NEAR * 1e-3)
        return torch.where(self.flat, 1.0, 1 + metres * self.scale / depth)

    def make_gaussians(
        self,
        points: Tensor,
        *,
        radius: Tensor,
        stretch: Tensor,
        rgb: Tensor,
        opacity: Tensor,
        thinnest: float,
        shadow: bool = False,
    ) -> Gaussians:
        """Dense Gaussians [S, T, N, ...]; all but the points broadcasts.

        Args:
            points: [S, T, N, 3].
            radius: [S, T, N] body metres.
            stretch: [S, T, N, 3].
            rgb: [S, T, N, 3].
            opacity: [S, T, N].
            thinnest: Deviation in pixels that none is much thinner than; 0 for as thin as it is.
            shadow: Whether they only darken what is behind.
        """
        dense = points.shape[:-1]
        radius = radius * self.scale * self.size
        if thinnest:
            pixel = self.pixel * torch.where(self.flat, 1.0, points[..., 2])
            # A smooth maximum: what is thinner than a pixel still has a gradient.
            square, floor = radius.square(), (thinnest * pixel).square()
            radius = (square.square() + floor.square()).sqrt().sqrt()
        return Gaussians(
            points=points,
            radius=radius.expand(dense),
            rgb=rgb.expand(*dense, 3),
            opacity=opacity.expand(dense),
            camera=self.tracks.camera[..., None].expand(dense),
            picture=self.tracks.picture[..., None].expand(dense),
            stretch=stretch,
            shadow=torch.full((), shadow, device=points.device).expand(dense),
        )
