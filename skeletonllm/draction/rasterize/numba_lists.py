"""From Gaussians to lists of tiles: what :mod:`numba_cpu` does before it draws.

All of it takes a quarter of a millisecond for 6,360 Gaussians, so it runs in one thread.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from skeletonllm.draction.rasterize.lanes import SIDE, compile_kernel

Floats = NDArray[np.float32]
Integers = NDArray[Any]

NEGLIGIBLE = 1e-7
"""Optical depth below which a Gaussian is cut off: ten times that of ``tiles``, and an eighth fewer
pixels.

On the clip of benchmarks/rendering/speed.py the error is 6e-7 of one, of a gradient up to 1.2e-6 of
its norm; 1e-8 draws the same, since float32 gives no more, and 1e-6 is wrong by up to 1e-5.
"""

_REACH = -2 * math.log(NEGLIGIBLE)
_LOG2_E = 1 / math.log(2)

# Columns of a table; powers are of two, and negative, so that exp2 needs no more factors.
U, V, XX, XY, YY, OPACITY, RED, GREEN, BLUE, ACROSS, DETERMINANT, SKEW, PER_C, TOP = range(14)
FIELDS = 16
"""Columns of a table; with two to spare, a row fills a cache line."""


class SplatArrays(NamedTuple):
    """The fields of :class:`~skeletonllm.draction.rasterize.Splats` as arrays."""

    u: Floats
    v: Floats
    conic: Floats
    rgb: Floats
    opacity: Floats
    depth: Floats
    picture: Integers
    shadow: Integers


class Grid(NamedTuple):
    """How many pictures there are, and their size in tiles and in pixels."""

    pictures: int
    rows: int
    cols: int
    height: int
    width: int


class Lists(NamedTuple):
    """Everything that is drawn, in the order in which it is.

    Args:
        table: float32 [N, FIELDS], a row a Gaussian, front to back within a picture.
        order: int64 [N], which Gaussian each row is.
        start: int64 [tiles + 1], where a tile's entries start; by picture, row and column.
        stop: int64 [tiles], where they stop to be drawn: what is behind are shadows on nothing.
        entries: int32 [E], rows of the table.
        grid: What it is drawn on.
    """

    table: Floats
    order: Integers
    start: Integers
    stop: Integers
    entries: Integers
    grid: Grid


@compile_kernel
def sort_into_lists(splats: SplatArrays, grid: Grid) -> Lists:
    """The Gaussians of each tile; every list runs from near to far.

    Args:
        splats: N Gaussians.
        grid: The pictures and their tiles.
    """
    order = _sort_front_to_back(splats.depth, splats.picture, grid.pictures)
    table = np.empty((len(order), FIELDS), np.float32)
    box = np.empty((len(order), 2), np.int32)
    start = np.zeros(grid.pictures * grid.rows * grid.cols + 1, np.int64)
    for row in range(len(order)):
        _tabulate(splats, order[row], grid, table[row], box[row])
        first = splats.picture[order[row]] * grid.rows * grid.cols
        for x in range(box[row, 0], box[row, 1] + 1):
            top, bottom = _find_tiles(table, row, x, grid.height)
            for y in range(top, bottom):
                start[first + y * grid.cols + x + 1] += 1
    _accumulate(start)
    entries, free, stop = np.empty(start[-1], np.int32), start.copy(), start[:-1].copy()
    for row in range(len(order)):
        shadow = splats.shadow[order[row]]
        first = splats.picture[order[row]] * grid.rows * grid.cols
        for x in range(box[row, 0], box[row, 1] + 1):
            top, bottom = _find_tiles(table, row, x, grid.height)
            for y in range(top, bottom):
                tile = first + y * grid.cols + x
                entries[free[tile]] = row
                free[tile] += 1
                if not shadow:
                    stop[tile] = free[tile]
    return Lists(table, order, start, stop, entries, grid)


@register_jitable
def find_span(table: Floats, row: Any, near: Any) -> Any:
    """Highest and lowest place that an ellipse reaches in a tile's columns, from its middle.

    Args:
        table: See :class:`Lists`.
        row: Which Gaussian.
        near: The first column, from the middle of the Gaussian.
    """
    far = near + np.float32(SIDE - 1)
    # Within these columns, where the ellipse is lowest and where it is highest.
    down, up = min(max(table[row, TOP], near), far), min(max(-table[row, TOP], near), far)
    nothing = np.float32(0)
    below = max(table[row, ACROSS] - table[row, DETERMINANT] * down * down, nothing)
    above = max(table[row, ACROSS] - table[row, DETERMINANT] * up * up, nothing)
    lowest = (np.sqrt(below) - table[row, SKEW] * down) * table[row, PER_C]
    highest = (-np.sqrt(above) - table[row, SKEW] * up) * table[row, PER_C]
    return highest, lowest


@register_jitable
def _find_tiles(table: Floats, row: Any, col: Any, height: int) -> Any:
    """First row of tiles that an ellipse reaches in a column of tiles, and the row after."""
    highest, lowest = find_span(table, row, np.float32(col * SIDE) - table[row, U])
    top = max(np.ceil(table[row, V] + highest), np.float32(0))
    bottom = min(np.floor(table[row, V] + lowest), np.float32(height - 1))
    if not top <= bottom:
        return 0, 0
    return np.int64(top) // SIDE, np.int64(bottom) // SIDE + 1


@register_jitable
def _sort_front_to_back(depth: Floats, picture: Integers, pictures: int) -> Integers:
    """Order [N] by picture, then depth, then index; what is not a number lies behind all else."""
    order = np.arange(len(depth))
    key = _make_sort_keys(depth)
    for shift in (0, 11, 22):
        order = _sorted_by((key >> np.uint32(shift)) & np.uint32(2047), order, 2048)
    return _sorted_by(picture, order, pictures)


@register_jitable
def _sorted_by(key: Integers, order: Integers, count: int) -> Integers:
    """``order`` sorted by ``key[order]`` in 0..count - 1, what is equal as it stood."""
    start, result = np.zeros(count + 1, np.int64), np.empty_like(order)
    for i in order:
        start[key[i] + 1] += 1
    _accumulate(start)
    for i in order:
        result[start[key[i]]] = i
        start[key[i]] += 1
    return result


@register_jitable
def _accumulate(counts: Integers) -> None:
    """Running sums, in place."""
    for i in range(1, len(counts)):
        counts[i] += counts[i - 1]


@register_jitable
def _make_sort_keys(depth: Floats) -> Integers:
    """Integers [N] of 32 bits in the order of floats: their own bits, negative ones turned."""
    key = (depth + np.float32(0)).view(np.uint32)  # adding 0 makes -0 the same as 0
    for i in range(len(depth)):
        if math.isnan(depth[i]):
            key[i] = np.uint32(0xFFFFFFFF)
        elif key[i] >> np.uint32(31):
            key[i] = ~key[i]
        else:
            key[i] |= np.uint32(0x80000000)
    return key


@register_jitable
def _tabulate(splats: SplatArrays, i: int, grid: Grid, line: Floats, box: Integers) -> None:
    """Gaussian i as a line of the table, and its first and last column of tiles.

    last < first where it is unseen.
    """
    x, y, o = np.float64(splats.u[i]), np.float64(splats.v[i]), np.float64(splats.opacity[i])
    conic = splats.conic[i]
    a, b, c = np.float64(conic[0]), np.float64(conic[1]), np.float64(conic[2])
    determinant = max(a * c - b * b, 1e-38)
    valid = math.isfinite(x + y + a + b + c + o) and a > 0 and c > 0
    reach = _REACH + 2 * math.log(o) if valid and o > 1 else _REACH
    wide, high = math.sqrt(reach * c / determinant), math.sqrt(reach * a / determinant)
    left, right = max(x - wide, 0.0), min(x + wide, grid.width - 1.0)
    top, bottom = max(y - high, 0.0), min(y + high, grid.height - 1.0)
    if not (valid and left <= right and top <= bottom):
        box[0], box[1] = 0, -1
        for column in range(FIELDS):
            line[column] = 0  # a gradient of zero comes of it, not of NaN
        return
    box[0], box[1] = int(left) // SIDE, int(right) // SIDE
    line[U], line[V], line[OPACITY] = x, y, -_LOG2_E * o
    line[XX], line[XY], line[YY] = -0.5 * _LOG2_E * a, -_LOG2_E * b, -0.5 * _LOG2_E * c
    line[RED], line[GREEN], line[BLUE] = splats.rgb[i, 0], splats.rgb[i, 1], splats.rgb[i, 2]
    line[ACROSS], line[DETERMINANT], line[SKEW] = c * reach, determinant, b
    line[PER_C], line[TOP] = 1 / c, -b / a * high
