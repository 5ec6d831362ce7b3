"""From Gaussians in camera coordinates to pictures: projection, boxes, touched patches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Engine, Splats
from skeletonllm.draction.rasterize.tiles import clip_boxes, measure_half_widths
from skeletonllm.draction.scene.camera import Camera

VISIBLE = 1 / 1024
"""Optical depth from which a Gaussian counts as seen: a quarter of one of 256 grey levels. A lower
value keeps patches in which nothing can be told from black; a higher one drops faint limbs."""


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N drawn Gaussians, flat.

    Args:
        points: [N, 3] in camera coordinates, in front of the camera.
        radius: [N] standard deviation in the clip's unit.
        rgb: [N, 3] in 0..1.
        opacity: [N] >= 0.
        camera: int64 [N].
        picture: int64 [N].
        stretch: [N, 3] in camera coordinates, how far a Gaussian is drawn out: a standard deviation
            along this vector that is added to the round one. None where all are round.
        shadow: bool [N], those that only darken what is behind; black. None where none is.
    """

    points: Tensor
    radius: Tensor
    rgb: Tensor
    opacity: Tensor
    camera: Tensor
    picture: Tensor
    stretch: Tensor | None = None
    shadow: Tensor | None = None

    def where(self, drawn: Tensor) -> Gaussians:
        """Those for which ``drawn`` bool [...] holds, flat, of fields that are dense [...(, 3)]."""
        at, depth = drawn.flatten().nonzero()[:, 0], drawn.ndim
        return self._change(
            lambda field: field.reshape(-1, *field.shape[depth:]).index_select(0, at)
        )

    def narrow(self, first: int) -> Gaussians:
        """Those from ``first`` on, of fields that are dense [S, T, K(, 3)]."""
        return self._change(lambda field: field[:, :, first:])

    def _change(self, change: Callable[[Tensor], Tensor]) -> Gaussians:
        fields: dict[str, Tensor | None] = vars(self)
        changed: dict[str, Any] = {
            name: None if field is None else change(field) for name, field in fields.items()
        }
        return Gaussians(**changed)

    @classmethod
    def cat(cls, parts: list[Gaussians]) -> Gaussians:
        """One after the other; either all have a stretch, or none, and so for shadows."""
        names = [name for name in cls.__dataclass_fields__ if getattr(parts[0], name) is not None]
        joined = {name: torch.cat([getattr(part, name) for part in parts]) for name in names}
        return cls(**joined)


def splat_gaussians(
    gaussians: Gaussians, camera: Camera, *, pictures: int, size: int, blur: float, engine: Engine
) -> tuple[Tensor, Tensor]:
    """Pictures [pictures, 3, size, size], and the box in pixels [N, 4] of each Gaussian.

    Args:
        gaussians: What to draw.
        camera: All cameras.
        pictures: How many pictures there are.
        size: Height and width.
        blur: Variance in square pixels added to every Gaussian, so that none falls between pixels.
        engine: Rasterizer.
    """
    u, v, conic = project_gaussians(gaussians, camera, blur)
    depth = torch.where(camera.orthographic[gaussians.camera], 0.0, gaussians.points[:, 2].detach())
    # In the image plane there is no depth: what comes first in the list is in front.
    rest = gaussians.rgb, gaussians.opacity, depth, gaussians.picture, gaussians.shadow
    splats = Splats(u, v, conic, *rest)
    frames = engine(splats, pictures=pictures, height=size, width=size)
    # A shadow is black: where nothing else can be seen, it cannot be seen either.
    seen = gaussians.opacity
    if gaussians.shadow is not None:
        seen = torch.where(gaussians.shadow, 0.0, seen)
    return frames, find_visible_boxes(u, v, conic, seen, size)


@torch.no_grad()
def find_visible_boxes(u: Tensor, v: Tensor, conic: Tensor, opacity: Tensor, size: int) -> Tensor:
    """The pixels (x0, y0, x1, y1) in which each Gaussian can be seen, int64 [N, 4], inclusive.

    Args:
        u: [N] pixels to the right.
        v: [N] pixels down.
        conic: [N, 3] inverse covariance.
        opacity: [N].
        size: Height and width of a picture.
    """
    half = measure_half_widths(conic, opacity, VISIBLE)
    return torch.cat(clip_boxes(torch.stack([u, v], -1), half, size, size), -1)


def project_gaussians(
    gaussians: Gaussians, camera: Camera, blur: float
) -> tuple[Tensor, Tensor, Tensor]:
    """u [N], v [N] in pixels and inverse covariance [N, 3] of each Gaussian.

    A projection is linearized at the centre, as is usual for splats (Zwicker et al., EWA, 2001).

    Args:
        gaussians: N of them.
        camera: All cameras.
        blur: Variance in square pixels added to every Gaussian.
    """
    x, y, z = gaussians.points.unbind(-1)
    lens = torch.stack([camera.k[:, i, j] for i, j in ((0, 0), (1, 1), (0, 2), (1, 2))], -1)
    fx, fy, cx, cy = lens[gaussians.camera].unbind(-1)
    fx, flat = fx if camera.mirrored else -fx, camera.orthographic[gaussians.camera]
    z = torch.where(flat, 1.0, z)
    u, v = cx + fx * x / z, cy - fy * y / z
    slope_x, slope_y = (torch.where(flat, 0.0, p / z) for p in (x, y))
    wide, high = gaussians.radius * fx / z, gaussians.radius * fy / z
    xx = wide * wide * (1 + slope_x * slope_x) + blur
    yy = high * high * (1 + slope_y * slope_y) + blur
    xy = -wide * high * slope_x * slope_y
    determinant = xx * yy - xy * xy
    if gaussians.stretch is not None:
        ex, ey, ez = gaussians.stretch.unbind(-1)
        right, down = fx / z * (ex - slope_x * ez), -fy / z * (ey - slope_y * ez)
        # The determinant of the sum, without the difference of two large numbers that thin
        # Gaussians have.
        determinant = determinant + yy * right * right + xx * down * down - 2 * xy * right * down
        xx, yy, xy = xx + right * right, yy + down * down, xy + right * down
    return u, v, torch.stack([yy, -xy, xx], -1) / determinant[:, None]


def find_touched_patches(
    box: Tensor, picture: Tensor, shape: tuple[int, int], patch: int
) -> Tensor:
    """Which patches the box of any Gaussian touches, bool [pictures, cells, cells].

    Args:
        box: int64 [N, 4], (x0, y0, x1, y1), inclusive; empty where x1 < x0 or y1 < y0.
        picture: int64 [N].
        shape: (pictures, patches along an edge).
        patch: Edge of a patch in pixels.
    """
    pictures, cells = shape
    shown = (box[:, 2] >= box[:, 0]) & (box[:, 3] >= box[:, 1])
    first, end = box[:, :2] // patch, box[:, 2:] // patch + 1
    row = cells + 1  # of corners
    # A corner of +1 and its three partners: the double running sum counts the boxes over a cell.
    x = torch.stack([first[:, 0], end[:, 0], first[:, 0], end[:, 0]])
    y = torch.stack([first[:, 1], first[:, 1], end[:, 1], end[:, 1]])
    at = torch.where(shown, (picture * row + y) * row + x, 0)
    sign = box.new_tensor([1, -1, -1, 1])[:, None] * shown
    corners = box.new_zeros(pictures * row * row).index_add_(0, at.flatten(), sign.flatten())
    return corners.view(pictures, row, row).cumsum(1).cumsum(2)[:, :-1, :-1] > 0
