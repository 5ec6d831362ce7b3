"""DrAction: motions to pictures, differentiably."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.drawers import make_drawer
from skeletonllm.draction.gaussians.formula import Formula
from skeletonllm.draction.gaussians.registry import get_formula
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.draction.scene.tracks import check_frames
from skeletonllm.draction.splatting import find_touched_patches
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

GEOMETRY = (
    *("view.*", "*.joint_radius", "*.bone_thickness", "*.format_*", "*.sharp.*", "*.halos.width"),
    *("*.motion.reach", "*.motion.width", "*.motion.slowest"),
)
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

    Parameters are ``appearance.*``, those of the formula, and, with the fitted camera, ``view.*``.

    Args:
        config: See :class:`DrActionConfig`.

    Raises:
        RenderError: The formula or the engine is unknown, or they do not go together.

    Example:
        >>> renderer = DrAction(DrActionConfig(size=56))
        >>> rendering = renderer(batch, frames)  # doctest: +SKIP
        >>> rendering.frames.shape  # doctest: +SKIP
        torch.Size([24, 4, 3, 56, 56])
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        self.config = config
        self._set_formula(get_formula(config.formula)(config))
        self.view = FittedView() if config.camera == "fit" else None
        self.drawer = make_drawer(config.engine, self.formula)

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
        size, patch = self.config.size, self.config.patch
        # bfloat16 has eight significant bits: it would round hundreds of pixels to even numbers.
        with torch.autocast(batch.joints.device.type, enabled=False):
            if camera is None:
                batch, camera = self._aim(batch, frames)
            drawing = self.drawer.draw(self.formula, batch, frames, camera, size=size)
        grid = (frames.numel(), self.config.grid)
        patches = find_touched_patches(drawing.boxes, drawing.owners, grid, patch)
        pictures = drawing.pictures.view(*frames.shape, *drawing.pictures.shape[1:])
        return Rendering(pictures, patches.view(*frames.shape, *patches.shape[1:]))

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
        free = set(match_parameters(self, patterns))
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
        served._set_formula(served.formula.bake())
        return served.requires_grad_(requires_grad=False).eval()

    def geometry(self) -> list[str]:
        """Names of the parameters that are lengths and angles."""
        names = (name for name, _ in self.named_parameters())
        return [name for name in names if any(fnmatchcase(name, like) for like in GEOMETRY)]

    def _set_formula(self, formula: Formula) -> None:
        # The formula is no module itself: its parameters would be called formula.appearance.*, and
        # no file of weights would fit. So its module is registered here, under the old name.
        self.formula = formula
        self.appearance = formula.appearance

    def _aim(self, batch: MotionBatch, frames: Tensor) -> tuple[MotionBatch, Camera]:
        if self.view is None:
            return self.formula.place_sensor(batch, frames, self.config.size)
        return batch, self.view(batch, self.config.size)


def match_parameters(module: nn.Module, patterns: Sequence[str]) -> list[str]:
    """Names of the parameters that match any pattern.

    Args:
        module: Whose parameters.
        patterns: Such as ``view.*``, see :mod:`fnmatch`.

    Raises:
        RenderError: A pattern matches none; the message lists the names.
    """
    names = [name for name, _ in module.named_parameters()]

    def matches(name: str, pattern: str) -> bool:
        return any(fnmatchcase(form, pattern) for form in (name, name.removeprefix("appearance.")))

    for pattern in patterns:
        if not any(matches(name, pattern) for name in names):
            raise RenderError(f"no parameter matches {pattern!r}", expected=", ".join(names))
    return [name for name in names if any(matches(name, like) for like in patterns)]
