"""The exact engine in plain torch: any device, memory bounded by tiles, and the others' oracle.

Optical depth ``tau_i = o_i exp(-d_i^2 / 2)`` adds up along a ray, so the light that is left behind
Gaussian i is ``T_i = exp(-sum_(j<=i) tau_j)`` and the picture is ``sum_i (T_(i-1) - T_i) c_i``.
Nothing is stored a pair for the backward pass: with g the gradient at the pixel,
``dL/dtau_i = T_i (c_i . g) - (out . g - prefix_i)``, where ``prefix_i`` is what the Gaussians up to
and including i gave to ``out . g``. It runs front to back and divides by nothing.

Arrays of a chunk are [tile, y, x, Gaussian]: lists of Gaussians are long and tiles narrow, and
torch's loops want their long axis last (5x on CPU).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skeletonllm.draction.rasterize.base import Splats
from skeletonllm.draction.rasterize.tiles import Tiles, sort_into_tiles

CHUNK = 1 << 18
"""(Gaussian, pixel) pairs in flight: 1 MB an array in float32, which stays in a core's cache."""


def rasterize(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """See :class:`skeletonllm.draction.rasterize.Engine`."""
    with torch.no_grad():
        tiles = sort_into_tiles(splats, pictures, height, width)
    place = torch.stack([splats.u, splats.v], -1)
    packed = torch.cat([place, splats.conic, splats.opacity[:, None], splats.rgb], -1)
    canvas: Tensor = _Blend.apply(packed, tiles)  # type: ignore[no-untyped-call]
    return _crop_tiles(canvas, tiles, height, width)


class _Pairs(NamedTuple):
    """What holds for every (Gaussian, pixel) pair of a chunk."""

    fields: Tensor  # [9, q, k]: u, v, a, b, c, opacity, red, green, blue
    dx: Tensor  # [q, 1, side, k]
    dy: Tensor  # [q, side, 1, k]
    weight: Tensor  # [q, side, side, k], exp(-d^2 / 2)
    tau: Tensor  # [q, side, side, k]
    left: Tensor  # [q, side, side, k], light left behind the Gaussian
    share: Tensor  # [q, side, side, k], share of the Gaussian's colour in the pixel


class _Blend(torch.autograd.Function):
    """[N, 9] packed Gaussians to [tiles, pixels, 3]; untouched tiles stay black."""

    @staticmethod
    def forward(ctx: Any, packed: Tensor, tiles: Tiles) -> Tensor:
        pictures, rows, cols = tiles.shape
        canvas = packed.new_zeros(pictures * rows * cols, tiles.side**2, 3)
        padded = _append_filler(packed)
        for chunk in tiles.chunks(CHUNK):
            entries = tiles.padded(chunk, len(packed))
            pairs = _evaluate_pairs(padded, entries, tiles, chunk)
            share = pairs.share.flatten(1, 2)  # [q, pixels, k]
            canvas[tiles.tile[chunk]] = share @ pairs.fields[6:].permute(1, 2, 0)
        ctx.save_for_backward(packed, canvas)
        ctx.tiles = tiles
        return canvas

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_canvas: Tensor) -> tuple[Tensor, None]:
        packed, canvas = ctx.saved_tensors
        tiles: Tiles = ctx.tiles
        padded = _append_filler(packed)
        grad = torch.zeros_like(padded)
        for chunk in tiles.chunks(CHUNK):
            entries = tiles.padded(chunk, len(packed))
            pairs = _evaluate_pairs(padded, entries, tiles, chunk)
            tile = tiles.tile[chunk]
            part = _differentiate_chunk(pairs, canvas[tile], grad_canvas[tile])
            grad.index_add_(0, entries.flatten(), part.flatten(1).T)
        return grad[:-1], None


def _append_filler(packed: Tensor) -> Tensor:
    """One more Gaussian at the end that is fully transparent, for lists that are too short."""
    filler = packed.new_tensor([0, 0, 1, 0, 1, 0, 0, 0, 0])
    return torch.cat([packed, filler[None]])


def _evaluate_pairs(padded: Tensor, entries: Tensor, tiles: Tiles, chunk: slice) -> _Pairs:
    fields = padded[entries].permute(2, 0, 1).contiguous()
    u, v, a, b, c, opacity = (f[:, None, None, :] for f in fields[:6])
    pixel = torch.arange(tiles.side, device=padded.device)
    left, top = tiles.origins(chunk)
    dx = (left[:, None] + pixel)[:, None, :, None] - u
    dy = (top[:, None] + pixel)[:, :, None, None] - v
    weight = (-0.5 * a * dx * dx) + (-0.5 * c * dy * dy)
    weight = weight.addcmul_(b * dx, dy, value=-1).exp_()
    tau = weight * opacity
    light = tau.cumsum(-1).neg_().exp_()
    share = torch.empty_like(light)
    torch.sub(1, light[..., :1], out=share[..., :1])
    torch.sub(light[..., :-1], light[..., 1:], out=share[..., 1:])
    return _Pairs(fields, dx, dy, weight, tau, light, share)


def _differentiate_chunk(pairs: _Pairs, out: Tensor, grad: Tensor) -> Tensor:
    """Gradient of each entry of a chunk, [9, q, k], from its pixels' ``out`` and ``grad``."""
    side = pairs.dy.shape[1]
    rgb = pairs.fields[6:].permute(1, 0, 2)  # [q, 3, k]
    shade = (grad @ rgb).view(len(grad), side, side, -1)  # c . g
    total = (out * grad).sum(-1).view(len(grad), side, side, 1)
    behind = (pairs.share * shade).cumsum(-1).sub_(total)
    dtau = behind.addcmul_(pairs.left, shade)
    # Where hardly any light is left, both terms are, and their difference is rounding.
    dtau.mul_((pairs.left / (10 * torch.finfo(grad.dtype).eps)).clamp_max_(1))
    dpower = dtau * pairs.tau
    dopacity = dtau.mul_(pairs.weight).sum((1, 2))
    dcolour = (grad.transpose(1, 2) @ pairs.share.flatten(1, 2)).transpose(0, 1)
    return torch.cat([*_sum_moments(pairs, dpower), dopacity[None], dcolour])


def _sum_moments(pairs: _Pairs, dpower: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of (u, v) and (a, b, c) where power = -(a dx^2 + 2 b dx dy + c dy^2) / 2."""
    _, _, a, b, c = pairs.fields[:5]
    dx, dy = pairs.dx[:, 0], pairs.dy[:, :, 0]  # [q, side, k]
    over_x, over_y = dpower.sum(1), dpower.sum(2)
    crossed = (dpower * pairs.dy).sum(1)
    x, y = (over_x * dx).sum(1), (over_y * dy).sum(1)
    xx, yy = (over_x * dx * dx).sum(1), (over_y * dy * dy).sum(1)
    xy = (crossed * dx).sum(1)
    place = torch.stack([a * x + b * y, b * x + c * y])
    return place, torch.stack([-0.5 * xx, -xy, -0.5 * yy])


def _crop_tiles(canvas: Tensor, tiles: Tiles, height: int, width: int) -> Tensor:
    """[tiles, pixels, 3] to [pictures, 3, height, width]."""
    pictures, rows, cols = tiles.shape
    grid = canvas.view(pictures, rows, cols, tiles.side, tiles.side, 3)
    whole = grid.permute(0, 5, 1, 3, 2, 4).reshape(pictures, 3, rows * tiles.side, -1)
    return whole[..., :height, :width].contiguous()
