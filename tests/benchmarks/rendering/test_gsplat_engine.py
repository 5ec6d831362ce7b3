from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.rendering import gsplat_engine
from skeletonllm.draction.rasterize import Splats
from skeletonllm.errors import RenderError


def splats(count: int = 5) -> Splats:
    random = torch.Generator().manual_seed(0)
    u, v, depth = torch.rand(3, count, generator=random).unbind(0)
    conic = torch.tensor([[0.25, 0.0, 0.25]]).expand(count, 3)
    rgb, opacity = torch.ones(count, 3), torch.full((count,), 0.5)
    return Splats(u * 20, v * 20, conic, rgb, opacity, depth, torch.arange(count) % 2)


@pytest.mark.skipif(torch.cuda.is_available(), reason="says why it does not run without CUDA")
def test_without_gsplat_or_cuda_it_says_so() -> None:
    with pytest.raises(RenderError, match="gsplat"):
        gsplat_engine.rasterize_with_gsplat(splats(), pictures=2, height=20, width=24)


def test_gsplat_is_given_what_its_signature_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the argument names and shapes of gsplat 1.5.3, packed."""
    monkeypatch.setitem(sys.modules, "gsplat", _stand_in())
    monkeypatch.setattr(gsplat_engine, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(gsplat_engine, "is_on_gpu", lambda _: True)
    given = splats()
    drawn = gsplat_engine.rasterize_with_gsplat(given, pictures=2, height=20, width=24)
    assert drawn.shape == (2, 3, 20, 24)
    assert drawn.is_contiguous()
    # The stand-in paints the first row with what it was given: places are shifted by half a pixel.
    torch.testing.assert_close(drawn[0, 0, 0, :5], given.u + 0.5)


def _stand_in() -> Any:
    count = 5

    def isect_tiles(
        means2d: Tensor, radii: Tensor, depths: Tensor, tile_size: int, tile_width: int,
        tile_height: int, *, packed: bool, n_images: int, image_ids: Tensor, gaussian_ids: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        assert packed
        assert means2d.shape == radii.shape == (count, 2)
        assert radii.dtype == torch.int32
        assert depths.shape == image_ids.shape == gaussian_ids.shape == (count,)
        assert image_ids.dtype == gaussian_ids.dtype == torch.int64
        assert (tile_size, tile_width, tile_height, n_images) == (16, 2, 2, 2)
        return radii[:, 0], image_ids, gaussian_ids.int()

    def isect_offset_encode(ids: Tensor, n_images: int, wide: int, high: int) -> Tensor:
        return torch.zeros(n_images, high, wide, dtype=torch.int32)

    def rasterize_to_pixels(
        means2d: Tensor, conics: Tensor, colors: Tensor, opacities: Tensor, image_width: int,
        image_height: int, tile_size: int, isect_offsets: Tensor, flatten_ids: Tensor, *,
        packed: bool,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        assert packed
        assert conics.shape == colors.shape == (count, 3)
        assert opacities.shape == flatten_ids.shape == (count,)
        out = torch.zeros(len(isect_offsets), image_height, image_width, 3)
        out[:, 0, :count] = means2d[:, :1]
        return out, out[..., :1]

    parts: dict[str, Callable[..., Any]] = {
        "isect_tiles": isect_tiles,
        "isect_offset_encode": isect_offset_encode,
        "rasterize_to_pixels": rasterize_to_pixels,
    }
    module = ModuleType("gsplat")
    module.__dict__.update(parts)
    return module
