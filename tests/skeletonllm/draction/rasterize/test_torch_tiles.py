"""The tile engine against a dense one in float64 with torch's own gradients."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Splats, get_engine
from skeletonllm.draction.rasterize.tiles import NEGLIGIBLE

ENGINE = get_engine("torch_tiles")
LEAVES = ("u", "v", "conic", "rgb", "opacity")
FLOAT64_TOLERANCE = 1e-6  # what is cut off: at most NEGLIGIBLE a Gaussian
FLOAT32_TOLERANCE = 1e-5


def dense(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """Every Gaussian at every pixel, by the book: alphas one after the other, plain autograd."""
    x = torch.arange(width, dtype=splats.u.dtype)
    y = torch.arange(height, dtype=splats.u.dtype)[:, None]
    out = []
    for picture in range(pictures):
        image, light = splats.u.new_zeros(3, height, width), splats.u.new_ones(height, width)
        mine = (splats.picture == picture).nonzero()[:, 0]
        for i in mine[torch.argsort(splats.depth[mine], stable=True)]:
            a, b, c = splats.conic[i]
            dx, dy = x - splats.u[i], y - splats.v[i]
            weight = torch.exp(-0.5 * (a * dx * dx + 2 * b * dx * dy + c * dy * dy))
            alpha = 1 - torch.exp(-splats.opacity[i] * weight)
            image = image + light * alpha * splats.rgb[i][:, None, None]
            light = light * (1 - alpha)
        out.append(image)
    return torch.stack(out)


def scene(seed: int, count: int, size: tuple[int, int, int], spread: float) -> Splats:
    """Random Gaussians of about ``spread`` pixels, some outside the picture, in float64."""
    random = torch.Generator().manual_seed(seed)
    pictures, height, width = size

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random, dtype=torch.float64)

    shape = torch.randn(count, 2, 2, generator=random, dtype=torch.float64) * 0.4 + torch.eye(2)
    covariance = spread**2 * shape @ shape.mT + 0.02 * torch.eye(2)
    inverse = torch.linalg.inv(covariance)
    return Splats(
        u=(uniform(count) * 1.4 - 0.2) * width,
        v=(uniform(count) * 1.4 - 0.2) * height,
        conic=torch.stack([inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1]], -1),
        rgb=uniform(count, 3),
        opacity=uniform(count),
        depth=uniform(count),
        picture=torch.randint(0, pictures, (count,), generator=random),
    )


def cast(splats: Splats, dtype: torch.dtype) -> Splats:
    """Fresh leaves of another precision."""
    values = {f.name: getattr(splats, f.name).detach().clone() for f in fields(splats)}
    for name in (*LEAVES, "depth"):
        values[name] = values[name].to(dtype)
    for name in LEAVES:
        values[name].requires_grad_()
    return Splats(**values)


def compare(splats: Splats, size: tuple[int, int, int], dtype: torch.dtype) -> float:
    """Largest difference of pictures, and of gradients relative to their norm."""
    pictures, height, width = size
    shape = {"pictures": pictures, "height": height, "width": width}
    one, other = cast(splats, torch.float64), cast(splats, dtype)
    expected, found = dense(one, **shape), ENGINE(other, **shape)
    assert found.shape == expected.shape
    assert found.dtype == dtype
    random = torch.Generator().manual_seed(1)
    weight = torch.randn(expected.shape, generator=random, dtype=torch.float64)
    wanted = torch.autograd.grad((expected * weight).sum(), [getattr(one, n) for n in LEAVES])
    given = torch.autograd.grad(
        (found * weight.to(dtype)).sum(), [getattr(other, n) for n in LEAVES]
    )
    worst = float((expected - found).detach().abs().max())
    for a, b in zip(wanted, given, strict=True):
        assert b.isfinite().all()
        worst = max(worst, float((a - b).norm() / (a.norm() + 1e-6)))
    return worst


SCENES = {
    "a few": (40, (2, 33, 47), 2.0),
    "hundreds overlapping": (300, (1, 12, 12), 6.0),
    "one pixel": (30, (2, 1, 1), 1.0),
    "one column": (30, (1, 40, 1), 2.0),
    "one row": (30, (1, 1, 40), 2.0),
    "filling the frame": (20, (1, 24, 24), 60.0),
    "thinner than a pixel": (150, (3, 40, 40), 0.2),
    "large tiles": (12, (1, 96, 64), 20.0),
    "nobody in some pictures": (3, (6, 20, 20), 2.0),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("seed", [0, 1])
def test_agrees_with_the_dense_engine(name: str, seed: int) -> None:
    count, size, spread = SCENES[name]
    splats = scene(seed, count, size, spread)
    assert compare(splats, size, torch.float64) < FLOAT64_TOLERANCE
    assert compare(splats, size, torch.float32) < FLOAT32_TOLERANCE


def test_transparent_gaussians_leave_the_picture_and_get_the_right_gradient() -> None:
    splats = scene(2, 40, (1, 24, 24), 3.0)
    splats = replace(splats, opacity=splats.opacity * (torch.arange(40) % 2))
    assert compare(splats, (1, 24, 24), torch.float64) < FLOAT64_TOLERANCE


def test_opacity_above_one_is_as_exact() -> None:
    splats = scene(3, 20, (1, 24, 24), 2.0)
    assert compare(replace(splats, opacity=splats.opacity * 50), (1, 24, 24), torch.float64) < (
        FLOAT64_TOLERANCE
    )


def test_at_equal_depth_the_lower_index_is_in_front() -> None:
    same = scene(4, 2, (1, 9, 9), 2.0)
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
    assert compare(red_first, (1, 9, 9), torch.float64) < FLOAT64_TOLERANCE


def test_no_gaussian_at_all_is_black_and_differentiable() -> None:
    empty = cast(scene(0, 0, (1, 8, 8), 1.0), torch.float32)
    picture = ENGINE(empty, pictures=2, height=8, width=8)
    assert picture.shape == (2, 3, 8, 8)
    assert not picture.detach().any()
    picture.sum().backward()
    assert empty.rgb.grad is not None


def test_what_lies_outside_or_nowhere_does_not_spoil_the_rest() -> None:
    good = scene(5, 10, (1, 16, 16), 2.0)
    lost = torch.tensor([float("nan"), 1e30, -1e30, float("inf")]).double()
    bad = replace(scene(6, 4, (1, 16, 16), 2.0), u=lost)
    both = Splats(*(torch.cat([getattr(good, f.name), getattr(bad, f.name)]) for f in fields(good)))
    shape = {"pictures": 1, "height": 16, "width": 16}
    torch.testing.assert_close(ENGINE(both, **shape), ENGINE(good, **shape), rtol=0, atol=0)


def test_gradcheck() -> None:
    splats = cast(scene(7, 6, (2, 7, 9), 1.5), torch.float64)

    def draw(u: Tensor, v: Tensor, conic: Tensor, rgb: Tensor, opacity: Tensor) -> Tensor:
        moved = replace(splats, u=u, v=v, conic=conic, rgb=rgb, opacity=opacity)
        return ENGINE(moved, pictures=2, height=7, width=9)

    leaves = tuple(getattr(splats, name) for name in LEAVES)
    assert torch.autograd.gradcheck(draw, leaves, eps=1e-5, atol=1e-5)


def test_a_run_gives_the_same_bytes_again() -> None:
    splats, shape = cast(scene(8, 200, (2, 40, 40), 3.0), torch.float32), (2, 40, 40)
    results = []
    for _ in range(2):
        picture = ENGINE(splats, pictures=shape[0], height=shape[1], width=shape[2])
        (gradient,) = torch.autograd.grad(picture.square().sum(), splats.conic)
        results.append((picture.detach(), gradient))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_error_of_the_cut_is_bounded_by_the_number_of_gaussians() -> None:
    splats = scene(9, 200, (1, 32, 32), 1.0)
    difference = ENGINE(splats, pictures=1, height=32, width=32) - dense(
        splats, pictures=1, height=32, width=32
    )
    assert float(difference.abs().max()) <= 200 * NEGLIGIBLE
