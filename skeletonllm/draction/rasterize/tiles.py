"""Which Gaussians touch which square tile of which picture, in front-to-back order.

Shared by the engines: a tile's list is a pure function of its inputs (stable sorts throughout), so
that two engines which follow it blend in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.draction.rasterize.base import Splats

NEGLIGIBLE = 1e-8
"""Optical depth below which a Gaussian is cut off; the error of a pixel is below N times this.
Larger ones show beside float64 (1e-6 is wrong by up to 1e-5); smaller ones only cost pixels."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Entries (Gaussian, tile), grouped by tile, front to back within a tile.

    Args:
        entries: [E] int64, index of the Gaussian.
        tile: [Q] int64, non-empty tiles ``(picture * rows + row) * cols + col``, fullest first.
        start: [Q] int64, where a tile's entries start.
        count: [Q] int64, how many there are.
        side: Pixels along one edge of a tile.
        shape: (pictures, rows, cols) of the grid of tiles.
    """

    entries: Tensor
    tile: Tensor
    start: Tensor
    count: Tensor
    side: int
    shape: tuple[int, int, int]

    def chunks(self, elements: int) -> Iterator[slice]:
        """Runs of tiles whose padded lists hold at most ``elements`` (Gaussian, pixel) pairs."""
        counts, first = self.count.tolist(), 0
        while first < len(counts):
            many = max(1, elements // (counts[first] * self.side**2))
            yield slice(first, first + many)
            first += many

    def padded(self, chunk: slice, filler: int) -> Tensor:
        """Entries of the tiles of a chunk as a rectangle [q, k].

        Args:
            chunk: A run of tiles, see :meth:`chunks`.
            filler: The entry with which short lists end.
        """
        start, count = self.start[chunk], self.count[chunk]
        column = torch.arange(int(count[0]), device=start.device)
        inside = column < count[:, None]
        at = torch.where(inside, start[:, None] + column, 0)
        return torch.where(inside, self.entries[at], filler)

    def origins(self, chunk: slice) -> tuple[Tensor, Tensor]:
        """x and y of the first pixel of each tile of a chunk, [q] each."""
        tile = self.tile[chunk]
        _, rows, cols = self.shape
        return tile % cols * self.side, tile // cols % rows * self.side


def measure_half_widths(conic: Tensor, opacity: Tensor, threshold: float) -> Tensor:
    """Half width and height [N, 2] in pixels of the box outside which a Gaussian is negligible.

    Args:
        conic: [N, 3] inverse covariance.
        opacity: [N].
        threshold: Optical depth below which it is: opacity exp(-d2 / 2) < threshold.
    """
    a, b, c = conic.unbind(-1)
    reach = 2 * torch.log(opacity.clamp_min(threshold) / threshold)
    determinant = (a * c - b * b).clamp_min(torch.finfo(conic.dtype).tiny)
    return (reach / determinant)[:, None].mul(torch.stack([c, a], -1)).sqrt()


def clip_boxes(centre: Tensor, half: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """First and last pixel (x, y) within the picture of each box, two int64 [N, 2].

    Where last < first the box lies outside, or its place is not a number.

    Args:
        centre: [N, 2], u and v.
        half: [N, 2], half width and height.
        height: Of a picture.
        width: Of a picture.
    """
    limit = centre.new_tensor([width - 1, height - 1])
    low = (centre - half).ceil().nan_to_num(math.inf, math.inf, -math.inf).clamp_min(0.0)
    high = (centre + half).floor().nan_to_num(-math.inf, math.inf, -math.inf)
    return torch.minimum(low, limit + 1).long(), torch.minimum(high, limit).clamp_min(-1.0).long()


def sort_into_tiles(splats: Splats, pictures: int, height: int, width: int) -> Tiles:
    """The splats of each square tile, front to back; the side of a tile suits their size.

    Args:
        splats: N Gaussians.
        pictures: How many pictures there are.
        height: Of a picture.
        width: Of a picture.
    """
    centre = torch.stack([splats.u, splats.v], -1)
    half = measure_half_widths(splats.conic, splats.opacity.clamp_min(1.0), NEGLIGIBLE)
    first, last = clip_boxes(centre, half, height, width)
    extent = (last - first + 1).clamp_min(0)
    side = _choose_tile_side(extent)
    grid = (pictures, -(-height // side), -(-width // side))

    front = torch.argsort(splats.depth, stable=True)
    front = front[extent[front].prod(-1) > 0]
    splat, cell = _list_covered_tiles(front, first // side, last // side)
    reach = _squared_reach(splats.conic, half)
    near = _squared_distance(centre[splat], cell * side, side) <= reach[splat]
    splat, cell = splat[near], cell[near]

    key = (splats.picture[splat] * grid[1] + cell[:, 1]) * grid[2] + cell[:, 0]
    key, order = torch.sort(key, stable=True)
    tile, count = torch.unique_consecutive(key, return_counts=True)
    start = count.cumsum(0) - count
    full = torch.argsort(count, descending=True, stable=True)
    return Tiles(splat[order], tile[full], start[full], count[full], side, grid)


def _choose_tile_side(extent: Tensor) -> int:
    """Small tiles for small Gaussians: of a tile's pixels, most should be worth computing."""
    shown = extent[extent.prod(-1) > 0]
    width = float(shown.double().mean()) if len(shown) else 0.0
    # Some three tiles across a Gaussian: larger ones waste pixels, smaller ones make lists long.
    return 4 if width < 12 else 8 if width < 48 else 16


def _list_covered_tiles(order: Tensor, first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """Every (splat, tile) of the boxes: splats [E] in the given order, (column, row) [E, 2]."""
    across = (last - first + 1)[order]
    count = across.prod(-1)
    splat = order.repeat_interleave(count)
    within = torch.arange(len(splat), device=order.device)
    within = within - (count.cumsum(0) - count).repeat_interleave(count)
    columns = across[:, 0].repeat_interleave(count)
    return splat, first[splat] + torch.stack([within % columns, within // columns], -1)


def _squared_reach(conic: Tensor, half: Tensor) -> Tensor:
    """Squared radius of the circle around each ellipse that fills its box, [N]."""
    a, b, c = conic.unbind(-1)
    eccentric = ((a - c).square() + 4 * b * b).sqrt() / (a + c)
    return 0.5 * half.square().sum(-1) * (1 + eccentric)


def _squared_distance(centre: Tensor, corner: Tensor, side: int) -> Tensor:
    """Squared distance from each centre to its tile's nearest pixel: drops corners of boxes."""
    gap = torch.maximum(corner - centre, centre - (corner + side - 1)).clamp_min(0.0)
    return gap.square().sum(-1)
