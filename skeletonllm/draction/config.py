"""What a DrAction looks like; everything that determines a picture beside the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skeletonllm.draction.old_names import translate_camera
from skeletonllm.errors import RenderError

CAMERAS = ("fit", "sensor")
PARTS = ("motion", "halos", "sharp")
"""Parts of formula ``body`` that can be switched off, and the groups of their parameters. Files of
weights from before them are of a picture without."""


@dataclass(frozen=True, kw_only=True)
class DrActionConfig:
    """Configuration of a renderer.

    Names of formulas and engines are looked up when a renderer is made, so that a new one needs no
    line here.

    Args:
        size: Height and width of a frame in pixels.
        patch: Edge of a foreground patch in pixels; divides ``size`` (28 = one InternVL token).
        points_per_bone: Gaussians on a bone between its two joints; None for the formula's own
            number (``body`` 4, or 10 if not ``sharp``; ``published`` 10).
        formula: How motions become Gaussians: ``body``, or ``published``, the formula of the
            released weights, whose pictures are mirrored. See
            :mod:`skeletonllm.draction.gaussians.registry`.
        camera: ``fit`` frames the whole clip; ``sensor`` is at the origin, 60 degrees. ``paper``,
            the old name of ``sensor``, is understood for one version more.
        engine: What draws, see :mod:`skeletonllm.draction.drawers`: rasterizers of Gaussians, or
            ``nvdiffrast_mesh`` for solids (formula ``body`` only).
        motion: Whether streaks say where joints are going (formula ``body``, as the next two).
        halos: Whether limbs have a dark rim where they cover others, and what is far is darker.
        sharp: Whether limbs are thin and even with a firm edge; else rows of soft, round Gaussians.
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
    points_per_bone: int | None = None
    formula: str = "body"
    camera: Literal["fit", "sensor", "paper"] = "fit"
    engine: str = "auto"
    motion: bool = True
    halos: bool = True
    sharp: bool = True
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
                hint=f"The nearest size is {_nearest_size(self.size, self.patch)}.",
            )
        object.__setattr__(self, "camera", translate_camera(self.camera))
        if self.camera not in CAMERAS:
            raise RenderError(f"camera {self.camera!r}", expected="'fit' or 'sensor'")
        points = 0 if self.points_per_bone is None else self.points_per_bone
        if points < 0 or self.features < 4 or self.hidden < 1:
            raise RenderError(
                f"points_per_bone {self.points_per_bone}, features {self.features}, "
                f"hidden {self.hidden}",
                expected="at least 0, 4 and 1",
            )

    @property
    def grid(self) -> int:
        """Patches along one edge of a frame."""
        return self.size // self.patch


def _nearest_size(size: int, patch: int) -> int:
    patch = max(patch, 1)
    return max(1, round(size / patch)) * patch
