"""The GPU engine: one Triton program a tile, no lists of tiles, no atomics.

A picture of skeletons has some hundred Gaussians, so few that each tile reads all their boxes and
needs no binning. Backward, every (tile, Gaussian) pair has a slot of its own to write to, and the
slots of a Gaussian are summed in order: the same input gives the same bytes. The slots cost 36
bytes a pair (12 frames of 448 pixels, two persons: 2 MB under the published camera, 6 MB under
``fit``), and one wait for the GPU to learn their number.

float32, also under autocast. See :mod:`skeletonllm.draction.rasterize.torch_tiles` for the formula.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skeletonllm.draction.rasterize.base import Splats
from skeletonllm.draction.rasterize.tiles import clip_boxes, measure_half_widths
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
    # Triton launches on the device that is current, wherever its tensors are.
    here = torch.cuda.device_of(splats.u)  # type: ignore[no-untyped-call]
    with here, torch.autocast(splats.u.device.type, enabled=False):
        lists = _sort_front_to_back(splats, pictures, height, width)
        place = torch.stack([splats.u, splats.v], -1)
        packed = torch.cat([place, splats.conic, splats.opacity[:, None], splats.rgb], -1)
        shape = (pictures, height, width)
        frames: Tensor = _Blend.apply(packed, lists, shape)  # type: ignore[no-untyped-call]
        return frames


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

    order: Tensor  # int64 [N], by picture, then depth, then index
    box: Tensor  # int32 [4, N] in that order, first and last pixel (x, y); empty where unseen
    start: Tensor  # int32 [pictures + 1]


@torch.no_grad()
def _sort_front_to_back(splats: Splats, pictures: int, height: int, width: int) -> _Lists:
    front = splats.depth.argsort(stable=True)
    order = front[splats.picture[front].argsort(stable=True)]
    half = measure_half_widths(splats.conic, splats.opacity.clamp_min(1.0), NEGLIGIBLE)
    centre = torch.stack([splats.u, splats.v], -1)
    box = torch.cat(clip_boxes(centre, half, height, width), -1)[order].int().T.contiguous()
    edges = torch.arange(pictures + 1, device=order.device)
    start = torch.searchsorted(splats.picture[order].contiguous(), edges).int()
    return _Lists(order, box, start)


class _Blend(torch.autograd.Function):
    """[N, 9] Gaussians to [pictures, 3, height, width]."""

    @staticmethod
    def forward(ctx: Any, packed: Tensor, lists: _Lists, shape: tuple[int, int, int]) -> Tensor:
        pictures, height, width = shape
        table = packed[lists.order]
        out = packed.new_empty(pictures, 3, height, width)
        rows, cols = _count_rows_and_columns(height, width)
        grid = (pictures * rows * cols,)
        kernels.blend_tile[grid](
            table, lists.box, len(table), lists.start, out, height, width, rows, cols, **OPTIONS
        )
        ctx.save_for_backward(table, *lists, out)
        ctx.shape = shape
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        table, order, box, start, out = ctx.saved_tensors
        pictures, height, width = ctx.shape
        rows, cols = _count_rows_and_columns(height, width)
        count = _count_tiles(box)
        end = count.cumsum(0)
        parts = table.new_empty(int(end[-1]) if len(end) else 0, table.shape[1])
        kernels.differentiate_tile[(pictures * rows * cols,)](
            table, box, len(table), start, end - count, out, grad.float().contiguous(), parts,
            height, width, rows, cols, **OPTIONS,
        )  # fmt: skip
        summed = torch.segment_reduce(parts, "sum", lengths=count, axis=0, unsafe=True)
        gradient = torch.empty_like(table)
        # What is nowhere may have a shape that is no number; it still has no gradient.
        gradient[order] = _apply_chain_rule(table, summed).where((count > 0)[:, None], 0.0)
        return gradient, None, None


def _count_rows_and_columns(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of tiles in a picture."""
    side = kernels.SIDE.value
    return -(-height // side), -(-width // side)


def _count_tiles(box: Tensor) -> Tensor:
    """How many tiles each box reaches, int64 [N]."""
    first, last = box[:2], box[2:]
    across = last // kernels.SIDE.value - first // kernels.SIDE.value + 1  # [2, N]
    return across.prod(0).where((last >= first).all(0), 0)


def _apply_chain_rule(table: Tensor, summed: Tensor) -> Tensor:
    """Gradients from the sums of a kernel, where power = -(a dx2 + 2 b dx dy + c dy2) / 2."""
    _, _, a, b, c, opacity = table[:, :6].unbind(-1)
    q, x, y, xx, xy, yy = summed[:, :6].unbind(-1)
    place = torch.stack([a * x + b * y, b * x + c * y, -0.5 * xx, -xy, -0.5 * yy], -1)
    return torch.cat([opacity[:, None] * place, q[:, None], summed[:, 6:]], -1)
