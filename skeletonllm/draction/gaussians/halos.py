"""Halos: what lies behind a limb is darkened along its rim; group ``halos.*``.

Where two limbs cross, the nearer one gets a dark rim, so that crossed arms and two persons can be
told apart; and what is far is darker than what is near. A halo is a larger black copy of a limb, a
little behind it: farther than limbs are that meet in a joint, so that a bent elbow has no gap.

In the image plane there is no depth, hence neither.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from skeletonllm.draction.gaussians.bodies import THINNEST, Bodies
from skeletonllm.draction.gaussians.primitives import EVEN
from skeletonllm.draction.splatting import Gaussians

WIDTH = 1.25
"""How much wider than the limb at first: at 1 no rim is left, much more hides limbs."""
DENSITY = 2000.0
"""Optical depth at first; as of limbs, for a firm edge."""
BEHIND = 0.05
"""Body metres from a limb to its halo."""
NEXT = 1 / EVEN
"""Deviations from a Gaussian to the next one of its bone: if the bone points at the camera, the
halo lies behind that one, too."""
SHORT = 0.6
"""Length of a halo, of its limb's: so it ends where the limb does, though it is more solid."""
DIM = 0.4
"""How much darker the farthest of a clip is than the nearest, at first; more is hard to see on
black."""


class Halos(nn.Module):
    """Width and strength of the rims, and how much darker is what lies farther."""

    def __init__(self) -> None:
        super().__init__()
        self.width = nn.Parameter(torch.tensor(math.log(WIDTH)))
        self.strength = nn.Parameter(torch.tensor(math.log(DENSITY)))
        self.dim = nn.Parameter(torch.tensor(DIM).logit())

    def darken(self, depth: Tensor) -> Tensor:
        """Brightness of Gaussians, 1 nearest .. less for the farthest of the clip.

        Args:
            depth: 0 nearest .. 1 farthest.
        """
        return 1 - self.dim.sigmoid() * depth

    def draw(self, bodies: Bodies, limbs: Gaussians, radius: Tensor, drawn: Tensor) -> Gaussians:
        """The halos of the limbs that are drawn.

        Args:
            bodies: S persons over T frames.
            limbs: Their bones, dense [S, T, K, ...].
            radius: [K] body metres.
            drawn: bool [S, T, K].
        """
        assert limbs.stretch is not None
        steep = NEXT * limbs.stretch[..., 2].detach().abs() / bodies.scale
        away = bodies.shift_back(limbs.points, BEHIND + steep)
        return bodies.make_gaussians(
            limbs.points * away[..., None],
            radius=self.width.exp() * radius * away,
            stretch=SHORT * limbs.stretch * away[..., None],
            rgb=limbs.points.new_zeros(3),
            opacity=self.strength.exp(),
            thinnest=THINNEST,
            shadow=True,
        ).where(drawn & ~bodies.flat)
