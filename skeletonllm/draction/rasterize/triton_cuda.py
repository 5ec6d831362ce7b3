"""The GPU engine: one Triton program a tile, no lists of tiles, no atomics.

A picture of skeletons has some hundred Gaussians, so few that each tile reads all their boxes and
needs no binning. Backward, every (tile, Gaussian) pair has a slot of its own to write to, and the
slots of a Gaussian are summed in order: the same input gives the same bytes. The slots cost 36
bytes a pair (about 1 MB a clip of 448 pixels), and one wait for the GPU to learn their number.

float32, also under autocast. See :mod:`skeletonllm.draction.rasterize.torch_tiles` for the formula.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skeletonllm.draction.rasterize.base import Splats
from skeletonllm.draction.rasterize.tiles import boxes, half_widths
from skeletonllm.errors import RenderError

try:
    from skeletonllm.draction.rasterize import triton_kernels as kernels
except ImportError as error:
    raise RenderError(
        f"engine 'triton_cuda' needs Triton ({error})",
        hint="It comes with CUDA builds of torch; else: pip install triton.",
    ) from error

NEGLIGIBLE = 1e-7
"""Optical depth at which a Gaussian ends; below it a pixel cannot change in float32."""
OPTIONS = {"num_warps": 1, "enable_fp_fusion": True}
"""A tile of 16 x 16 is eight pixels a lane, and sums over it never leave the warp."""


def rasterize(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """See :class:`skeletonllm.draction.rasterize.Engine`.

    Raises:
        RenderError: The splats are not float32, or not on a GPU.
    """
    _check(splats.u)
    with torch.autocast(splats.u.device.type, enabled=False):
        order, lists = _front_to_back(splats, pictures, height, width)
        place = torch.stack([splats.u, splats.v], -1)
        packed = torch.cat([place, splats.conic, splats.opacity[:, None], splats.rgb], -1)
        drawn: Tensor = _Blend.apply(  # type: ignore[no-untyped-call]
            packed[order].contiguous(), lists, (pictures, height, width)
        )
        return drawn


def _check(u: Tensor) -> None:
    if u.device.type != "cuda" and not kernels.INTERPRETED:
        raise RenderError(
            f"tensors on {u.device.type!r} for engine 'triton_cuda'",
            expected="tensors on a GPU",
            hint="Take engine 'auto'; or set TRITON_INTERPRET=1 before Python starts, to test.",
        )
    if u.dtype != torch.float32:
        raise RenderError(
            f"{u.dtype} for engine 'triton_cuda'",
            expected="torch.float32",
            hint="Take engine 'torch_tiles' for other precisions.",
        )


class _Lists(NamedTuple):
    """Gaussians of each picture, front to back."""

    box: Tensor  # int32 [N, 4], first and last pixel; empty where nothing is seen
    start: Tensor  # int32 [pictures + 1]


@torch.no_grad()
def _front_to_back(splats: Splats, pictures: int, height: int, width: int) -> tuple[Tensor, _Lists]:
    """Order [N] by picture, then depth, then index; and the boxes in that order."""
    front = splats.depth.argsort(stable=True)
    order = front[splats.picture[front].argsort(stable=True)]
    half = half_widths(splats.conic, splats.opacity.clamp_min(1.0), NEGLIGIBLE)
    centre = torch.stack([splats.u, splats.v], -1)
    box = torch.cat(boxes(centre, half, height, width), -1)[order].int().contiguous()
    edges = torch.arange(pictures + 1, device=order.device)
    start = torch.searchsorted(splats.picture[order].contiguous(), edges).int()
    return order, _Lists(box, start)


class _Blend(torch.autograd.Function):
    """[N, 9] Gaussians in order to [pictures, 3, height, width]."""

    @staticmethod
    def forward(ctx: Any, packed: Tensor, lists: _Lists, shape: tuple[int, int, int]) -> Tensor:
        pictures, height, width = shape
        out = packed.new_empty(pictures, 3, height, width)
        grid, cols = _grid(shape)
        kernels.blend[grid](packed, *lists, out, height, width, cols, **OPTIONS)
        ctx.save_for_backward(packed, *lists, out)
        ctx.shape = shape
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        packed, box, start, out = ctx.saved_tensors
        _, height, width = ctx.shape
        grid, cols = _grid(ctx.shape)
        side = kernels.SIDE.value
        tiles = (box[:, 2:] // side - box[:, :2] // side + 1).prod(-1)
        seen = (box[:, 2:] >= box[:, :2]).all(-1)
        count = torch.where(seen, tiles, 0).long()
        end = count.cumsum(0)
        parts = packed.new_empty(int(end[-1]) if len(end) else 0, packed.shape[1])
        kernels.feel[grid](
            packed, box, start, end - count, out, grad.float().contiguous(), parts,
            height, width, cols, **OPTIONS,
        )  # fmt: skip
        summed = torch.segment_reduce(parts, "sum", lengths=count, axis=0, unsafe=True)
        return _chain(packed, summed), None, None


def _grid(shape: tuple[int, int, int]) -> tuple[tuple[int, int], int]:
    """Programs (tiles a picture, pictures), and tiles in a row."""
    pictures, height, width = shape
    side = kernels.SIDE.value
    cols = -(-width // side)
    return (cols * -(-height // side), pictures), cols


def _chain(packed: Tensor, summed: Tensor) -> Tensor:
    """From moments of dL/dpower to gradients, where power = -(a dx2 + 2 b dx dy + c dy2) / 2."""
    _, _, a, b, c = packed[:, :5].unbind(-1)
    x, y, xx, xy, yy = summed[:, :5].unbind(-1)
    place = torch.stack([a * x + b * y, b * x + c * y, -0.5 * xx, -xy, -0.5 * yy], -1)
    return torch.cat([place, summed[:, 5:]], -1)
