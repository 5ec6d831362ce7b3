"""Scenes of splats, an engine that computes them by the book, and how far another one is off."""

from __future__ import annotations

from dataclasses import fields, replace

import torch
from torch import Tensor

from skeletonllm.draction.rasterize import Engine, Splats

LEAVES = ("u", "v", "conic", "rgb", "opacity")
"""Fields of :class:`~skeletonllm.draction.rasterize.Splats` that have a gradient."""

Size = tuple[int, int, int]
"""Pictures, height, width."""


def rasterize_densely(splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
    """Every Gaussian at every pixel, one after the other, with torch's own gradients.

    Args:
        splats: Gaussians in pixels.
        pictures: How many pictures.
        height: Of a picture.
        width: Of a picture.

    Returns:
        Pictures [pictures, 3, height, width].
    """
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


def make_splats(
    seed: int, count: int, size: Size, spread: float, *, shadows: bool = False
) -> Splats:
    """Random Gaussians in float64, some of them outside of the picture.

    Args:
        seed: Says which.
        count: How many.
        size: Of the pictures.
        spread: Their standard deviation in pixels, about.
        shadows: Whether half of them are shadows; some of those have nothing behind them.
    """
    random = torch.Generator().manual_seed(seed)
    pictures, height, width = size

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random, dtype=torch.float64)

    shape = torch.randn(count, 2, 2, generator=random, dtype=torch.float64) * 0.4 + torch.eye(2)
    covariance = spread**2 * shape @ shape.mT + 0.02 * torch.eye(2)
    inverse = torch.linalg.inv(covariance)
    splats = Splats(
        u=(uniform(count) * 1.4 - 0.2) * width,
        v=(uniform(count) * 1.4 - 0.2) * height,
        conic=torch.stack([inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1]], -1),
        rgb=uniform(count, 3),
        opacity=uniform(count),
        depth=uniform(count),
        picture=torch.randint(0, pictures, (count,), generator=random),
    )
    if not shadows:
        return splats
    shadow = uniform(count) < 0.5
    return replace(splats, rgb=splats.rgb * ~shadow[:, None], shadow=shadow)


def cast_splats(splats: Splats, dtype: torch.dtype) -> Splats:
    """The same splats as leaves of another precision.

    Args:
        splats: Gaussians.
        dtype: The precision.
    """
    values = {name: getattr(splats, name).detach().clone().to(dtype) for name in (*LEAVES, "depth")}
    for name in LEAVES:
        values[name].requires_grad_()
    return replace(splats, **values)


def join_splats(one: Splats, other: Splats) -> Splats:
    """The splats of both.

    Args:
        one: Gaussians; no shadows, as those of the other.
        other: More of them, in the same pictures.
    """
    names = [f.name for f in fields(Splats) if f.name != "shadow"]
    return Splats(*(torch.cat([getattr(one, name), getattr(other, name)]) for name in names))


def compare_engines(
    engine: Engine,
    splats: Splats,
    size: Size,
    dtype: torch.dtype,
    oracle: Engine = rasterize_densely,
) -> float:
    """Largest difference of a pixel, or of a gradient over its norm, whichever is larger.

    Shadows have no colour that could learn: their gradient of rgb is not compared.

    Args:
        engine: That is tested.
        splats: What both draw.
        size: Of the pictures.
        dtype: In which the engine computes; the oracle computes in float64.
        oracle: What is right.
    """
    pictures, height, width = size
    shape = {"pictures": pictures, "height": height, "width": width}
    one, other = cast_splats(splats, torch.float64), cast_splats(splats, dtype)
    expected, drawn = oracle(one, **shape), engine(other, **shape)
    assert drawn.shape == expected.shape
    assert drawn.dtype == dtype
    random = torch.Generator().manual_seed(1)
    weight = torch.randn(expected.shape, generator=random, dtype=torch.float64)
    wanted = torch.autograd.grad((expected * weight).sum(), [getattr(one, n) for n in LEAVES])
    given = torch.autograd.grad(
        (drawn * weight.to(dtype)).sum(), [getattr(other, n) for n in LEAVES]
    )
    worst = float((expected - drawn).detach().abs().max())
    for name, a, b in zip(LEAVES, wanted, given, strict=True):
        assert b.isfinite().all()
        if name == "rgb" and splats.shadow is not None:
            a, b = a[~splats.shadow], b[~splats.shadow]  # noqa: PLW2901
        worst = max(worst, float((a - b).norm() / (a.norm() + 1e-6)))
    return worst


SCENES: dict[str, tuple[int, Size, float]] = {
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
"""How many Gaussians, of which pictures, how wide in pixels."""
