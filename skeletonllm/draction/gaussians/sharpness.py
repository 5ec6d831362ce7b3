"""Sharpness: thin limbs with a firm edge, even at any size of the picture; group ``sharp.*``.

A Gaussian is as long as its share of the bone (:mod:`skeletonllm.draction.gaussians.primitives`),
so a limb has no beads, however long it is or close to the camera. Its optical depth is large, so
that its middle is solid and its edge falls off within a deviation.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from skeletonllm.draction.gaussians.primitives import EVEN
from skeletonllm.draction.splatting import Gaussians

RADIUS_RANGE = (0.003, 0.080)
"""Body metres."""
FIRST_RADIUS = (0.006, 0.006)
"""Body metres, of joints and of bones before training."""
DENSITY = 250.0
"""Optical depth of an opaque Gaussian at first. It falls to one half 3.3 deviations from the
middle, and from nearly all to nearly nothing within one: a limb looks 40 mm thick, as those of
``velocity_sticks`` do, has a firmer edge, and reaches two thirds of their pixels."""
ROUND_EDGE = math.sqrt(2 * math.log(2 * math.sqrt(2 * math.pi)))
"""Deviations from the middle of a row of round Gaussians of opacity one, a deviation apart, to an
optical depth of one half."""


class Sharpness(nn.Module):
    """How firm a limb is."""

    def __init__(self) -> None:
        super().__init__()
        self.density = nn.Parameter(torch.tensor(math.log(DENSITY)))

    def harden(self, opacity: Tensor) -> Tensor:
        """Optical depths from opacities in 0..1."""
        return harden(opacity, self.density)

    def soften(self, limbs: Gaussians) -> Gaussians:
        """The same limbs as :mod:`skeletonllm.draction.solids.mesh` takes them: opacities in 0..1.

        Args:
            limbs: Any number of them; their edges stay where they are.
        """
        row = 2 * math.sqrt(2 * math.pi) * EVEN  # optical depth along it, in halves
        edge = (2 * (row * limbs.opacity).clamp_min(2.0).log()).sqrt()
        opacity = limbs.opacity.log1p() / self.density.exp().log1p()
        return replace(limbs, radius=limbs.radius * edge / ROUND_EDGE, opacity=opacity)

    @staticmethod
    def span_radius(share: Tensor) -> Tensor:
        """Body metres of shares 0..1, in equal ratios."""
        low, high = RADIUS_RANGE
        return low * (high / low) ** share


def harden(opacity: Tensor, density: Tensor) -> Tensor:
    """Optical depths of opacities in 0..1, up to the density.

    They grow by equal factors: in equal steps all but the faintest would be solid.

    Args:
        opacity: Any shape.
        density: Logarithm of the greatest optical depth.
    """
    return torch.expm1(opacity * density.exp().log1p())
