"""What the fixed baselines share: a camera, straight strokes in the picture plane, and pictures.

A baseline has no parameter and learns nothing. It says which strokes to draw; they become points
as dense as they are wide, and an engine of :mod:`skeletonllm.draction.rasterize` draws those, so a
baseline runs wherever DrAction runs and gives its patches by the same rule.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.body import BodyFormula
from skeletonllm.draction.gaussians.registry import get_formula
from skeletonllm.draction.rasterize import Splats, get_engine
from skeletonllm.draction.renderer import Rendering
from skeletonllm.draction.scene.camera import Camera, ClipExtents, measure_clip_extents
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.scene.tracks import Tracks, check_frames, group_clips
from skeletonllm.draction.splatting import find_touched_patches, find_visible_boxes
from skeletonllm.motion_batch import MotionBatch

THINNEST = 0.5
"""Pixels; a Gaussian of this deviation is a line two pixels wide. A thinner one would fade where
it runs between pixel centres."""
SOLID = 2.0
"""Optical depth of a point; a stroke's points lie so close that light passes three of them."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """N straight strokes; one without length is a dot.

    Args:
        ends: [N, 2, 8], of both ends: u and v in pixels, order (the lowest is in front), standard
            deviation in pixels, red, green, blue, and opacity 0..1.
        picture: int64 [N].
    """

    ends: Tensor
    picture: Tensor

    @classmethod
    def from_fields(
        cls,
        pixels: Tensor,
        *,
        order: Tensor,
        radius: Tensor,
        rgb: Tensor,
        drawn: Tensor,
        picture: Tensor,
        opacity: Tensor | float = 1.0,
    ) -> Strokes:
        """Strokes from dense fields.

        Args:
            pixels: [..., 2, 2], u and v of both ends.
            order: [..., 2], like all that follow up to ``drawn`` of any shape that broadcasts.
            radius: [..., 2].
            rgb: [..., 2, 3].
            drawn: bool [...], which strokes there are.
            picture: int64 [...].
            opacity: [..., 2] in 0..1.
        """
        fields = [order, radius.clamp_min(THINNEST), *rgb.unbind(-1), torch.as_tensor(opacity)]
        dense = [field.to(pixels).expand(pixels.shape[:-1])[..., None] for field in fields]
        at = drawn.expand(pixels.shape[:-2])
        return cls(torch.cat([pixels, *dense], -1)[at], picture.expand(at.shape)[at])

    @classmethod
    def cat(cls, parts: list[Strokes]) -> Strokes:
        """One after the other."""
        ends, picture = zip(*((part.ends, part.picture) for part in parts), strict=True)
        return cls(torch.cat(ends), torch.cat(picture))

    def to_splats(self, longest: int) -> Splats:
        """Points along the strokes, no farther apart than they are wide.

        Args:
            longest: Points that a stroke may have; one that is longer lies mostly outside.
        """
        # Counts come from detached lengths: a number of points has no gradient.
        length = (self.ends[:, 1, :2] - self.ends[:, 0, :2]).detach().norm(dim=-1)
        width = self.ends[..., 3].detach().amin(-1)
        count = (length / width).ceil().clamp(1, longest).long()  # [N]
        stroke = torch.arange(len(count), device=count.device).repeat_interleave(count)
        first = count.cumsum(0) - count
        index = torch.arange(len(stroke), device=count.device) - first[stroke]
        share = (index + 0.5) / count[stroke]
        near, far = self.ends[stroke].unbind(1)
        u, v, order, radius, *rgb, opacity = (near + share[:, None] * (far - near)).unbind(-1)
        sharp = 1 / (radius * radius + BodyFormula.blur)
        conic = torch.stack([sharp, torch.zeros_like(sharp), sharp], -1)
        colour, depth = torch.stack(rgb, -1), order.detach()
        return Splats(u, v, conic, colour, SOLID * opacity, depth, self.picture[stroke])


@dataclass(frozen=True, eq=False)
class ProjectedPoints:
    """Points of S persons over T frames, projected into their pictures.

    Args:
        pixels: [S, T, J, 2], u to the right and v down.
        depth: [S, T, J] in the clip's unit; 0 in the image plane.
        per_metre: [S, T, J] pixels that a body metre takes there.
        drawn: bool [S, T, J], observed and in front of the camera.
    """

    pixels: Tensor
    depth: Tensor
    per_metre: Tensor
    drawn: Tensor


@dataclass(frozen=True, eq=False)
class Scene:
    """All clips of a batch, and their cameras."""

    batch: MotionBatch
    frames: Tensor  # int64 [B, T]
    camera: Camera
    extents: ClipExtents

    def project(self, points: Tensor, tracks: Tracks) -> ProjectedPoints:
        """Points in their pictures.

        Args:
            points: [S, T, J, 3] in the clips' own space.
            tracks: Whose joints say which points are observed.
        """
        clip, camera = tracks.camera[:, 0], self.camera
        x, y, z = camera.transform_points(points, tracks.camera).unbind(-1)
        flat = camera.orthographic[clip][:, None, None]
        scale = self.extents.scale[clip][:, None, None]
        drawn = tracks.observed & (flat | (z > BodyFormula.near * scale))
        away = torch.where(flat | ~drawn, 1.0, z)
        k = camera.k[clip][:, None, None]  # [S, 1, 1, 3, 3]
        fx = k[..., 0, 0] if camera.mirrored else -k[..., 0, 0]
        u, v = k[..., 0, 2] + fx * x / away, k[..., 1, 2] - k[..., 1, 1] * y / away
        depth = torch.where(flat, 0.0, z)
        per_metre = k[..., 1, 1] * scale / away
        return ProjectedPoints(torch.stack([u, v], -1), depth, per_metre, drawn)


class FixedRenderer(nn.Module, ABC):
    """A renderer without parameters, called as DrAction is.

    Args:
        config: ``size``, ``patch``, ``camera`` and ``engine`` count; ``formula`` says only whether
            the sensor's picture is mirrored. What is learnable means nothing here.
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        self.config = config
        self.engine = get_engine(config.engine)

    def forward(
        self, batch: MotionBatch, frames: Tensor, camera: Camera | None = None
    ) -> Rendering:
        """Pictures of ``frames`` of every clip; always in float32.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip; by default what the configuration says.

        Raises:
            RenderError: An index lies outside its clip, or a clip cannot be drawn.
        """
        check_frames(batch, frames)
        with torch.autocast(batch.joints.device.type, enabled=False):
            if camera is None:
                batch, camera = self._aim(batch, frames)
            scene = Scene(batch, frames, camera, measure_clip_extents(batch, camera))
            groups = group_clips(batch).values()
            strokes = Strokes.cat([self.strokes(scene, clips) for clips in groups])
            drawn, patches = self._draw(strokes, frames.numel())
        shape = frames.shape
        cells = patches.view(*shape, *patches.shape[1:])
        return Rendering(drawn.view(*shape, *drawn.shape[1:]), cells)

    def geometry(self) -> list[str]:
        """Names of the parameters that are lengths and angles: none."""
        return []

    @abstractmethod
    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """What is drawn of clips that share a skeleton, into pictures ``clip * T + frame``.

        Args:
            scene: All clips of the batch.
            clips: Those that share the skeleton.
        """

    def _aim(self, batch: MotionBatch, frames: Tensor) -> tuple[MotionBatch, Camera]:
        """The camera of an untrained DrAction."""
        size = self.config.size
        if self.config.camera == "sensor":
            return get_formula(self.config.formula).place_sensor(batch, frames, size)
        # Made at each call: as a part of the module, its offsets would be parameters.
        view = FittedView().requires_grad_(False).to(batch.joints.device)
        return batch, view(batch, size)

    def _draw(self, strokes: Strokes, pictures: int) -> tuple[Tensor, Tensor]:
        """Pictures [pictures, 3, H, W], and their touched patches."""
        size, patch = self.config.size, self.config.patch
        splats = strokes.to_splats(longest=4 * size)
        frames = self.engine(splats, pictures=pictures, height=size, width=size)
        box = find_visible_boxes(splats.u, splats.v, splats.conic, splats.opacity, size)
        return frames, find_touched_patches(box, splats.picture, (pictures, size // patch), patch)


def list_bones(scene: Scene, clips: list[int]) -> Tensor:  # int64 [bones, 2]
    """Both ends of each bone of clips that share a skeleton; twice a joint that has no bone.

    Args:
        scene: All clips of the batch.
        clips: Those that share the skeleton.
    """
    pairs = scene.batch.topologies[clips[0]].drawn_bones
    return torch.tensor(pairs, device=scene.batch.joints.device)
