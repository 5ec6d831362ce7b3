"""DrAction: motions to pictures, differentiably."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn

from skeletonllm.draction.config import SOLIDS, DrActionConfig
from skeletonllm.draction.gaussians import body as ours
from skeletonllm.draction.gaussians import published as paper
from skeletonllm.draction.gaussians.appearance import BodyAppearance
from skeletonllm.draction.gaussians.baked import baked
from skeletonllm.draction.gaussians.published import PaperAppearance
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.scene.camera import Camera, before_the_sensor, sensor_camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.scene.tracks import check_frames
from skeletonllm.draction.solids.nvdiffrast_mesh import draw_figures
from skeletonllm.draction.splatting import Gaussians, project, splat, touched_patches, visible_boxes
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

GEOMETRY = ("view.*", "*.joint_radius", "*.bone_thickness", "*.format_*")
"""Lengths and angles among the parameters: they learn at another rate than networks do."""


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

    Parameters are ``appearance.*`` and, with the fitted camera, ``view.*``.

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
        published = config.profile == "paper"
        self.appearance: BodyAppearance | PaperAppearance = (
            PaperAppearance(config) if published else BodyAppearance(config)
        )
        self.view = FittedView() if config.camera == "fit" else None
        self.blur = paper.BLUR if published else ours.BLUR

    def forward(
        self, batch: MotionBatch, frames: Tensor, camera: Camera | None = None
    ) -> Rendering:
        """Render ``frames`` (int64 [B, T]) of every clip; always in float32.

        Args:
            batch: B clips, any mix of skeletons.
            frames: Indices into each clip.
            camera: One camera a clip; by default what the configuration says.

        Raises:
            RenderError: An index lies outside its clip, or a clip cannot be drawn.
        """
        check_frames(batch, frames)
        with torch.autocast(batch.joints.device.type, enabled=False):
            if camera is None:
                batch, camera = self._aim(batch, frames)
            drawn, patches = self._render(batch, frames, camera)
        return Rendering(drawn.view(*frames.shape, *drawn.shape[1:]), _rows(patches, frames))

    def draw(self, gaussians: Gaussians, camera: Camera, pictures: int) -> tuple[Tensor, Tensor]:
        """Pictures [pictures, 3, H, W] of Gaussians, and their touched patches."""
        drawn, box = splat(
            gaussians,
            camera,
            pictures=pictures,
            size=self.config.size,
            blur=self.blur,
            engine=self.engine,
        )
        return drawn, self._touched(box, gaussians, pictures)

    def set_trainable(self, *patterns: str) -> list[str]:
        """Free the parameters whose names match any pattern, freeze all others.

        Returns:
            The names of the free ones.

        Raises:
            RenderError: A pattern matches no parameter.

        Example:
            >>> DrAction(DrActionConfig()).set_trainable("view.*")
            ['view.turn', 'view.log_fov', 'view.log_distance']
        """
        free = set(matching(self, patterns))
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name in free)
        return [name for name, _ in self.named_parameters() if name in free]

    def bake(self) -> DrAction:
        """A frozen copy for serving and for a teacher's frames: the same pictures, no gradient.

        Later training of this renderer does not change it. See
        :mod:`skeletonllm.draction.gaussians.baked`.
        """
        served = DrAction(self.config)
        served.load_state_dict(self.state_dict())
        served.appearance = baked(self.appearance)
        return served.requires_grad_(requires_grad=False).eval()

    def geometry(self) -> list[str]:
        """Names of the parameters that are lengths and angles."""
        names = (name for name, _ in self.named_parameters())
        return [name for name in names if any(fnmatchcase(name, like) for like in GEOMETRY)]

    def _aim(self, batch: MotionBatch, frames: Tensor) -> tuple[MotionBatch, Camera]:
        size, mirrored = self.config.size, self.config.profile == "paper"
        if self.view is None:
            return before_the_sensor(batch, frames), sensor_camera(batch, size, mirrored=mirrored)
        return batch, self.view(batch, size)

    def _render(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
        """Pictures of all frames of all clips, and their touched patches."""
        pictures, size = frames.numel(), self.config.size
        if isinstance(self.appearance, PaperAppearance):
            gaussians = paper.paper_gaussians(self.appearance, batch, frames, camera)
            return self.draw(gaussians, camera, pictures)
        points = self.config.points_per_bone
        bodies = ours.figures(self.appearance, batch, frames, camera, points)
        gaussians = Gaussians.cat([figure.gaussians for figure in bodies])
        if self.config.engine != SOLIDS:
            return self.draw(gaussians, camera, pictures)
        drawn = draw_figures(bodies, camera, pictures=pictures, size=size)
        box = visible_boxes(*project(gaussians, camera, self.blur), gaussians.opacity, size)
        return drawn, self._touched(box, gaussians, pictures)

    def _touched(self, box: Tensor, gaussians: Gaussians, pictures: int) -> Tensor:
        return touched_patches(
            box, gaussians.picture, (pictures, self.config.grid), self.config.patch
        )


def _rows(patches: Tensor, frames: Tensor) -> Tensor:
    return patches.view(*frames.shape, *patches.shape[1:])


def matching(module: nn.Module, patterns: Sequence[str]) -> list[str]:
    """Names of the parameters that match any pattern, such as ``view.*``.

    Raises:
        RenderError: A pattern matches none; the message lists the names.
    """
    names = [name for name, _ in module.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise RenderError(f"no parameter matches {pattern!r}", expected=", ".join(names))
    return [name for name in names if any(fnmatchcase(name, like) for like in patterns)]
