"""What a DrAction looks like; everything that determines a picture beside the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skeletonllm.errors import RenderError

SOLIDS = "nvdiffrast_mesh"
"""The engine that draws bones and joints as solids."""


@dataclass(frozen=True, kw_only=True)
class DrActionConfig:
    """Configuration of a renderer.

    Args:
        size: Height and width of a frame in pixels.
        patch: Edge of a foreground patch in pixels; divides ``size`` (28 = one InternVL token).
        points_per_bone: Gaussians on a bone between its two joints.
        profile: ``ours``, or ``paper``: the published formula, for the released weights.
        camera: ``fit`` frames the whole clip; ``paper`` is the sensor at the origin, 60 degrees.
        engine: Rasterizer, see :func:`skeletonllm.draction.rasterize.get_engine`;
            ``nvdiffrast_mesh`` draws solids instead of Gaussians (``ours`` only).
        modulate: Whether motion changes colour and opacity (the Neural Feature Modulator).
        recurrent: Whether the modulator sees the earlier frames through a one-layer GRU.
        hidden: Width of the two networks (the paper's 64).
        features: Learnable numbers a node of a body part, at least 4.
        formats: Topologies with their own learnable thickness; others share the plain one.
        seed: Of the initial weights.

    Raises:
        RenderError: ``size`` is not a multiple of ``patch``, or a choice is unknown.

    Example:
        >>> DrActionConfig(size=56, patch=14).grid
        4
    """

    size: int = 448
    patch: int = 28
    points_per_bone: int = 10
    profile: Literal["ours", "paper"] = "ours"
    camera: Literal["fit", "paper"] = "fit"
    engine: str = "auto"
    modulate: bool = True
    recurrent: bool = False
    hidden: int = 64
    features: int = 8
    formats: tuple[str, ...] = ("kinect_v2", "kinect_v1", "smpl_22", "coco_17")
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size < 1 or self.patch < 1 or self.size % self.patch:
            raise RenderError(
                f"size {self.size} and patch {self.patch}",
                expected="a size that is a multiple of the patch",
                hint=f"The nearest size is {_nearest(self.size, self.patch)}.",
            )
        if self.profile not in ("ours", "paper"):
            raise RenderError(f"profile {self.profile!r}", expected="'ours' or 'paper'")
        if self.camera not in ("fit", "paper"):
            raise RenderError(f"camera {self.camera!r}", expected="'fit' or 'paper'")
        if self.engine == SOLIDS and self.profile == "paper":
            raise RenderError(
                f"engine {self.engine!r} with profile 'paper'",
                expected="profile 'ours', whose bones are known",
            )
        if self.points_per_bone < 0 or self.features < 4 or self.hidden < 1:
            raise RenderError(
                f"points_per_bone {self.points_per_bone}, features {self.features}, "
                f"hidden {self.hidden}",
                expected="at least 0, 4 and 1",
            )

    @property
    def grid(self) -> int:
        """Patches along one edge of a frame."""
        return self.size // self.patch


def _nearest(size: int, patch: int) -> int:
    patch = max(patch, 1)
    return max(1, round(size / patch)) * patch
