"""What :mod:`triton_cuda` runs on the GPU: a program blends or differentiates one tile.

A program walks the Gaussians of its picture, thirty-two boxes at a time: a mask says which of them
reach the tile, and only those are computed. ``blend_tile`` walks from back to front, so that
rounding errors of what lies behind fade with it. ``differentiate_tile`` walks from front to back
and keeps the sum of optical depths, not the product of transmittances: a GPU's exponential errs by
2e-7, and in products that adds up.

Depths count in powers of two, which is what the hardware raises: o here is o log2(e).
"""

# Triton compiles the bodies of these functions; their arguments are pointers and numbers.
# mypy: ignore-errors
# ruff: noqa: PLR0917
from __future__ import annotations

import triton
import triton.language as tl

SIDE: tl.constexpr = tl.constexpr(16)
CHUNK: tl.constexpr = tl.constexpr(32)
GRADIENTS: tl.constexpr = tl.constexpr(9)
LOG2_E: tl.constexpr = tl.constexpr(1.4426950408889634)
OPAQUE: tl.constexpr = tl.constexpr(1e6)
"""See :mod:`numba_kernels`."""


@triton.jit
def _locate_tile(rows, cols):
    """Picture, column and row of this program's tile."""
    program = tl.program_id(0)
    tile = program % (rows * cols)
    return program // (rows * cols), tile % cols, tile // cols


@triton.jit
def _mask_chunk(box, many, at, first, end, left, top, step: tl.constexpr):
    """Bit i is set where box ``at + i step`` reaches the tile whose first pixel is (left, top)."""
    lane = tl.arange(0, CHUNK)
    index = at + lane * step
    there = (index >= first) & (index < end)
    sides = box + index  # [4, many]
    first_x = tl.load(sides, mask=there, other=1)
    first_y = tl.load(sides + many, mask=there, other=1)
    last_x = tl.load(sides + 2 * many, mask=there, other=0)
    last_y = tl.load(sides + 3 * many, mask=there, other=0)
    across = (first_x <= last_x) & (first_x < left + SIDE) & (last_x >= left)
    down = (first_y <= last_y) & (first_y < top + SIDE) & (last_y >= top)
    # 32 bits are added up by one instruction, 64 are not.
    return tl.sum((across & down & there).to(tl.int32) << lane)


@triton.jit
def _find_next_chunk(box, many, at, first, end, left, top, step: tl.constexpr):
    """The first chunk from ``at`` on, forward or back, that reaches the tile; and its mask."""
    mask = _mask_chunk(box, many, at, first, end, left, top, step)
    while (mask == 0) & (at + CHUNK * step >= first) & (at + CHUNK * step < end):
        at += CHUNK * step
        mask = _mask_chunk(box, many, at, first, end, left, top, step)
    return at, mask


@triton.jit
def _lowest_bit(mask):
    """Index of the lowest bit that is set."""
    bit = tl.abs((mask & -mask).to(tl.float32))  # the highest bit is the sign
    return (tl.log2(bit) + 0.5).to(tl.int32)


@triton.jit
def _evaluate_splat(splat, x, y):
    """Place, weight exp(-d2 / 2) and optical depth of a Gaussian over the pixels of a tile."""
    dx, dy = x - tl.load(splat), y - tl.load(splat + 1)
    a, c = tl.load(splat + 2) * (-0.5 * LOG2_E), tl.load(splat + 4) * (-0.5 * LOG2_E)
    b = tl.load(splat + 3) * -LOG2_E
    weight = tl.exp2(a * dx * dx + (b * dx + c * dy) * dy)
    return dx, dy, weight, weight * (tl.load(splat + 5) * LOG2_E)


@triton.jit(do_not_specialize=["many"])  # it changes with each batch: no need to compile again
def blend_tile(splats, box, many, start, out, height, width, rows, cols):
    """Write one tile of the pictures, from back to front.

    Args:
        splats: [N, 9] u, v, a, b, c, opacity, red, green, blue; by picture, front to back.
        box: int32 [4, N], first and last pixel (x, y) of each; empty where unseen.
        many: N.
        start: int32 [pictures + 1], where the splats of a picture start.
        out: Written, [pictures, 3, height, width].
        height: Of a picture.
        width: Of a picture.
        rows: Of tiles in a picture.
        cols: Columns of tiles.
    """
    picture, column, row = _locate_tile(rows, cols)
    left, top = column * SIDE, row * SIDE
    x = (left + tl.arange(0, SIDE))[None, :]
    y = (top + tl.arange(0, SIDE))[:, None]
    red = tl.zeros((SIDE, SIDE), tl.float32)
    green = tl.zeros((SIDE, SIDE), tl.float32)
    blue = tl.zeros((SIDE, SIDE), tl.float32)
    first, end = tl.load(start + picture), tl.load(start + picture + 1)
    at, mask = _find_next_chunk(box, many, end - 1, first, end, left, top, -1)
    while mask != 0:
        splat = splats + (at - _lowest_bit(mask)) * GRADIENTS
        _, _, _, tau = _evaluate_splat(splat, x.to(tl.float32), y.to(tl.float32))
        transmittance = tl.exp2(-tau)
        red = red * transmittance + (1 - transmittance) * tl.load(splat + 6)
        green = green * transmittance + (1 - transmittance) * tl.load(splat + 7)
        blue = blue * transmittance + (1 - transmittance) * tl.load(splat + 8)
        mask = mask & (mask - 1)
        if mask == 0:
            at, mask = _find_next_chunk(box, many, at - CHUNK, first, end, left, top, -1)
    inside = (x < width) & (y < height)
    plane = height * width
    pixel = out + picture.to(tl.int64) * 3 * plane + y * width + x
    tl.store(pixel, red, mask=inside)
    tl.store(pixel + plane, green, mask=inside)
    tl.store(pixel + 2 * plane, blue, mask=inside)


@triton.jit(do_not_specialize=["many"])
def differentiate_tile(splats, box, many, start, slot, out, grad, parts, height, width, rows, cols):
    """Write one tile's share of each Gaussian's gradient, once, into its slot of ``parts``.

    Sums of q, q dx, q dy, q dx2, q dx dy, q dy2 with q = dL/dtau w, then of red, green and blue;
    front to back from ``out`` alone: dL/dtau_i = T_i (c_i . g) - (out . g - prefix_i).

    Args:
        slot: int64 [N], the first row of ``parts`` of each splat.
        out: The pictures.
        grad: Their gradient.
        parts: Written, [slots, 9]. All others are those of :func:`blend_tile`.
    """
    picture, column, row = _locate_tile(rows, cols)
    left, top = column * SIDE, row * SIDE
    first, end = tl.load(start + picture), tl.load(start + picture + 1)
    at, mask = _find_next_chunk(box, many, first, first, end, left, top, 1)
    if mask == 0:  # most tiles: they need not even read their pixels
        return
    x = (left + tl.arange(0, SIDE))[None, :]
    y = (top + tl.arange(0, SIDE))[:, None]
    inside = (x < width) & (y < height)
    plane = height * width
    pixel = picture.to(tl.int64) * 3 * plane + y * width + x
    g_red = tl.load(grad + pixel, mask=inside, other=0.0)
    g_green = tl.load(grad + pixel + plane, mask=inside, other=0.0)
    g_blue = tl.load(grad + pixel + 2 * plane, mask=inside, other=0.0)
    rest = g_red * tl.load(out + pixel, mask=inside, other=0.0)
    rest += g_green * tl.load(out + pixel + plane, mask=inside, other=0.0)
    rest += g_blue * tl.load(out + pixel + 2 * plane, mask=inside, other=0.0)
    depth_sum = tl.zeros((SIDE, SIDE), tl.float32)
    light = tl.full((SIDE, SIDE), 1.0, tl.float32)
    while mask != 0:
        index = at + _lowest_bit(mask)
        splat = splats + index * GRADIENTS
        dx, dy, weight, tau = _evaluate_splat(splat, x.to(tl.float32), y.to(tl.float32))
        depth_sum += tau
        behind = tl.exp2(-depth_sum)
        share = light - behind
        light = behind
        colour_gradient = g_red * tl.load(splat + 6) + g_green * tl.load(splat + 7)
        colour_gradient += g_blue * tl.load(splat + 8)
        rest -= share * colour_gradient
        q = (behind * colour_gradient - rest) * weight * tl.minimum(behind * OPAQUE, 1.0)
        # Tiles of a box are counted row by row.
        low, high = tl.load(box + index) // SIDE, tl.load(box + 2 * many + index) // SIDE
        nth = (row - tl.load(box + many + index) // SIDE) * (high - low + 1) + column - low
        part = parts + (tl.load(slot + index) + nth) * GRADIENTS
        tl.store(part, tl.sum(q))
        tl.store(part + 1, tl.sum(q * dx))
        tl.store(part + 2, tl.sum(q * dy))
        tl.store(part + 3, tl.sum(q * dx * dx))
        tl.store(part + 4, tl.sum(q * dx * dy))
        tl.store(part + 5, tl.sum(q * dy * dy))
        tl.store(part + 6, tl.sum(share * g_red))
        tl.store(part + 7, tl.sum(share * g_green))
        tl.store(part + 8, tl.sum(share * g_blue))
        mask = mask & (mask - 1)
        if mask == 0:
            at, mask = _find_next_chunk(box, many, at + CHUNK, first, end, left, top, 1)


INTERPRETED = not isinstance(blend_tile, triton.runtime.jit.JITFunction)
"""Whether TRITON_INTERPRET was set when this was imported: then the kernels run on a CPU."""
