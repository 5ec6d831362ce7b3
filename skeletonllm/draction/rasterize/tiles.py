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

NEGLIGIBLE = 1e-8
"""A Gaussian ends where its optical depth falls below this; the error a pixel is below N times it."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Entries (Gaussian, tile), grouped by tile, front to back within a tile.

    Args:
        entries: [E] int64, index of the Gaussian.
        tile: [Q] int64, the non-empty tiles, fullest first; ``(picture * rows + row) * cols + col``.
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
        """Entries of the tiles of a chunk as a rectangle [q, k]; short lists end in ``filler``."""
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


def half_widths(conic: Tensor, opacity: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Half width and height, in pixels, of the box outside which o exp(-d2/2) < ``threshold``.

    Args:
        conic: [N, 3], inverse covariance (a, b, c) of a dx2 + 2 b dx dy + c dy2.
        opacity: [N].
        threshold: What is still worth drawing.
    """
    a, b, c = conic.unbind(-1)
    reach = 2 * torch.log(opacity.clamp_min(threshold) / threshold)
    determinant = (a * c - b * b).clamp_min(torch.finfo(conic.dtype).tiny)
    return (reach * c / determinant).sqrt(), (reach * a / determinant).sqrt()


def boxes(
    u: Tensor, v: Tensor, half: tuple[Tensor, Tensor], height: int, width: int
) -> tuple[Tensor, Tensor]:
    """First and last pixel (x, y) of each Gaussian within the picture, two int64 [N, 2].

    Where last < first the Gaussian lies outside, or its position is not a number.
    """
    limit = u.new_tensor([width - 1, height - 1])
    centre = torch.stack([u, v], -1)
    reach = torch.stack(half, -1)
    low = (centre - reach).ceil().nan_to_num(math.inf).clamp(min=0.0)
    high = (centre + reach).floor().nan_to_num(-math.inf)
    first = torch.minimum(low, limit + 1).long()
    return first, torch.minimum(high, limit).clamp(min=-1.0).long()


def sort_into_tiles(
    u: Tensor,  # [N]
    v: Tensor,  # [N]
    conic: Tensor,  # [N, 3]
    opacity: Tensor,  # [N]
    depth: Tensor,  # [N]
    picture: Tensor,  # [N]
    shape: tuple[int, int, int],
) -> Tiles:
    """Bin Gaussians into tiles of ``shape`` = (pictures, height, width) pictures."""
    pictures, height, width = shape
    half = half_widths(conic, opacity.clamp_min(1.0), NEGLIGIBLE)
    first, last = boxes(u, v, half, height, width)
    extent = (last - first + 1).clamp_min(0)
    side = _tile_side(extent)
    grid = (pictures, -(-height // side), -(-width // side))

    front = torch.argsort(depth, stable=True)
    front = front[extent[front].prod(-1) > 0]
    gaussian, column, row = _cover(front, first // side, last // side)
    near = _reaches(u, v, conic, half, gaussian, column * side, row * side, side)
    gaussian, column, row = gaussian[near], column[near], row[near]

    key = (picture[gaussian] * grid[1] + row) * grid[2] + column
    key, order = torch.sort(key, stable=True)
    tile, count = torch.unique_consecutive(key, return_counts=True)
    start = count.cumsum(0) - count
    fullest = torch.argsort(count, descending=True, stable=True)
    return Tiles(
        gaussian[order], tile[fullest], start[fullest], count[fullest], side, grid
    )


def _tile_side(extent: Tensor) -> int:
    """Small tiles for small Gaussians: of a tile's pixels, most should be worth computing."""
    shown = extent[extent.prod(-1) > 0]
    width = float(shown.double().mean()) if len(shown) else 0.0
    return 4 if width < 12 else 8 if width < 48 else 16


def _cover(order: Tensor, first: Tensor, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every (Gaussian, tile column, tile row) of the boxes, Gaussians in the given order."""
    across = (last - first + 1)[order]
    count = across.prod(-1)
    gaussian = order.repeat_interleave(count)
    within = torch.arange(len(gaussian), device=order.device)
    within = within - (count.cumsum(0) - count).repeat_interleave(count)
    columns = across[:, 0].repeat_interleave(count)
    corner = first[gaussian]
    return gaussian, corner[:, 0] + within % columns, corner[:, 1] + within // columns


def _reaches(
    u: Tensor,
    v: Tensor,
    conic: Tensor,
    half: tuple[Tensor, Tensor],
    gaussian: Tensor,
    left: Tensor,
    top: Tensor,
    side: int,
) -> Tensor:
    """Whether the circle around each Gaussian's ellipse reaches the tile: drops box corners."""
    a, b, c = conic.unbind(-1)
    eccentric = ((a - c).square() + 4 * b * b).sqrt() / (a + c)
    reach = 0.5 * (half[0].square() + half[1].square()) * (1 + eccentric)
    x, y = u[gaussian], v[gaussian]
    dx = torch.maximum(left - x, x - (left + side - 1)).clamp_min(0.0)
    dy = torch.maximum(top - y, y - (top + side - 1)).clamp_min(0.0)
    return dx * dx + dy * dy <= reach[gaussian]
