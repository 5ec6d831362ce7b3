"""The fast exact engine for CPUs: ``torch_tiles``' formulas in float32, compiled by numba.

Pictures are cut into rows of tiles, which threads share: as many as the environment variable
``SKELETONLLM_THREADS`` says, else as many as torch has been given. Each tile writes pixels, and
sums, of its own, so that the bytes do not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skeletonllm.draction.rasterize import buffers
from skeletonllm.draction.rasterize.base import Splats
from skeletonllm.draction.rasterize.lanes import SIDE
from skeletonllm.draction.rasterize.numba_kernels import (
    PARTS,
    blend_bands,
    differentiate_bands,
    sum_gradients,
)
from skeletonllm.draction.rasterize.numba_lists import Grid, Lists, SplatArrays, sort_into_lists
from skeletonllm.errors import RenderError

LEAVES = ("u", "v", "conic", "rgb", "opacity")
THREADS = "SKELETONLLM_THREADS"
"""Environment variable. It counts for the rasterizer alone, since torch's own work on some thousand
Gaussians is slower with two threads than with one."""
EMPTY_BAND = 32
"""What a row of tiles without Gaussians costs, in entries: it is still filled with black."""


def rasterize(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """See :class:`skeletonllm.draction.rasterize.Engine`.

    Raises:
        RenderError: The splats are not float32 on the CPU, or in pictures that do not exist.
    """
    _check(splats, pictures)
    grid = Grid(pictures, -(-height // SIDE), -(-width // SIDE), height, width)
    lists = sort_into_lists(_make_arrays(splats), grid)
    leaves = (getattr(splats, name) for name in LEAVES)
    frames: Tensor = _Blend.apply(*leaves, lists)  # type: ignore[no-untyped-call]
    return frames


def _make_arrays(splats: Splats) -> SplatArrays:
    shadow = splats.shadow
    if shadow is None:
        shadow = torch.zeros(len(splats.u), dtype=torch.bool)
    fields = (getattr(splats, name) for name in SplatArrays._fields[:-1])
    return SplatArrays(*(field.detach().contiguous().numpy() for field in (*fields, shadow)))


class _Blend(torch.autograd.Function):
    """Leaves to [pictures, 3, H, W]; what is drawn are the values in the lists' table.

    The leaves are inputs only so that autograd asks for their gradients.
    """

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        lists: Lists = inputs[-1]
        out = buffers.take_buffer((lists.grid.pictures, 3, lists.grid.height, lists.grid.width))
        flat = out.view(-1).numpy()
        _share_bands(lists, lambda bands: blend_bands(lists, bands, flat))
        ctx.save_for_backward(out)
        ctx.lists = lists
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (out,), lists = ctx.saved_tensors, ctx.lists
        pixels, gradient = (x.contiguous().view(-1).numpy() for x in (out, grad))
        parts = np.empty((len(lists.entries), PARTS), np.float32)
        _share_bands(
            lists, lambda bands: differentiate_bands(lists, bands, pixels, gradient, parts)
        )
        gradients = (torch.from_numpy(array) for array in sum_gradients(parts, lists))
        wanted = zip(gradients, ctx.needs_input_grad, strict=False)
        return (*(gradient if needed else None for gradient, needed in wanted), None)


def _check(splats: Splats, pictures: int) -> None:
    for name in (*LEAVES, "depth"):
        tensor = getattr(splats, name)
        if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
            raise RenderError(
                f"{name} is {tensor.dtype} on {tensor.device}",
                expected="torch.float32 on cpu",
                where="numba_cpu",
                hint="Use engine torch_tiles, or auto.",
            )
    if len(splats.picture):
        least, most = (int(x) for x in splats.picture.aminmax())
        if least < 0 or most >= pictures:
            raise RenderError(
                f"a Gaussian in picture {least if least < 0 else most}",
                expected=f"0..{pictures - 1}",
            )


def _share_bands(lists: Lists, work: Callable[[tuple[int, int]], None]) -> None:
    """Call ``work`` with the first and the end of some rows of tiles, in all threads at once."""
    threads = _count_threads()
    before = lists.start[:: lists.grid.cols]  # entries before each row of tiles
    cost = before + EMPTY_BAND * np.arange(len(before))
    bounds = np.searchsorted(cost, np.linspace(0, cost[-1], threads + 1)).tolist()
    own, *others = pairwise(bounds)
    pool = _thread_pool(os.getpid(), threads)
    tasks = [pool.submit(work, bands) for bands in others]
    work(own)
    for task in tasks:
        task.result()


def _count_threads() -> int:
    value = os.environ.get(THREADS, "")
    if value and not (value.isdecimal() and int(value) > 0):
        raise RenderError(f"{THREADS}={value!r}", expected="a number of threads, 1 or more")
    return int(value) if value else torch.get_num_threads()


@cache
def _thread_pool(_process: int, threads: int) -> ThreadPoolExecutor:
    """Threads that wait; a process that was forked has none of its parent's, so it gets its own."""
    return ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="numba_cpu")
