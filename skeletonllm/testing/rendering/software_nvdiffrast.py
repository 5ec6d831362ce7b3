"""A stand-in for ``nvdiffrast.torch`` in software, written from its documentation.

It keeps what our side relies on: OpenGL clip coordinates whose row 0 is y = -w, pixel centres at
(2 i + 1) / n - 1, range mode, (u, v, z/w, triangle + 1) a pixel with perspective-correct u and v,
the nearest surface wins, z/w without a gradient, and refusal of wrong dtypes and layouts. Its
``antialias`` averages more samples a pixel: a picture much like nvdiffrast's, but no gradient of
moving outlines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class SoftwareNvdiffrast:
    """The functions of ``nvdiffrast.torch`` that our side calls, under their names.

    Args:
        samples: Points along each edge of a pixel.
    """

    samples: int = 1

    def RasterizeCudaContext(self, device: Any) -> str:  # noqa: N802 - its name
        """A context that :meth:`rasterize` asks for."""
        return f"context on {device}"

    def rasterize(  # noqa: PLR0917 - as nvdiffrast has it
        self,
        context: str,
        pos: Tensor,
        tri: Tensor,
        resolution: tuple[int, int],
        ranges: Tensor,
        grad_db: bool,
    ) -> tuple[Tensor, None]:
        """(u, v, z/w, triangle + 1) of each pixel [N, H, W, 4], and no derivatives.

        Args:
            context: Of :meth:`RasterizeCudaContext`.
            pos: Vertices in clip coordinates [V, 4].
            tri: Triangles [F, 3].
            resolution: Height and width.
            ranges: First triangle and number of triangles of each picture [N, 2].
            grad_db: Must be off: derivatives of u and v are not computed.
        """
        assert context == f"context on {pos.device}"
        assert not grad_db
        _check(pos, tri, ranges)
        height, width = (self.samples * edge for edge in resolution)
        tables = []
        for start, count in ranges.tolist():
            mine = tri[start : start + count].long()
            tables.append(_one(pos, mine, start, height, width))
        return torch.stack(tables), None

    def interpolate(self, attr: Tensor, rast: Tensor, tri: Tensor) -> tuple[Tensor, None]:
        """Attributes of the surface in each pixel [N, H, W, A]; zeros where there is none.

        Args:
            attr: Of each vertex [V, A].
            rast: What :meth:`rasterize` gives.
            tri: Triangles [F, 3].
        """
        assert attr.dtype == torch.float32
        assert attr.is_contiguous()
        triangle = rast[..., 3].long() - 1
        corners = attr[tri.long()[triangle.clamp_min(0)]]  # [N, H, W, 3, A]
        u, v = rast[..., 0:1], rast[..., 1:2]
        weights = torch.stack([u, v, 1 - u - v], -2)
        return (weights * corners).sum(-2) * (triangle >= 0)[..., None], None

    def antialias(self, color: Tensor, rast: Tensor, pos: Tensor, tri: Tensor) -> Tensor:
        """Pictures [N, H, W, C] of the mean of each pixel's points.

        Args:
            color: Of each point [N, samples H, samples W, C].
            rast: What :meth:`rasterize` gives.
            pos: Vertices in clip coordinates [V, 4].
            tri: Triangles [F, 3].
        """
        _check(pos, tri, None)
        assert color.shape[:3] == rast.shape[:3]
        return F.avg_pool2d(color.permute(0, 3, 1, 2), self.samples).permute(0, 2, 3, 1)


def _check(pos: Tensor, tri: Tensor, ranges: Tensor | None) -> None:
    """What nvdiffrast's range mode asks for."""
    assert pos.dtype == torch.float32
    assert tri.dtype == torch.int32
    assert pos.ndim == 2
    assert pos.shape[1] == 4
    assert len(pos)
    assert tri.ndim == 2
    assert tri.shape[1] == 3
    assert len(tri)
    assert int(tri.min()) >= 0
    assert int(tri.max()) < len(pos)
    assert pos.is_contiguous()
    assert tri.is_contiguous()
    if ranges is not None:
        assert ranges.dtype == torch.int32
        assert ranges.device.type == "cpu"
        assert ranges.is_contiguous()
        assert int(ranges.sum(1).max()) <= len(tri)


def _one(pos: Tensor, tri: Tensor, start: int, height: int, width: int) -> Tensor:
    """One picture [H, W, 4]: every triangle at every pixel of its box, then the nearest."""
    table = pos.new_zeros(height * width, 4)
    with torch.no_grad():
        pairs = _pairs(pos[tri].double(), height, width)
        if pairs is None:
            return table.view(height, width, 4)
        triangle, pixel, depth = pairs
    inverse = torch.linalg.inv(pos[tri[triangle]][..., [0, 1, 3]].double())
    weights = (_ndc(pixel, height, width)[:, None] @ inverse)[:, 0]  # [P, 3]
    weights = weights / weights.sum(-1, keepdim=True)
    row = torch.stack([weights[:, 0], weights[:, 1], depth, (triangle + start + 1).double()], -1)
    return table.index_put((pixel,), row.float()).view(height, width, 4)


def _pairs(
    corners: Tensor, height: int, width: int
) -> tuple[Tensor, Tensor, Tensor] | None:  # corners [F, 3, 4]
    """Triangle, pixel and z/w of the nearest surface of each pixel that has one."""
    x, y, _, w = corners.unbind(-1)
    behind = (w <= 0).any(-1)
    box = []
    for at, edge in ((x, width), (y, height)):
        pixel = (at / w + 1) * edge / 2 - 0.5
        low = torch.where(behind, 0, pixel.amin(-1).ceil()).clamp(0, edge)
        high = torch.where(behind, edge - 1, pixel.amax(-1).floor()).clamp(-1, edge - 1)
        box.append((low.long(), (high - low + 1).clamp_min(0).long()))
    (left, wide), (top, tall) = box
    solid = torch.linalg.det(corners[..., [0, 1, 3]]).abs() > 1e-14
    area = wide * tall * solid
    triangle = torch.arange(len(corners)).repeat_interleave(area)
    inside = torch.arange(len(triangle)) - (area.cumsum(0) - area)[triangle]
    pixel = (top[triangle] + inside // wide[triangle]) * width
    pixel = pixel + left[triangle] + inside % wide[triangle]
    inverse = torch.eye(3).double().repeat(len(corners), 1, 1)
    inverse[solid] = torch.linalg.inv(corners[solid][..., [0, 1, 3]])
    share = (_ndc(pixel, height, width)[:, None] @ inverse[triangle])[:, 0]
    depth = (share * corners[triangle][..., 2]).sum(-1)
    hit = ((share >= 0).all(-1) & (depth.abs() <= 1)).nonzero()[:, 0]
    if not len(hit):
        return None
    hit = hit[torch.argsort(depth[hit], stable=True)]
    hit = hit[torch.argsort(pixel[hit], stable=True)]
    first = torch.ones(len(hit), dtype=torch.bool)
    first[1:] = pixel[hit][1:] != pixel[hit][:-1]
    hit = hit[first]
    return triangle[hit], pixel[hit], depth[hit]


def _ndc(pixel: Tensor, height: int, width: int) -> Tensor:  # [P, 3]
    x, y = pixel % width, pixel // width
    one = torch.ones(len(pixel)).double()
    return torch.stack([(2 * x + 1) / width - one, (2 * y + 1) / height - one, one], -1)
