"""What every engine takes, and its signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Splats:
    """N Gaussians in the image plane, of any number of pictures, flat.

    Args:
        u: [N] pixels to the right; pixel centres at integers.
        v: [N] pixels down.
        conic: [N, 3] inverse covariance (a, b, c): d2 = a dx2 + 2 b dx dy + c dy2.
        rgb: [N, 3].
        opacity: [N] >= 0, the optical depth tau in the middle; alpha = 1 - exp(-tau exp(-d2 / 2)).
            So transmittances multiply to exp(-sum), and alpha stays below 1 without a clamp, which
            would have no gradient.
        depth: [N] near to far; at equal depth the lower index is in front.
        picture: int64 [N], the picture each belongs to.
        shadow: bool [N], those that are black for good: they only darken what is behind, and an
            engine may leave them out where nothing is, and their gradient of rgb. None: no one is.
    """

    u: Tensor
    v: Tensor
    conic: Tensor
    rgb: Tensor
    opacity: Tensor
    depth: Tensor
    picture: Tensor
    shadow: Tensor | None = None


class Engine(Protocol):
    """Splats to [pictures, 3, height, width], black where nothing is.

    Differentiable in u, v, conic, rgb and opacity; depth only orders.
    """

    def __call__(self, splats: Splats, *, pictures: int, height: int, width: int) -> Tensor:
        """Pictures [pictures, 3, height, width].

        Args:
            splats: Gaussians of all pictures.
            pictures: How many pictures there are.
            height: Of a picture in pixels.
            width: Of a picture in pixels.
        """
        ...
