"""Binning: nothing visible is left out of a tile, and lists are front to back."""

from __future__ import annotations

import torch

from skeletonllm.draction.rasterize.base import Splats
from skeletonllm.draction.rasterize.tiles import (
    NEGLIGIBLE,
    clip_boxes,
    measure_half_widths,
    sort_into_tiles,
)


def round_splats(u: list[float], v: list[float], sigma: float, depth: list[float]) -> Splats:
    count = len(u)
    a = torch.full((count,), sigma**-2)
    return Splats(
        torch.tensor(u), torch.tensor(v), torch.stack([a, a * 0, a], -1), torch.ones(count, 3),
        torch.ones(count), torch.tensor(depth), torch.zeros(count, dtype=torch.int64),
    )  # fmt: skip


def test_half_widths_are_where_the_weight_reaches_the_threshold() -> None:
    conic = torch.tensor([[0.5, 0.2, 0.3]]).double()
    half = measure_half_widths(conic, torch.tensor([0.8]).double(), 1e-4)[0]
    a, b, c = conic[0]
    dy = -b / c * half[0]  # the lowest exponent on the right edge of the box
    weight = 0.8 * torch.exp(-0.5 * (a * half[0] ** 2 + 2 * b * half[0] * dy + c * dy**2))
    torch.testing.assert_close(weight, torch.tensor(1e-4).double())


def test_boxes_are_clipped_to_the_picture_and_empty_outside() -> None:
    centre = torch.tensor([[4.0, 4.0], [-50.0, 4.0], [4.0, 99.0], [float("nan"), 4.0]])
    first, last = clip_boxes(centre, torch.full((4, 2), 2.5), height=10, width=8)
    assert first[0].tolist() == [2, 2]
    assert last[0].tolist() == [6, 6]
    assert ((last - first)[1:].amin(-1) < 0).all()


def test_every_pixel_that_matters_is_in_a_listed_tile() -> None:
    splats = round_splats([10.0, 3.2, 60.0], [10.0, 40.7, 63.0], 2.0, [0.0, 1.0, 2.0])
    tiles = sort_into_tiles(splats, 1, 64, 64)
    listed = torch.zeros(3, 64 // tiles.side, 64 // tiles.side, dtype=torch.bool)
    for tile, start, count in zip(tiles.tile, tiles.start, tiles.count, strict=True):
        for entry in tiles.entries[start : start + count]:
            listed[entry, tile // tiles.shape[2], tile % tiles.shape[2]] = True
    pixel = torch.arange(64)
    for i in range(3):
        square = (pixel - splats.u[i]) ** 2 + (pixel[:, None] - splats.v[i]) ** 2
        matters = torch.exp(-square / 8) > NEGLIGIBLE
        cells = matters.view(64 // tiles.side, tiles.side, -1, tiles.side).amax((1, 3))
        assert (listed[i] >= cells).all()


def test_lists_run_from_near_to_far_and_short_ones_end_in_the_filler() -> None:
    splats = round_splats([8.0, 8.0, 8.0, 40.0], [8.0] * 4, 0.5, [3.0, 1.0, 2.0, 0.0])
    tiles = sort_into_tiles(splats, 1, 64, 64)
    (chunk,) = tiles.chunks(1 << 20)
    rows = tiles.padded(chunk, 4)
    assert rows[0].tolist() == [1, 2, 0]
    assert [3, 4, 4] in rows.tolist()


def test_chunks_bound_the_padded_size_and_cover_every_tile() -> None:
    random = torch.Generator().manual_seed(0)
    u, v = (torch.rand(2, 300, generator=random) * 60).tolist()
    tiles = sort_into_tiles(round_splats(u, v, 1.0, [0.0] * 300), 1, 60, 60)
    budget = 4096
    chunks = list(tiles.chunks(budget))
    assert sum(len(tiles.tile[chunk]) for chunk in chunks) == len(tiles.tile)
    for chunk in chunks:
        rows = tiles.padded(chunk, 300)
        assert rows.numel() * tiles.side**2 <= budget or len(rows) == 1
