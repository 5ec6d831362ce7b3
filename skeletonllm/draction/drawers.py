"""Drawers: Gaussians by a rasterizer, or bodies as solids. One is chosen here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from skeletonllm.draction import rasterize
from skeletonllm.draction.gaussians.formula import Formula
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.draction.solids.nvdiffrast_mesh import draw_figures
from skeletonllm.draction.splatting import (
    Gaussians,
    find_visible_boxes,
    project_gaussians,
    splat_gaussians,
)
from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

SOLIDS = "nvdiffrast_mesh"
"""The engine that draws bones and joints as solids; all others splat Gaussians."""
ENGINES = tuple(sorted([*rasterize.ENGINES, SOLIDS]))
"""Names of the engines that a DrAction may have."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """Pictures of all frames of all clips, and where something can be seen in them.

    Args:
        pictures: [B * T, 3, size, size] in 0..1, on black.
        boxes: int64 [N, 4], the pixels (x0, y0, x1, y1), inclusive, in which each Gaussian can be
            seen; empty where x1 < x0 or y1 < y0.
        owners: int64 [N], the picture each Gaussian belongs to.
    """

    pictures: Tensor
    boxes: Tensor
    owners: Tensor


class Drawer(Protocol):
    """Draws what a formula makes of motions."""

    def draw(
        self, formula: Formula, batch: MotionBatch, frames: Tensor, camera: Camera, *, size: int
    ) -> Drawing:
        """Draw ``frames`` of all clips.

        Args:
            formula: Makes the Gaussians.
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.
            size: Height and width of a picture.
        """
        ...


class SplatDrawer:
    """Draws Gaussians one by one.

    Args:
        engine: Rasterizer, see :func:`skeletonllm.draction.rasterize.get_engine`.
    """

    def __init__(self, engine: rasterize.Engine) -> None:
        self.engine = engine

    def draw(
        self, formula: Formula, batch: MotionBatch, frames: Tensor, camera: Camera, *, size: int
    ) -> Drawing:
        """See :meth:`Drawer.draw`."""
        gaussians = formula.gaussians(batch, frames, camera)
        pictures, boxes = splat_gaussians(
            gaussians,
            camera,
            pictures=frames.numel(),
            size=size,
            blur=formula.blur,
            engine=self.engine,
        )
        return Drawing(pictures, boxes, gaussians.picture)


class SolidDrawer:
    """Draws bones as capsules and joints as spheres, with nvdiffrast."""

    def draw(
        self, formula: Formula, batch: MotionBatch, frames: Tensor, camera: Camera, *, size: int
    ) -> Drawing:
        """See :meth:`Drawer.draw`. Boxes are those of the Gaussians that the solids stand for."""
        figures = formula.figures(batch, frames, camera)
        gaussians = Gaussians.cat([figure.gaussians for figure in figures])
        pictures = draw_figures(figures, camera, pictures=frames.numel(), size=size)
        projected = project_gaussians(gaussians, camera, formula.blur)
        boxes = find_visible_boxes(*projected, gaussians.opacity, size)
        return Drawing(pictures, boxes, gaussians.picture)


def make_drawer(engine: str, formula: type[Formula] | Formula) -> Drawer:
    """What draws under the name of an engine.

    Args:
        engine: ``auto`` or one of :data:`ENGINES`.
        formula: What it is to draw.

    Raises:
        RenderError: The engine is unknown, is not installed, or draws bones that the formula does
            not know.
    """
    if engine not in ("auto", *ENGINES):
        known = ", ".join(["auto", *ENGINES])
        raise RenderError(f"unknown engine {engine!r}", expected=f"one of {known}")
    if engine != SOLIDS:
        return SplatDrawer(rasterize.get_engine(engine))
    if not formula.has_bones:
        raise RenderError(
            f"engine {engine!r} with formula {formula.name!r}",
            expected="formula 'body', whose bones are known",
            hint="Take engine 'auto', which splats Gaussians.",
        )
    return SolidDrawer()
