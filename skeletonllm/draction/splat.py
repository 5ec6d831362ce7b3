"""Splat: Gaussians in camera coordinates to pictures. Both profiles end here."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction.camera import Camera
from skeletonllm.draction.rasterize import Engine
from skeletonllm.draction.rasterize.tiles import boxes, half_widths

VISIBLE = 1 / 1024
"""Optical depth from which a Gaussian counts as seen: a quarter of a grey level."""


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
    """

    points: Tensor
    radius: Tensor
    rgb: Tensor
    opacity: Tensor
    camera: Tensor
    picture: Tensor

    @classmethod
    def cat(cls, parts: list[Gaussians]) -> Gaussians:
        """One after the other."""
        fields = cls.__dataclass_fields__
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in fields))


def splat(
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
    u, v, conic = project(gaussians, camera, blur)
    depth = torch.where(camera.orthographic[gaussians.camera], 0.0, gaussians.points[:, 2].detach())
    frames = engine(
        u, v, conic, gaussians.rgb, gaussians.opacity, depth, gaussians.picture,
        pictures=pictures, height=size, width=size,
    )  # fmt: skip
    with torch.no_grad():
        half = half_widths(conic, gaussians.opacity, VISIBLE)
        box = torch.cat(boxes(u, v, half, size, size), -1)
    return frames, box


def project(gaussians: Gaussians, camera: Camera, blur: float) -> tuple[Tensor, Tensor, Tensor]:
    """u [N], v [N] in pixels and inverse covariance [N, 3] of each Gaussian."""
    x, y, z = gaussians.points.unbind(-1)
    k, flat = camera.k[gaussians.camera], camera.orthographic[gaussians.camera]
    z = torch.where(flat, 1.0, z)
    fx, fy = (1 if camera.mirrored else -1) * k[:, 0, 0], k[:, 1, 1]
    u, v = k[:, 0, 2] + fx * x / z, k[:, 1, 2] - fy * y / z
    slope_x, slope_y = (torch.where(flat, 0.0, p / z) for p in (x, y))
    wide, high = gaussians.radius * fx / z, gaussians.radius * fy / z
    xx = wide * wide * (1 + slope_x * slope_x) + blur
    yy = high * high * (1 + slope_y * slope_y) + blur
    xy = -wide * high * slope_x * slope_y
    determinant = xx * yy - xy * xy
    return u, v, torch.stack([yy, -xy, xx], -1) / determinant[:, None]


def touched_patches(
    box: Tensor, picture: Tensor, pictures: int, size: int, patch: int
) -> Tensor:  # bool [pictures, size / patch, size / patch]
    """Patches that the box of any Gaussian touches; box is (x0, y0, x1, y1), inclusive."""
    cells = size // patch
    inside = ((box[:, 2] >= box[:, 0]) & (box[:, 3] >= box[:, 1]))[:, None]
    cell = torch.arange(cells, device=box.device)
    columns = (cell >= box[:, :1] // patch) & (cell <= box[:, 2:3] // patch) & inside
    rows = (cell >= box[:, 1:2] // patch) & (cell <= box[:, 3:] // patch) & inside
    covered = (rows[:, :, None] & columns[:, None, :]).to(torch.int32)
    counts = covered.new_zeros(pictures, cells, cells).index_add_(0, picture, covered)
    return counts > 0
