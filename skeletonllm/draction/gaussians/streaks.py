"""Streaks: the way that a joint has come and is about to go; group ``motion.*``.

A still of a moving arm looks like a still of a resting one. A streak says whence, whither and how
fast: it is the joint's own way within some tenths of a second, so its length means the same at any
frame rate. The way behind has a dark colour of the limb, the way ahead is white.

Chosen among other carriers of motion on folds of three corpora, see docs/RENDERERS.md.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from skeletonllm.draction.gaussians.bodies import THINNEST, Bodies
from skeletonllm.draction.gaussians.primitives import NODES, Primitives
from skeletonllm.draction.gaussians.sharpness import harden
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.topology import PARTS

BEHIND, AHEAD = 6, 6
"""Gaussians of the way behind and of the way ahead; each is a straight piece of it."""
REACH = (0.5, 0.5)
"""Seconds of the way that are drawn at first, behind and ahead."""
WIDTH = 0.003
"""Body metres, standard deviation at first: thinner than a limb, which it may cover."""
DENSITY = 20.0
"""Optical depth at the joint, at first: nothing shines through."""
TIP = 0.15
"""Opacity at the ends of the way, of 1 at the joint, at first."""
SLOWEST = 0.4
"""Body metres a second at which half of a streak is drawn, at first; less is tremor and noise."""
FASTEST = 8.0
"""Body metres a second at which half of a piece is drawn; more is a sensor that lost its person."""
STEEPNESS = 8.0
"""Power of the speed with which a streak comes up around that: 0.4 % at half of it, all but 0.4 %
at twice of it, and a gradient everywhere."""
STILL = 1e-4
"""Body metres a second; what is slower does not move."""
SHADE = 0.6
"""Brightness of the way behind, of its limb's, at first."""
WHITE = 0.98
"""Red, green and blue of the way ahead, at first; at 1 a sigmoid learns no more."""
TOWARD = -0.025
"""Body metres by which a streak is nearer than its joint, so that its own limb does not hide it."""
LENGTH = 0.28
"""Standard deviation of a piece, of its way: longer ones would stick out where the way bends."""
SEEN = 1 / 1024
"""Optical depth below which a piece is not drawn: a quarter of one of 256 grey levels."""


class Streaks(nn.Module):
    """How ways are drawn: reach, width, opacity, fading, threshold and colour.

    Args:
        palette: [parts * NODES, 3] in 0..1, colours of limbs.
    """

    def __init__(self, palette: Tensor) -> None:
        super().__init__()
        nodes = len(PARTS) * NODES
        self.reach = nn.Parameter(torch.tensor(REACH).log())
        self.width = nn.Parameter(torch.tensor(math.log(WIDTH)))
        self.density = nn.Parameter(torch.full((2, nodes), math.log(DENSITY)))
        self.tip = nn.Parameter(torch.full((2,), TIP).logit())
        self.slowest = nn.Parameter(torch.tensor(math.log(SLOWEST)))
        white = torch.full_like(palette, WHITE)
        self.colour = nn.Parameter(torch.stack([SHADE * palette, white]).logit())

    def draw(self, bodies: Bodies, shapes: Primitives) -> Gaussians:
        """The streaks of the joints that move for others, those that are drawn.

        Args:
            bodies: S persons over T frames.
            shapes: Gaussians of their skeleton.
        """
        times, anchors = self._times(), shapes.anchors[shapes.movers]
        way, observed = bodies.follow(times, shapes.movers)  # [S, T, M, J, 3]
        first, last = way[:, :, :-1], way[:, :, 1:]
        points = ((last + first) / 2).flatten(2, 3)
        in_front = bodies.find_in_front(points)
        nearer = bodies.shift_back(points, TOWARD)
        points = points * nearer[..., None]
        opacity = harden(
            self._fade()[:, None]
            * self._measure_presence(way, observed, times, bodies.scale[..., None]),
            _by_piece(anchors @ self.density.T),
        ).flatten(2)
        whole = observed[:, :, :-1] & observed[:, :, 1:]
        whole = (whole & bodies.tracks.observed[:, :, None, shapes.movers]).flatten(2)
        return bodies.make_gaussians(
            points,
            radius=self.width.exp() * nearer,
            stretch=LENGTH * (last - first).flatten(2, 3) * nearer[..., None],
            rgb=_by_piece((anchors @ self.colour).sigmoid().transpose(0, 1)).flatten(0, 1),
            opacity=opacity,
            thinnest=THINNEST,
        ).where(whole & in_front & (opacity > SEEN))

    def _times(self) -> Tensor:
        """Ends of the pieces in seconds from now, ascending, [BEHIND + AHEAD + 1]."""
        behind, ahead = self.reach.exp()
        steps = torch.arange(-BEHIND, AHEAD + 1, dtype=behind.dtype, device=behind.device)
        return torch.where(steps < 0, steps * (behind / BEHIND), steps * (ahead / AHEAD))

    def _fade(self) -> Tensor:
        """Opacity of the pieces of a fast joint, [BEHIND + AHEAD]: less the farther from it."""
        tip = self.tip.sigmoid()
        steps = torch.arange(-BEHIND, AHEAD, dtype=tip.dtype, device=tip.device) + 0.5
        away = torch.where(steps < 0, -steps / BEHIND, steps / AHEAD)
        return 1 - away * (1 - torch.where(steps < 0, tip[0], tip[1]))

    def _measure_presence(
        self, way: Tensor, observed: Tensor, times: Tensor, metre: Tensor
    ) -> Tensor:
        """How much of each piece is drawn, 0..1, [S, T, M, J]: of rest nothing, nor of a jump."""
        own, _ = _measure_speed(way, observed, times, around=0)
        wide, known = _measure_speed(way, observed, times, around=1)
        own, slow = own / metre, torch.where(known, wide, own) / metre
        rise = slow.clamp_min(STILL).log() - self.slowest
        fall = math.log(FASTEST) - own.clamp_min(STILL).log()
        presence = (STEEPNESS * rise).sigmoid() * (STEEPNESS * fall).sigmoid()
        return presence * (own > STILL)  # beyond its ends a clip stands still


def _by_piece(sides: Tensor) -> Tensor:
    """[J, 2, ...] of the way behind and ahead for each piece, [BEHIND + AHEAD, J, ...]."""
    behind, ahead = sides.unbind(1)
    return torch.cat([behind.expand(BEHIND, *behind.shape), ahead.expand(AHEAD, *ahead.shape)])


def _measure_speed(
    way: Tensor, observed: Tensor, times: Tensor, *, around: int
) -> tuple[Tensor, Tensor]:
    """Speed at each piece of a way, [S, T, M, J], and whether the places that say so are observed.

    Args:
        way: Ends of the pieces, [S, T, M + 1, J, 3].
        observed: bool [S, T, M + 1, J].
        times: [M + 1] seconds.
        around: Pieces to either side over which it is measured too: over one piece alone the noise
            of a sensor is as fast as a slow hand.
    """
    last = len(times) - 1
    piece = torch.arange(last, device=times.device)
    start, end = (piece - around).clamp_min(0), (piece + 1 + around).clamp_max(last)
    speed = (way[:, :, end] - way[:, :, start]).norm(dim=-1) / (times[end] - times[start])[:, None]
    return speed, observed[:, :, start] & observed[:, :, end]
