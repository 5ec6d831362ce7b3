"""Scenes of splats, the engine by the book, and how far another engine is from it."""

from __future__ import annotations

from dataclasses import fields

import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Engine, Splats

LEAVES = ("u", "v", "conic", "rgb", "opacity")


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


def compare(
    engine: Engine,
    splats: Splats,
    size: tuple[int, int, int],
    dtype: torch.dtype,
    oracle: Engine = dense,
) -> float:
    """Largest difference of pictures, and of gradients relative to their norm.

    The oracle computes in float64, the engine in ``dtype``.
    """
    pictures, height, width = size
    shape = {"pictures": pictures, "height": height, "width": width}
    one, other = cast(splats, torch.float64), cast(splats, dtype)
    expected, found = oracle(one, **shape), engine(other, **shape)
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
