"""gsplat's CUDA rasterizer as an engine of ours, to be measured side by side with them.

Ye et al., "gsplat: An Open-Source Library for Gaussian Splatting" (JMLR 2025), version 1.5. It
blends with alpha = o exp(-d2 / 2), which is not the published formula: another picture of the same
Gaussians. It ran on gsplat 1.5.3, on an H100 (docs/BENCHMARKS.md).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Splats
from skeletonllm.draction.rasterize.tiles import measure_half_widths
from skeletonllm.errors import RenderError

GSPLAT = "gsplat"
TILE = 16
LEAST_OPACITY = 1 / 255
"""Opacity below which gsplat leaves a Gaussian out."""


def rasterize_with_gsplat(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """See :class:`skeletonllm.draction.rasterize.Engine`.

    Raises:
        RenderError: gsplat is not installed, or the splats are not on a CUDA device.
    """
    if find_spec(GSPLAT) is None or not is_on_gpu(splats):
        found = "gsplat is not installed" if find_spec(GSPLAT) is None else "splats on the CPU"
        raise RenderError(found, expected="gsplat and CUDA", hint="pip install gsplat")
    gsplat = import_module(GSPLAT)
    place = torch.stack([splats.u, splats.v], -1) + 0.5  # its pixel centres lie at halves
    columns, rows = -(-width // TILE), -(-height // TILE)
    with torch.no_grad():
        radii = measure_half_widths(splats.conic, splats.opacity, LEAST_OPACITY).ceil().int()
        _, crossings, order = gsplat.isect_tiles(
            place,
            radii,
            splats.depth,
            TILE,
            columns,
            rows,
            packed=True,
            n_images=pictures,
            image_ids=splats.picture,
            gaussian_ids=torch.arange(len(radii), device=radii.device),
        )
        offsets = gsplat.isect_offset_encode(crossings, pictures, columns, rows)
    colours, _ = gsplat.rasterize_to_pixels(
        place,
        splats.conic,
        splats.rgb,
        splats.opacity,
        width,
        height,
        TILE,
        offsets,
        order,
        packed=True,
    )
    return colours.permute(0, 3, 1, 2).contiguous()


def is_on_gpu(splats: Splats) -> bool:
    """Whether the splats are where gsplat can draw them."""
    return splats.u.device.type == "cuda"
