"""What :mod:`triton_cuda` runs on the GPU: a program blends one tile of one picture, or feels it.

A program walks the Gaussians of its picture front to back, thirty-two boxes at a time: a mask says
which of them reach the tile, and only those are computed. Light is one number a pixel,
``exp(-sum of optical depths)``, in registers from the first Gaussian to the last.
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


@triton.jit
def _reaching(box, at, end, left, top):
    """Bit i is set where box ``at + i`` reaches the tile whose first pixel is (left, top)."""
    lane = tl.arange(0, CHUNK)
    rows, there = box + (at + lane) * 4, at + lane < end
    first_x = tl.load(rows, mask=there, other=1)
    first_y = tl.load(rows + 1, mask=there, other=1)
    last_x = tl.load(rows + 2, mask=there, other=0)
    last_y = tl.load(rows + 3, mask=there, other=0)
    across = (first_x <= last_x) & (first_x < left + SIDE) & (last_x >= left)
    down = (first_y <= last_y) & (first_y < top + SIDE) & (last_y >= top)
    return tl.sum(((across & down & there).to(tl.int64)) << lane.to(tl.int64))


@triton.jit
def _lowest(mask):
    """Index of the lowest bit that is set."""
    return (tl.log2((mask & -mask).to(tl.float32)) + 0.5).to(tl.int32)


@triton.jit
def _depth(splat, x, y):
    """Place, weight exp(-d2 / 2) and optical depth of a Gaussian over the pixels of a tile."""
    dx, dy = x - tl.load(splat), y - tl.load(splat + 1)
    a, b, c = tl.load(splat + 2), tl.load(splat + 3), tl.load(splat + 4)
    weight = tl.exp(-0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy)
    return dx, dy, weight, weight * tl.load(splat + 5)


@triton.jit
def blend(splats, box, start, out, height, width, cols):
    """Write one tile of ``out`` [pictures, 3, height, width]."""
    picture, tile = tl.program_id(1), tl.program_id(0)
    left, top = tile % cols * SIDE, tile // cols * SIDE
    x = (left + tl.arange(0, SIDE))[None, :]
    y = (top + tl.arange(0, SIDE))[:, None]
    red = tl.zeros((SIDE, SIDE), tl.float32)
    green = tl.zeros((SIDE, SIDE), tl.float32)
    blue = tl.zeros((SIDE, SIDE), tl.float32)
    passed = tl.zeros((SIDE, SIDE), tl.float32)  # optical depth so far
    light = tl.full((SIDE, SIDE), 1.0, tl.float32)
    end = tl.load(start + picture + 1)
    for at in range(tl.load(start + picture), end, CHUNK):
        mask = _reaching(box, at, end, left, top)
        while mask != 0:
            splat = splats + (at + _lowest(mask)) * GRADIENTS
            mask = mask & (mask - 1)
            _, _, _, tau = _depth(splat, x.to(tl.float32), y.to(tl.float32))
            passed += tau
            behind = tl.exp(-passed)
            given = light - behind
            light = behind
            red += given * tl.load(splat + 6)
            green += given * tl.load(splat + 7)
            blue += given * tl.load(splat + 8)
    inside = (x < width) & (y < height)
    plane = height * width
    pixel = out + picture.to(tl.int64) * 3 * plane + y * width + x
    tl.store(pixel, red, mask=inside)
    tl.store(pixel + plane, green, mask=inside)
    tl.store(pixel + 2 * plane, blue, mask=inside)


@triton.jit
def feel(splats, box, start, slot, out, grad, parts, height, width, cols):
    """Write the gradient of each Gaussian from one tile, once, into its slot of ``parts``.

    Front to back from ``out`` alone: dL/dtau_i = T_i (c_i . g) - (out . g - prefix_i).
    """
    picture, tile = tl.program_id(1), tl.program_id(0)
    column, row = tile % cols, tile // cols
    left, top = column * SIDE, row * SIDE
    x = (left + tl.arange(0, SIDE))[None, :]
    y = (top + tl.arange(0, SIDE))[:, None]
    inside = (x < width) & (y < height)
    plane = height * width
    pixel = picture.to(tl.int64) * 3 * plane + y * width + x
    g_red = tl.load(grad + pixel, mask=inside, other=0.0)
    g_green = tl.load(grad + pixel + plane, mask=inside, other=0.0)
    g_blue = tl.load(grad + pixel + 2 * plane, mask=inside, other=0.0)
    total = g_red * tl.load(out + pixel, mask=inside, other=0.0)
    total += g_green * tl.load(out + pixel + plane, mask=inside, other=0.0)
    total += g_blue * tl.load(out + pixel + 2 * plane, mask=inside, other=0.0)
    prefix = tl.zeros((SIDE, SIDE), tl.float32)
    passed = tl.zeros((SIDE, SIDE), tl.float32)
    light = tl.full((SIDE, SIDE), 1.0, tl.float32)
    end = tl.load(start + picture + 1)
    for at in range(tl.load(start + picture), end, CHUNK):
        mask = _reaching(box, at, end, left, top)
        while mask != 0:
            index = at + _lowest(mask)
            mask = mask & (mask - 1)
            splat = splats + index * GRADIENTS
            dx, dy, weight, tau = _depth(splat, x.to(tl.float32), y.to(tl.float32))
            passed += tau
            behind = tl.exp(-passed)
            given = light - behind
            light = behind
            shade = g_red * tl.load(splat + 6) + g_green * tl.load(splat + 7)
            shade += g_blue * tl.load(splat + 8)
            prefix += given * shade
            d_tau = behind * shade - (total - prefix)
            d_power = d_tau * tau
            # Tiles of a box are counted row by row.
            low, high = tl.load(box + index * 4) // SIDE, tl.load(box + index * 4 + 2) // SIDE
            nth = (row - tl.load(box + index * 4 + 1) // SIDE) * (high - low + 1) + column - low
            part = parts + (tl.load(slot + index) + nth) * GRADIENTS
            by_x, by_y = d_power * dx, d_power * dy
            tl.store(part, tl.sum(by_x))
            tl.store(part + 1, tl.sum(by_y))
            tl.store(part + 2, tl.sum(by_x * dx))
            tl.store(part + 3, tl.sum(by_x * dy))
            tl.store(part + 4, tl.sum(by_y * dy))
            tl.store(part + 5, tl.sum(d_tau * weight))
            tl.store(part + 6, tl.sum(given * g_red))
            tl.store(part + 7, tl.sum(given * g_green))
            tl.store(part + 8, tl.sum(given * g_blue))


INTERPRETED = not isinstance(blend, triton.runtime.jit.JITFunction)
"""Whether TRITON_INTERPRET was set when this was imported: then the kernels run on a CPU."""
