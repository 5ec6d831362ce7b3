"""Rasterize: one signature, several engines; every engine agrees with ``torch_tiles``.

A new engine is one file with a function of :class:`Engine`'s signature, and one line here.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from skeletonllm.draction.rasterize import torch_tiles
from skeletonllm.errors import RenderError

__all__ = ["ENGINES", "Engine", "get_engine"]


class Engine(Protocol):
    """Splat flat Gaussians into pictures, differentiably in u, v, conic, rgb and opacity.

    Args of a call:
        u, v: [N] position in pixels; pixel centres at integers, v down.
        conic: [N, 3] inverse covariance (a, b, c): d2 = a dx2 + 2 b dx dy + c dy2.
        rgb: [N, 3], opacity: [N] >= 0, depth: [N] near to far (ties: lower index in front).
        picture: [N] int64, which picture a Gaussian belongs to.
        pictures, height, width: How many pictures, and their size.

    Returns:
        [pictures, 3, height, width], black where nothing is.
    """

    def __call__(
        self,
        u: Tensor,
        v: Tensor,
        conic: Tensor,
        rgb: Tensor,
        opacity: Tensor,
        depth: Tensor,
        picture: Tensor,
        *,
        pictures: int,
        height: int,
        width: int,
    ) -> Tensor: ...


ENGINES: dict[str, Engine] = {"torch_tiles": torch_tiles.rasterize}


def get_engine(name: str) -> Engine:
    """Engine by name; ``auto`` is the exact one everywhere, until a faster one is measured equal.

    Raises:
        RenderError: The name is unknown; the message lists the known ones.
    """
    name = "torch_tiles" if name == "auto" else name
    try:
        return ENGINES[name]
    except KeyError:
        known = ", ".join(["auto", *sorted(ENGINES)])
        raise RenderError(f"unknown engine {name!r}", expected=f"one of {known}") from None
