"""Appearance of ``profile="ours"``: colour and opacity live on the body, not on an index.

Every part of the body (:data:`skeletonllm.topology.PARTS`) carries a row of learnable nodes, and a
Gaussian reads them where it sits, so what a Kinect's forearm has learnt, a COCO forearm wears.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.primitives import NODES, Primitives
from skeletonllm.topology import PARTS

PALETTE: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "torso": ((0.50, 0.50, 0.55), (0.75, 0.75, 0.80)),
    "head": ((0.85, 0.85, 0.85), (0.97, 0.97, 0.97)),
    "left_arm": ((0.10, 0.40, 0.95), (0.30, 0.90, 0.97)),
    "right_arm": ((0.90, 0.15, 0.10), (0.97, 0.60, 0.25)),
    "left_leg": ((0.10, 0.60, 0.20), (0.60, 0.95, 0.30)),
    "right_leg": ((0.75, 0.15, 0.65), (0.97, 0.50, 0.90)),
}
"""First colours, proximal and distal: cold on the left, warm on the right, brighter outwards."""

RADIUS_RANGE = (0.008, 0.080)
"""Body metres; a sigmoid between them, so that no step of the optimizer empties the picture."""
FIRST_RADIUS = (0.028, 0.022)
"""Of joints and of bones."""
SHORTEST_BONE = 0.02
"""Body metres."""
MOTION_INPUTS = 12
"""Position 3, velocity 3, base 4, depth 1, joint angle 1."""


@dataclass(frozen=True, eq=False)
class Look:
    """Colour [N, 3] in 0..1 and opacity [N] of flat Gaussians."""

    rgb: Tensor
    opacity: Tensor


@dataclass(frozen=True, eq=False)
class Moving:
    """What the modulator sees, [S, T, K, ...], in body metres and camera axes.

    Args:
        position: [S, T, K, 3] from the middle of the clip.
        velocity: [S, T, K, 3] per second.
        depth: [S, T, K], 0 nearest .. 1 farthest of the clip.
        angle: [S, T, K], 0 a straight limb .. 2 a folded one.
        shaded: bool [S], whether depth means anything (not for poses in the image plane).
    """

    position: Tensor
    velocity: Tensor
    depth: Tensor
    angle: Tensor
    shaded: Tensor


class BodyAppearance(nn.Module):
    """Learnable radii, colours and opacities on the body, changed by how it moves.

    Args:
        config: ``features``, ``hidden``, ``modulate``, ``recurrent``, ``formats`` and ``seed``.
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        nodes, hidden = len(PARTS) * NODES, config.hidden
        self.formats = {name: i for i, name in enumerate(config.formats)}
        self.features = nn.Parameter(torch.zeros(nodes, config.features))
        self.radius_logits = nn.Parameter(torch.zeros(2, nodes))
        self.format_thickness = nn.Parameter(torch.zeros(len(config.formats), 2))
        self.base = nn.Sequential(
            nn.Linear(config.features, hidden), nn.ReLU(), nn.Linear(hidden, 4)
        )
        self.depth_mix_logit = nn.Parameter(torch.tensor(-2.0))
        self.nfm = _nfm(hidden) if config.modulate else None
        recurrent = config.modulate and config.recurrent
        self.memory = nn.GRU(MOTION_INPUTS, MOTION_INPUTS, batch_first=True) if recurrent else None
        self._initialize(torch.Generator().manual_seed(config.seed))

    @torch.no_grad()
    def _initialize(self, random: torch.Generator) -> None:
        """Seeded; the palette shows from the first step, and both networks start as whispers."""
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2 and "." in name:
                whisper = 0.1 if name.endswith("2.weight") else 1.0
                parameter.normal_(std=whisper * parameter.shape[1] ** -0.5, generator=random)
            elif "bias" in name:
                parameter.zero_()
        if self.nfm is not None:
            self.get_parameter("nfm.2.bias")[4] = 3.0
        self.features.normal_(generator=random)
        self.features[:, :3] = torch.logit(_palette())
        self.features[:, 3] = 2.0
        low, high = RADIUS_RANGE
        for row, radius in zip(self.radius_logits, FIRST_RADIUS, strict=True):
            row.fill_(_logit((radius - low) / (high - low)))

    def radius(self, shapes: Primitives, topology: str) -> Tensor:
        """Standard deviations [K] in body metres; a format's own factors lie in 1/2 .. 2."""
        low, high = RADIUS_RANGE
        nodes = low + (high - low) * self.radius_logits.sigmoid()  # [2, nodes]
        both = shapes.anchors @ nodes.T  # [K, 2]
        if topology in self.formats:
            both = both * 2 ** self.format_thickness[self.formats[topology]].tanh()
        return torch.where(shapes.is_bone, both[:, 1], both[:, 0])

    def forward(self, shapes: Primitives, moving: Moving, drawn: Tensor) -> Look:
        """Look of the drawn Gaussians (``drawn`` bool [S, T, K]), in their flat order."""
        features = shapes.anchors @ self.features
        base = features[:, :4] + self.base(features)  # [K, 4], logits
        flat = base.expand(*drawn.shape, 4)[drawn]
        change, gate = self._modulation(base, moving, drawn)
        rgb = (flat[:, :3] + change[:, :3]).sigmoid()
        opacity = (flat[:, 3] + change[:, 3]).sigmoid() * gate
        share = self.depth_mix_logit.sigmoid() * moving.shaded[:, None, None].expand(drawn.shape)
        return Look(
            torch.lerp(rgb, depth_colour(moving.depth[drawn]), share[drawn][:, None]), opacity
        )

    def _modulation(self, base: Tensor, moving: Moving, drawn: Tensor) -> tuple[Tensor, Tensor]:
        """Change of the logits [N, 4] and saliency gate [N]."""
        if self.nfm is None:
            return base.new_zeros(()).expand(1, 4), base.new_ones(())
        inputs = torch.cat(
            [
                moving.position,
                moving.velocity,
                base.expand(*drawn.shape, 4),
                moving.depth[..., None],
                moving.angle[..., None],
            ],
            -1,
        )
        if self.memory is not None:
            inputs = inputs + self._remember(inputs)
        out = self.nfm(inputs[drawn])
        return out[:, :4], out[:, 4].sigmoid()

    def _remember(self, inputs: Tensor) -> Tensor:
        """What the earlier rendered frames of each Gaussian add, [S, T, K, 12]."""
        assert self.memory is not None
        tracks, frames, count, width = inputs.shape
        sequences = inputs.transpose(1, 2).reshape(-1, frames, width)
        memory, _ = self.memory(sequences)
        return memory.view(tracks, count, frames, width).transpose(1, 2)


def depth_colour(depth: Tensor) -> Tensor:
    """Depth 0..1 as colour [..., 3]: near is blue, the middle green, far red (as published)."""
    return torch.stack([depth, 1 - (2 * depth - 1).abs(), 1 - depth], -1).clamp(0.0, 1.0)


def limb_angles(joints: Tensor, observed: Tensor, neighbours: Tensor) -> Tensor:
    """Bend at each joint, [S, T, J]: 0 straight or at a limb's end, 1 a right angle, 2 folded.

    Args:
        joints: [S, T, J, 3] in body metres; bones too short to have a direction count as straight.
        observed: bool [S, T, J].
        neighbours: int64 [2, J], see :class:`skeletonllm.draction.primitives.Primitives`.
    """
    before, after = neighbours
    toward, onward = joints[..., before, :] - joints, joints[..., after, :] - joints
    square = toward.square().sum(-1), onward.square().sum(-1)
    known = observed & observed[..., before] & observed[..., after]
    known = known & (torch.minimum(*square) > SHORTEST_BONE**2)
    lengths = (square[0] * square[1] + torch.finfo(joints.dtype).eps).sqrt()
    return torch.where(known, 1 + (toward * onward).sum(-1) / lengths, 0.0)


def _nfm(hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(MOTION_INPUTS, hidden), nn.ReLU(), nn.Linear(hidden, 5))


def _palette() -> Tensor:  # [parts * NODES, 3]
    ends = torch.tensor([PALETTE[part] for part in PARTS])  # [parts, 2, 3]
    return F.interpolate(ends.mT, size=NODES, mode="linear", align_corners=True).mT.reshape(-1, 3)


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
