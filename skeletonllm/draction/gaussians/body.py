"""Formula ``body``: a Gaussian a joint and some along each bone, whose look lives on the body."""

from __future__ import annotations

import copy
from typing import Self

import torch
from torch import Tensor

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.appearance import (
    BodyAppearance,
    MotionFeatures,
    measure_limb_angles,
)
from skeletonllm.draction.gaussians.baked import BakedAppearance
from skeletonllm.draction.gaussians.formula import Figure, Formula
from skeletonllm.draction.gaussians.primitives import Primitives, make_primitives
from skeletonllm.draction.scene.camera import Camera, ClipExtents, measure_clip_extents
from skeletonllm.draction.scene.tracks import Tracks, gather_tracks, group_clips
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology


class BodyFormula(Formula):
    """Our formula: features on the body, the whole clip as the frame of reference, no mirror.

    Args:
        config: ``points_per_bone``, and what :class:`BodyAppearance` reads.
    """

    name = "body"
    near = 0.1
    """A limb that comes nearer would cover the picture, and its gradient grows with 1 / depth^2."""
    blur = 0.1
    """Deviation of a third of a pixel. Without it a thin limb far away slips between pixel centres,
    where it is neither seen nor learns; much more would soften limbs that are a pixel wide."""
    has_bones = True

    appearance: BodyAppearance

    def __init__(self, config: DrActionConfig) -> None:
        self.appearance = BodyAppearance(config)
        self.points_per_bone = config.points_per_bone

    def gaussians(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> Gaussians:
        """See :meth:`Formula.gaussians`; clips of one skeleton lie one after the other."""
        figures = self.figures(batch, frames, camera)
        return Gaussians.cat([figure.gaussians for figure in figures])

    def figures(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> list[Figure]:
        """The bodies of all clips, one figure a skeleton.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.

        Raises:
            RenderError: A clip has no observed joint.
        """
        extents, joints = measure_clip_extents(batch, camera), batch.joints
        figures = []
        for topology, clips in group_clips(batch).items():
            shapes = make_primitives(topology, self.points_per_bone, joints.device, joints.dtype)
            tracks = gather_tracks(batch, clips, frames, per_second=True)
            figures.append(self._figure(shapes, tracks, camera, extents, topology=topology))
        return figures

    def bake(self) -> Self:
        """A frozen copy whose appearance looks up what does not move."""
        served = copy.copy(self)
        served.appearance = BakedAppearance(self.appearance)
        return served

    def _figure(
        self,
        shapes: Primitives,
        tracks: Tracks,
        camera: Camera,
        extents: ClipExtents,
        *,
        topology: Topology,
    ) -> Figure:
        """The persons of one skeleton as Gaussians."""
        static = self.appearance.compute_static(shapes, topology.name)
        points, features = _measure_motion(shapes, tracks, camera, extents, size=static.scale)
        scale = extents.scale[tracks.camera][..., None]  # [S, T, 1]
        flat = camera.orthographic[tracks.camera][..., None]
        # A count of missing joints by one matrix product: [S, T, J] @ [J, K].
        missing = (~tracks.observed).to(points.dtype) @ shapes.needs.to(points.dtype).T
        drawn = (missing == 0) & (flat | (points[..., 2] > self.near * scale))
        shading = self.appearance(static, features)
        dense = Gaussians(
            points=points,
            radius=(static.radius * scale * static.scale).expand(drawn.shape),
            rgb=shading.rgb,
            opacity=shading.opacity,
            camera=tracks.camera[..., None].expand(drawn.shape),
            picture=tracks.picture[..., None].expand(drawn.shape),
        )
        # Everything is computed densely and what is drawn is picked once, here: an index in between
        # costs a pass over the data forward and another one backward.
        return Figure(shapes, drawn, dense.where(drawn))


def _measure_motion(
    shapes: Primitives, tracks: Tracks, camera: Camera, extents: ClipExtents, *, size: Tensor
) -> tuple[Tensor, MotionFeatures]:
    """Where the Gaussians are [S, T, K, 3] in camera coordinates, and how they move."""
    clip = tracks.camera[:, 0]
    low, high, scale = (
        field[clip][:, None, None] for field in (extents.low, extents.high, extents.scale)
    )
    centre = extents.centre[clip][:, None, None]
    joints = torch.lerp(centre, camera.transform_points(tracks.joints, tracks.camera), size)
    turned = tracks.velocities @ camera.w2c[clip, None, :3, :3].mT
    angles = measure_limb_angles(joints / scale[..., None], tracks.observed, shapes.neighbours)
    blended = shapes.blend @ torch.cat([joints, turned, angles[..., None]], -1)  # [S, T, K, 7]
    points, velocity, angle = blended[..., :3], blended[..., 3:6], blended[..., 6]
    features = MotionFeatures(
        position=(points - centre) / scale[..., None],
        velocity=velocity / scale[..., None],
        depth=_normalize_depth(points[..., 2], low, high, scale),
        angle=angle,
        has_depth=~camera.orthographic[clip],
    )
    return points, features


def _normalize_depth(depth: Tensor, low: Tensor, high: Tensor, scale: Tensor) -> Tensor:
    """Depth as 0 (nearest of the clip) .. 1; less than a body metre is not spread to the full."""
    # A person who turns on the spot is 0.4 m deep. Spread to the full, that would get the colours
    # of someone who walks through the room.
    span = torch.maximum(high - low, scale)
    return ((depth - (low + high) / 2) / span + 0.5).clamp(0.0, 1.0)
