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
from skeletonllm.draction.gaussians.modulator import layers, network, still_share
from skeletonllm.draction.gaussians.primitives import NODES, Primitives
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
OPEN = 1e4
"""Logit of a gate that is not there."""
FORMAT_SCALE = 2**0.5
"""How much larger or smaller than it is a format's figures may be drawn."""
SHORTEST_BONE = 0.02
"""Body metres."""
MOTION_INPUTS, BASE_INPUTS = 8, 4
"""Position 3, velocity 3, depth 1, joint angle 1; colour 3 and intensity 1 before the sigmoid."""


@dataclass(frozen=True, eq=False)
class Look:
    """Colour [S, T, K, 3] in 0..1 and opacity [S, T, K] of Gaussians."""

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

    def inputs(self) -> Tensor:
        """All of it side by side, [S, T, K, MOTION_INPUTS]."""
        single = torch.stack([self.depth, self.angle], -1)
        return torch.cat([self.position, self.velocity, single], -1)


@dataclass(frozen=True, eq=False)
class Rest:
    """What of the look of K Gaussians does not move.

    Args:
        radius: [K] standard deviations in body metres.
        scale: How large the figure is drawn, around the middle of its clip.
        surface: [K, 4] colour and opacity before the sigmoid.
        still: [K, hidden] the share of the surface in the modulator's first layer.
    """

    radius: Tensor
    scale: Tensor
    surface: Tensor
    still: Tensor


class BodyAppearance(nn.Module):
    """Learnable radii, colours and opacities on the body, changed by how it moves.

    Args:
        config: ``features``, ``hidden``, ``modulate``, ``recurrent``, ``formats`` and ``seed``.
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        nodes, hidden = len(PARTS) * NODES, config.hidden
        self.formats = {name: i for i, name in enumerate(config.formats)}
        self.colour = nn.Parameter(torch.logit(_palette()))
        self.intensity = nn.Parameter(torch.full((nodes,), 2.0))
        self.features = nn.Parameter(torch.zeros(nodes, config.features))
        first = [_logit(radius, *RADIUS_RANGE) for radius in FIRST_RADIUS]
        self.joint_radius = nn.Parameter(torch.full((nodes,), first[0]))
        self.bone_thickness = nn.Parameter(torch.full((nodes,), first[1]))
        self.format_scale = nn.Parameter(torch.zeros(len(config.formats)))
        self.format_thickness = nn.Parameter(torch.zeros(len(config.formats), 2))
        self.base = network(config.features, hidden, BASE_INPUTS)
        self.depth_mix_logit = nn.Parameter(torch.tensor(-2.0))
        width = MOTION_INPUTS + BASE_INPUTS
        self.nfm = network(width, hidden, 5) if config.modulate else None
        recurrent = config.modulate and config.recurrent
        self.memory = nn.GRU(width, width, batch_first=True) if recurrent else None
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

    def rest(self, shapes: Primitives, topology: str) -> Rest:
        """What a skeleton looks like at rest."""
        surface, empty = self.surface(shapes), self.colour.new_zeros(0)
        still = empty if self.nfm is None else still_share(self.nfm, surface)
        return Rest(self.radius(shapes, topology), self.scale(topology), surface, still)

    def radius(self, shapes: Primitives, topology: str) -> Tensor:
        """Standard deviations [K] in body metres; a format's own factors lie in 1/2 .. 2."""
        low, high = RADIUS_RANGE
        nodes = torch.stack([self.joint_radius, self.bone_thickness]).sigmoid()
        both = shapes.anchors @ (low + (high - low) * nodes).T  # [K, 2]
        if topology in self.formats:
            both = both * 2 ** self.format_thickness[self.formats[topology]].tanh()
        return torch.where(shapes.is_bone, both[:, 1], both[:, 0])

    def scale(self, topology: str) -> Tensor:
        """How large a format's figures are drawn, around the middle of their clip; 1 at first."""
        if topology not in self.formats:
            return self.format_scale.new_ones(())
        return FORMAT_SCALE ** self.format_scale[self.formats[topology]].tanh()

    def surface(self, shapes: Primitives) -> Tensor:
        """What the body wears at rest, [K, 4]: colour and opacity before the sigmoid."""
        features = shapes.anchors @ self.features
        worn = torch.cat([self.colour, self.intensity[:, None]], -1)
        base: Tensor = self.base(features)
        return shapes.anchors @ worn + base

    def forward(self, rest: Rest, moving: Moving) -> Look:
        """Look of every Gaussian of a skeleton in motion."""
        change = self._modulation(rest, moving)  # [S, T, K, 5], or [5]
        rgb = (rest.surface[:, :3] + change[..., :3]).sigmoid()
        opacity = (rest.surface[:, 3] + change[..., 3]).sigmoid() * change[..., 4].sigmoid()
        share = self.depth_mix_logit.sigmoid() * moving.shaded[:, None, None, None]
        rgb = torch.lerp(rgb, depth_colour(moving.depth), share)
        return Look(rgb, opacity.expand(moving.depth.shape))

    def _modulation(self, rest: Rest, moving: Moving) -> Tensor:
        """What motion adds to colour 3, opacity 1 and saliency gate 1, before their sigmoids."""
        if self.nfm is None:
            return rest.surface.new_tensor([0.0, 0, 0, 0, OPEN])
        inputs = moving.inputs()
        if self.memory is None:
            return layers(self.nfm, inputs, rest.still)
        surface = rest.surface.expand(*inputs.shape[:3], BASE_INPUTS)
        whole = torch.cat([inputs, surface], -1)
        change: Tensor = self.nfm(whole + self._remember(whole))
        return change

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
        neighbours: int64 [2, J], see :class:`skeletonllm.draction.gaussians.primitives.Primitives`.
    """
    before, after = neighbours
    toward, onward = joints[..., before, :] - joints, joints[..., after, :] - joints
    square = toward.square().sum(-1), onward.square().sum(-1)
    known = observed & observed[..., before] & observed[..., after]
    known = known & (torch.minimum(*square) > SHORTEST_BONE**2)
    lengths = (square[0] * square[1] + torch.finfo(joints.dtype).eps).sqrt()
    return torch.where(known, 1 + (toward * onward).sum(-1) / lengths, 0.0)


def _palette() -> Tensor:  # [parts * NODES, 3]
    ends = torch.tensor([PALETTE[part] for part in PARTS])  # [parts, 2, 3]
    return F.interpolate(ends.mT, size=NODES, mode="linear", align_corners=True).mT.reshape(-1, 3)


def _logit(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low)
    return math.log(share / (1 - share))
