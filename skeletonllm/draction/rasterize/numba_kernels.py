"""From lists of tiles to pixels, and back: what :mod:`numba_cpu` spends its time on.

A tile is 16 by 16 pixels. Its planes (a number for each pixel) stay in the nearest cache
while the Gaussians of its list are laid over it, each on the rows it reaches, two rows at once.
Where it reaches an odd number of rows, one more is touched: what lies in it is true all the same,
or it is the row below the tile, which is never read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from skeletonllm.draction.rasterize.lanes import (
    ROWS,
    SIDE,
    columns,
    compile_kernel,
    load,
    maximum,
    raise_exponent,
    rows,
    store,
    sum_lanes,
)
from skeletonllm.draction.rasterize.numba_lists import (
    BLUE,
    GREEN,
    OPACITY,
    RED,
    XX,
    XY,
    YY,
    Floats,
    Grid,
    Lists,
    U,
    V,
    find_span,
)

Pair = tuple[Any, Any]
PLANE = SIDE * (SIDE + ROWS - 1)
OPAQUE = 1e6
"""Where less than one part in so many of the light is left, optical depths have no gradient: it
would be rounding, times depths that may be thousands."""
PARTS = 9
"""Sums of an entry: q, q dx, q dy, q dx2, q dx dy, q dy2, red, green, blue; q = dL/dtau w."""


@compile_kernel
def blend_bands(lists: Lists, bands: Pair, out: Floats) -> None:
    """Draw rows of tiles.

    Args:
        lists: What is drawn.
        bands: First row of tiles, counted through all pictures, and the one to stop before.
        out: Written, the pictures [P, 3, H, W], flat.
    """
    grid, planes = lists.grid, _allocate_aligned(3 * PLANE)
    for band in range(bands[0], bands[1]):
        many, corner = _locate_band(grid, band)
        for channel in range(3):
            first = corner + channel * grid.height * grid.width
            for i in range(first, first + many * grid.width):
                out[np.uintp(i)] = 0
        for col in range(grid.cols):
            tile, wide = band * grid.cols + col, min(SIDE, grid.width - col * SIDE)
            if lists.start[tile] == lists.stop[tile]:
                continue
            _fill(planes, 0, 3 * PLANE, 0)
            origin = np.float32(col * SIDE), np.float32(band % grid.rows * SIDE)
            for e in range(lists.stop[tile] - 1, lists.start[tile] - 1, -1):
                _blend_entry(lists.table, np.uintp(lists.entries[e]), origin, planes)
            for channel in range(3):
                first = corner + channel * grid.height * grid.width + col * SIDE
                for y in range(many):
                    for x in range(wide):
                        pixel = planes[np.uintp(channel * PLANE + y * SIDE + x)]
                        out[np.uintp(first + y * grid.width + x)] = pixel


@register_jitable
def _blend_entry(table: Floats, row: Any, origin: Pair, planes: Floats) -> None:
    """One Gaussian over the red, green and blue of the tile whose first pixel is ``origin``.

    Tiles are blended from back to front: what is behind is multiplied by a transmittance below 1,
    and its rounding errors with it. From front to back they would add up.
    """
    dx = columns() + (origin[0] - table[row, U])
    across, slope = dx * dx * table[row, XX], dx * table[row, XY]
    first, end = _find_rows(table, row, origin)
    for y in range(first, end, ROWS):
        dy = rows() + (origin[1] + np.float32(y) - table[row, V])
        weight = _exp2((dy * table[row, YY] + slope) * dy + across)
        transmittance = _exp2(weight * table[row, OPACITY])
        alpha = (transmittance - 1) * -1
        red, green, blue = y * SIDE, PLANE + y * SIDE, 2 * PLANE + y * SIDE
        store(planes, red, load(planes, red) * transmittance + alpha * table[row, RED])
        store(planes, green, load(planes, green) * transmittance + alpha * table[row, GREEN])
        store(planes, blue, load(planes, blue) * transmittance + alpha * table[row, BLUE])


@compile_kernel
def differentiate_bands(
    lists: Lists, bands: Pair, out: Floats, grad: Floats, parts: Floats
) -> None:
    """Sums over the pixels of rows of tiles from which each entry's gradient is made.

    Args:
        lists: What was drawn.
        bands: First row of tiles, counted through all pictures, and the one to stop before.
        out: The pictures, flat.
        grad: Their gradient, flat.
        parts: Written [E, PARTS], for the entries of these tiles.
    """
    grid, planes = lists.grid, _allocate_aligned(5 * PLANE)
    for band in range(bands[0], bands[1]):
        many, corner = _locate_band(grid, band)
        for col in range(grid.cols):
            tile, wide = band * grid.cols + col, min(SIDE, grid.width - col * SIDE)
            if lists.start[tile] == lists.stop[tile]:
                continue
            _fill(planes, 0, PLANE, 1)
            _fill(planes, PLANE, 5 * PLANE, 0)
            for channel in range(3):
                first = corner + channel * grid.height * grid.width + col * SIDE
                for y in range(many):
                    for x in range(wide):
                        i, at = np.uintp(first + y * grid.width + x), y * SIDE + x
                        planes[np.uintp(PLANE + at)] += grad[i] * out[i]
                        planes[np.uintp((2 + channel) * PLANE + at)] = grad[i]
            origin = np.float32(col * SIDE), np.float32(band % grid.rows * SIDE)
            for e in range(lists.start[tile], lists.stop[tile]):
                _differentiate_entry(
                    lists.table, np.uintp(lists.entries[e]), origin, planes, parts[e]
                )


@register_jitable
def _differentiate_entry(
    table: Floats, row: Any, origin: Pair, planes: Floats, part: Floats
) -> None:
    """Sums of one entry; planes: light, what of ``out . g`` comes from behind, and g's three."""
    dx = columns() + (origin[0] - table[row, U])
    across, slope = dx * dx * table[row, XX], dx * table[row, XY]
    q = dx * 0
    qy, qyy, red, green, blue = q, q, q, q, q
    first, end = _find_rows(table, row, origin)
    for y in range(first, end, ROWS):
        at = y * SIDE
        dy = rows() + (origin[1] + np.float32(y) - table[row, V])
        weight = _exp2((dy * table[row, YY] + slope) * dy + across)
        before = load(planes, at)
        after = before * _exp2(weight * table[row, OPACITY])
        share = before - after
        g_red, g_green = load(planes, at + 2 * PLANE), load(planes, at + 3 * PLANE)
        g_blue = load(planes, at + 4 * PLANE)
        colour_gradient = (
            g_red * table[row, RED] + g_green * table[row, GREEN] + g_blue * table[row, BLUE]
        )
        behind = load(planes, at + PLANE) - share * colour_gradient
        store(planes, at, after)
        store(planes, at + PLANE, behind)
        # Where hardly any light is left, both terms are, and their difference is rounding.
        seen = maximum(after * -OPAQUE, -1.0) * -1
        step = (after * colour_gradient - behind) * (weight * seen)
        stepped = step * dy
        q, qy, qyy = q + step, qy + stepped, qyy + stepped * dy
        red, green, blue = red + share * g_red, green + share * g_green, blue + share * g_blue
    qx = q * dx
    part[0], part[1], part[2] = sum_lanes(q), sum_lanes(qx), sum_lanes(qy)
    part[3], part[4], part[5] = sum_lanes(qx * dx), sum_lanes(qy * dx), sum_lanes(qyy)
    part[6], part[7], part[8] = sum_lanes(red), sum_lanes(green), sum_lanes(blue)


@compile_kernel
def sum_gradients(parts: Floats, lists: Lists) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Gradients of u, v, conic, rgb and opacity, added in the order of the tiles.

    One thread adds them, in one order: so the bytes do not depend on the number of threads.

    Args:
        parts: [E, PARTS], see :func:`differentiate_bands`.
        lists: What was drawn.
    """
    n = len(lists.order)
    sums = np.zeros((n, PARTS), np.float32)
    for tile in range(len(lists.stop)):
        for e in range(lists.start[tile], lists.stop[tile]):
            for k in range(PARTS):
                sums[lists.entries[e], k] += parts[e, k]
    du, dv, dopacity = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    dconic, drgb = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    for row in range(n):
        i, line, part = lists.order[row], lists.table[row], sums[row]
        # line[OPACITY] is -o log2(e), XX is -a log2(e) / 2, XY is -b log2(e), YY is -c log2(e) / 2.
        o = line[OPACITY] * -_LN2
        du[i] = o * (-2 * _LN2 * line[XX] * part[1] - _LN2 * line[XY] * part[2])
        dv[i] = o * (-_LN2 * line[XY] * part[1] - 2 * _LN2 * line[YY] * part[2])
        dconic[i, 0], dconic[i, 1], dconic[i, 2] = (
            -0.5 * o * part[3],
            -o * part[4],
            -0.5 * o * part[5],
        )
        drgb[i, 0], drgb[i, 1], drgb[i, 2] = part[6], part[7], part[8]
        dopacity[i] = part[0]
    return du, dv, dconic, drgb, dopacity


@register_jitable
def _find_rows(table: Floats, row: Any, origin: Pair) -> Any:
    """First row of the tile that the ellipse reaches in the tile's columns, and the row after."""
    highest, lowest = find_span(table, row, origin[0] - table[row, U])
    nothing = np.float32(0)
    middle, below_all = table[row, V] - origin[1], np.float32(SIDE)
    first = min(max(middle + highest, nothing), below_all)
    end = min(max(middle + lowest + np.float32(1), nothing), below_all)
    return np.int64(np.ceil(first)), np.int64(np.ceil(end))


@register_jitable
def _locate_band(grid: Grid, band: int) -> tuple[int, int]:
    """How many rows of pixels a row of tiles has, and where its first red one lies."""
    picture, top = band // grid.rows, band % grid.rows * SIDE
    return min(SIDE, grid.height - top), (picture * 3 * grid.height + top) * grid.width


@register_jitable
def _fill(planes: Floats, first: int, end: int, value: int) -> None:
    for at in range(first, end):
        planes[np.uintp(at)] = value


@register_jitable
def _allocate_aligned(count: int) -> Floats:
    """A flat array that starts at a cache line; a store across two lines would cost two."""
    space = np.empty(count + SIDE, np.float32)
    first = -(space.ctypes.data // 4) % SIDE
    return space[first : first + count]


_LN2 = np.float32(0.6931471805599453)
_SHIFT = 12582912.0  # 1.5 * 2^23: adding so large a float rounds to an integer
# The polynomial 1 + c1 x + ... nearest to 2^x in -0.5..0.5 by relative error, 1e-7.
_C1, _C2, _C3, _C4, _C5 = 0.6931469776, 0.2402224208, 0.0555073374, 0.0096715129, 0.0013264727


@register_jitable
def _exp2(x: Any) -> Any:
    """2^x for x <= 127 to a relative error of 3e-7; below 2^-100 it stays there.

    numba has no exponential of lanes. The floor keeps products of two away from denormal numbers,
    which are slow.
    """
    x = maximum(x, -100.0)
    shifted = x + _SHIFT
    rest = x - (shifted - _SHIFT)
    value = rest * _C5 + _C4
    value = value * rest + _C3
    value = value * rest + _C2
    value = value * rest + _C1
    return raise_exponent(value * rest + 1.0, shifted)
