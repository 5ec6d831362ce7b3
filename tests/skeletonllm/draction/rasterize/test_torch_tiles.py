"""The tile engine against a dense one in float64 with torch's own gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from skeletonllm.draction.rasterize import get_engine
from skeletonllm.draction.rasterize.tiles import NEGLIGIBLE
from skeletonllm.testing.rendering.splat_scenes import (
    LEAVES,
    SCENES,
    cast_splats,
    compare_engines,
    join_splats,
    make_splats,
    rasterize_densely,
)

ENGINE = get_engine("torch_tiles")
FLOAT64_TOLERANCE = 1e-6  # what is cut off: at most NEGLIGIBLE a Gaussian
FLOAT32_TOLERANCE = 1e-5


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("seed", [0, 1])
def test_agrees_with_the_dense_engine(name: str, seed: int) -> None:
    count, size, spread = SCENES[name]
    splats = make_splats(seed, count, size, spread)
    assert compare_engines(ENGINE, splats, size, torch.float64) < FLOAT64_TOLERANCE
    assert compare_engines(ENGINE, splats, size, torch.float32) < FLOAT32_TOLERANCE


def test_transparent_gaussians_leave_the_picture_and_get_the_right_gradient() -> None:
    splats = make_splats(2, 40, (1, 24, 24), 3.0)
    splats = replace(splats, opacity=splats.opacity * (torch.arange(40) % 2))
    assert compare_engines(ENGINE, splats, (1, 24, 24), torch.float64) < FLOAT64_TOLERANCE


def test_opacity_above_one_is_as_exact() -> None:
    splats = make_splats(3, 20, (1, 24, 24), 2.0)
    assert compare_engines(
        ENGINE, replace(splats, opacity=splats.opacity * 50), (1, 24, 24), torch.float64
    ) < (FLOAT64_TOLERANCE)


def test_at_equal_depth_the_lower_index_is_in_front() -> None:
    same = make_splats(4, 2, (1, 9, 9), 2.0)
    red_first = replace(
        same,
        u=torch.full((2,), 4.0).double(),
        v=torch.full((2,), 4.0).double(),
        conic=torch.tensor([[0.1, 0, 0.1]] * 2).double(),
        rgb=torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]).double(),
        opacity=torch.ones(2).double(),
        depth=torch.zeros(2).double(),
        picture=torch.zeros(2, dtype=torch.int64),
    )
    middle = ENGINE(red_first, pictures=1, height=9, width=9)[0, :, 4, 4]
    first = 1 - torch.exp(torch.tensor(-1.0)).double()
    torch.testing.assert_close(middle, torch.stack([first, first * (1 - first), first * 0]))
    assert compare_engines(ENGINE, red_first, (1, 9, 9), torch.float64) < FLOAT64_TOLERANCE


def test_no_gaussian_at_all_is_black_and_differentiable() -> None:
    empty = cast_splats(make_splats(0, 0, (1, 8, 8), 1.0), torch.float32)
    picture = ENGINE(empty, pictures=2, height=8, width=8)
    assert picture.shape == (2, 3, 8, 8)
    assert not picture.detach().any()
    picture.sum().backward()
    assert empty.rgb.grad is not None


def test_what_lies_outside_or_nowhere_does_not_spoil_the_rest() -> None:
    good = make_splats(5, 10, (1, 16, 16), 2.0)
    lost = torch.tensor([float("nan"), 1e30, -1e30, float("inf")]).double()
    bad = replace(make_splats(6, 4, (1, 16, 16), 2.0), u=lost)
    both = join_splats(good, bad)
    shape = {"pictures": 1, "height": 16, "width": 16}
    torch.testing.assert_close(ENGINE(both, **shape), ENGINE(good, **shape), rtol=0, atol=0)


def test_gradcheck() -> None:
    splats = cast_splats(make_splats(7, 6, (2, 7, 9), 1.5), torch.float64)

    def draw(u: Tensor, v: Tensor, conic: Tensor, rgb: Tensor, opacity: Tensor) -> Tensor:
        moved = replace(splats, u=u, v=v, conic=conic, rgb=rgb, opacity=opacity)
        return ENGINE(moved, pictures=2, height=7, width=9)

    leaves = tuple(getattr(splats, name) for name in LEAVES)
    assert torch.autograd.gradcheck(draw, leaves, eps=1e-5, atol=1e-5)


def test_a_run_gives_the_same_bytes_again() -> None:
    splats, shape = cast_splats(make_splats(8, 200, (2, 40, 40), 3.0), torch.float32), (2, 40, 40)
    results = []
    for _ in range(2):
        picture = ENGINE(splats, pictures=shape[0], height=shape[1], width=shape[2])
        (gradient,) = torch.autograd.grad(picture.square().sum(), splats.conic)
        results.append((picture.detach(), gradient))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_error_of_the_cut_is_bounded_by_the_number_of_gaussians() -> None:
    splats = make_splats(9, 200, (1, 32, 32), 1.0)
    difference = ENGINE(splats, pictures=1, height=32, width=32) - rasterize_densely(
        splats, pictures=1, height=32, width=32
    )
    assert float(difference.abs().max()) <= 200 * NEGLIGIBLE
