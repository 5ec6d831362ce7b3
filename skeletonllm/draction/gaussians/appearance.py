"""Appearance of formula ``body``: colour and opacity live on the body, not on an index.

Every part of the body (:data:`skeletonllm.topology.PARTS`) carries a row of learnable nodes, and a
Gaussian interpolates them at its place. So a COCO forearm has the colour that a Kinect's forearm
has learnt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skeletonllm.draction.config import PARTS as SWITCHED
from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians import sharpness
from skeletonllm.draction.gaussians.halos import Halos
from skeletonllm.draction.gaussians.modulator import make_mlp, project_static_inputs, run_mlp
from skeletonllm.draction.gaussians.primitives import NODES, Primitives
from skeletonllm.draction.gaussians.sharpness import Sharpness
from skeletonllm.draction.gaussians.streaks import Streaks
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
"""Body metres. Radii are a sigmoid between them, so that no step of the optimizer empties the
picture (too thin) or fills it (a limb as thick as a torso)."""
FIRST_RADIUS = (0.028, 0.022)
"""Body metres, of joints and of bones before training: near the published 0.030 and 0.020."""
OPEN_GATE = 1e4
"""Logit of the saliency gate without a modulator: its sigmoid is 1 in float32."""
FORMAT_SCALE = 2**0.5
"""How much larger or smaller than it is a format's figures may be drawn; bounded, so that whatever
the optimizer does, most of a figure stays in the picture that the camera has framed."""
SHORTEST_BONE = 0.02
"""Body metres below which a bone has no direction: joints of sensors shake by about as much."""
MOTION_INPUTS, STATIC_INPUTS = 8, 4
"""Position 3, velocity 3, depth 1, joint angle 1; colour 3 and intensity 1 before the sigmoid."""


@dataclass(frozen=True, eq=False)
class Shading:
    """Colour [S, T, K, 3] in 0..1 and opacity [S, T, K] of Gaussians."""

    rgb: Tensor
    opacity: Tensor


@dataclass(frozen=True, eq=False)
class MotionFeatures:
    """How K Gaussians move: the modulator's inputs, [S, T, K, ...], in body metres, camera axes.

    Args:
        position: [S, T, K, 3] from the middle of the clip.
        velocity: [S, T, K, 3] per second.
        depth: [S, T, K], 0 nearest .. 1 farthest of the clip.
        angle: [S, T, K], 0 a straight limb .. 2 a folded one.
        has_depth: bool [S], whether depth means anything (not for poses in the image plane).
    """

    position: Tensor
    velocity: Tensor
    depth: Tensor
    angle: Tensor
    has_depth: Tensor

    def to_inputs(self) -> Tensor:
        """All of them side by side, [S, T, K, MOTION_INPUTS]."""
        single = torch.stack([self.depth, self.angle], -1)
        return torch.cat([self.position, self.velocity, single], -1)


@dataclass(frozen=True, eq=False)
class StaticAppearance:
    """What of the appearance of K Gaussians does not depend on motion.

    Args:
        radius: [K] standard deviations in body metres.
        scale: How large the figure is drawn, around the middle of its clip.
        logits: [K, 4] colour and opacity before the sigmoid.
        projected: [K, hidden] the share of the logits in the modulator's first layer.
    """

    radius: Tensor
    scale: Tensor
    logits: Tensor
    projected: Tensor


class BodyAppearance(nn.Module):
    """Learnable radii, colours and opacities on the body, changed by how it moves.

    Args:
        config: ``features``, ``hidden``, ``modulate``, ``recurrent``, ``formats``, ``seed``, and
            the parts that it has: ``motion``, ``halos``, ``sharp``.
    """

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        nodes, hidden = len(PARTS) * NODES, config.hidden
        self.formats = {name: i for i, name in enumerate(config.formats)}
        self.colour = nn.Parameter(torch.logit(_palette()))
        self.intensity = nn.Parameter(torch.full((nodes,), 2.0))
        self.features = nn.Parameter(torch.zeros(nodes, config.features))
        self.motion = Streaks(_palette()) if config.motion else None
        self.halos = Halos() if config.halos else None
        self.sharp = Sharpness() if config.sharp else None
        first = [_logit(radius, *RADIUS_RANGE) for radius in FIRST_RADIUS]
        if config.sharp:
            ends = [math.log(r) for r in sharpness.RADIUS_RANGE]
            first = [_logit(math.log(radius), *ends) for radius in sharpness.FIRST_RADIUS]
        self.joint_radius = nn.Parameter(torch.full((nodes,), first[0]))
        self.bone_thickness = nn.Parameter(torch.full((nodes,), first[1]))
        self.format_scale = nn.Parameter(torch.zeros(len(config.formats)))
        self.format_thickness = nn.Parameter(torch.zeros(len(config.formats), 2))
        self.base = make_mlp(config.features, hidden, STATIC_INPUTS)
        self.depth_mix_logit = nn.Parameter(torch.tensor(-2.0))
        width = MOTION_INPUTS + STATIC_INPUTS
        self.nfm = make_mlp(width, hidden, 5) if config.modulate else None
        recurrent = config.modulate and config.recurrent
        self.memory = nn.GRU(width, width, batch_first=True) if recurrent else None
        self._initialize(torch.Generator().manual_seed(config.seed))

    @torch.no_grad()
    def _initialize(self, random: torch.Generator) -> None:
        """Seeded. Both networks start small, so that the first pictures show the palette."""
        for name, parameter in self.named_parameters():
            if name.split(".")[0] in SWITCHED:
                continue  # they start where their own room says
            if parameter.ndim == 2 and "." in name:
                gain = 0.1 if name.endswith("2.weight") else 1.0
                parameter.normal_(std=gain * parameter.shape[1] ** -0.5, generator=random)
            elif "bias" in name:
                parameter.zero_()
        if self.nfm is not None:
            # The saliency gate starts nearly open (sigmoid(3) = 0.95): half open, it would
            # make the first pictures dark.
            self.get_parameter("nfm.2.bias")[4] = 3.0
        self.features.normal_(generator=random)

    def compute_static(self, shapes: Primitives, topology: str) -> StaticAppearance:
        """What of a skeleton's appearance does not depend on motion.

        Args:
            shapes: K Gaussians of the skeleton.
            topology: Its name.
        """
        logits, empty = self.compute_logits(shapes), self.colour.new_zeros(0)
        projected = empty if self.nfm is None else project_static_inputs(self.nfm, logits)
        radius, scale = self.compute_radius(shapes, topology), self.compute_scale(topology)
        return StaticAppearance(radius, scale, logits, projected)

    def compute_radius(self, shapes: Primitives, topology: str) -> Tensor:
        """Standard deviations [K] in body metres; a format's own factors lie in 1/2 .. 2.

        Args:
            shapes: K Gaussians of the skeleton.
            topology: Its name; one without parameters of its own gets the plain thickness.
        """
        nodes = torch.stack([self.joint_radius, self.bone_thickness]).sigmoid()
        both = shapes.anchors @ self._span_radius(nodes).T  # [K, 2]
        if topology in self.formats:
            both = both * 2 ** self.format_thickness[self.formats[topology]].tanh()
        return torch.where(shapes.is_bone, both[:, 1], both[:, 0])

    def _span_radius(self, share: Tensor) -> Tensor:
        """Body metres from 0..1."""
        if self.sharp is not None:
            return self.sharp.span_radius(share)
        low, high = RADIUS_RANGE
        return low + (high - low) * share

    def compute_scale(self, topology: str) -> Tensor:
        """How large a format's figures are drawn, around the middle of their clip; 1 at first."""
        if topology not in self.formats:
            return self.format_scale.new_ones(())
        return FORMAT_SCALE ** self.format_scale[self.formats[topology]].tanh()

    def compute_logits(self, shapes: Primitives) -> Tensor:
        """Colour and opacity of K Gaussians at rest, before the sigmoid, [K, 4]."""
        features = shapes.anchors @ self.features
        learnt = torch.cat([self.colour, self.intensity[:, None]], -1)
        base: Tensor = self.base(features)
        return shapes.anchors @ learnt + base

    def forward(self, static: StaticAppearance, features: MotionFeatures) -> Shading:
        """Colour and opacity of every Gaussian of a skeleton in motion.

        Args:
            static: What does not depend on motion.
            features: How the Gaussians move.
        """
        change = self._modulate(static, features)  # [S, T, K, 5], or [5]
        rgb = (static.logits[:, :3] + change[..., :3]).sigmoid()
        opacity = (static.logits[:, 3] + change[..., 3]).sigmoid() * change[..., 4].sigmoid()
        if self.sharp is not None:
            opacity = self.sharp.harden(opacity)
        share = self.depth_mix_logit.sigmoid() * features.has_depth[:, None, None, None]
        rgb = torch.lerp(rgb, colour_depth(features.depth), share)
        if self.halos is not None:
            depth = features.depth * features.has_depth[:, None, None]
            rgb = rgb * self.halos.darken(depth)[..., None]
        return Shading(rgb, opacity.expand(features.depth.shape))

    def _modulate(self, static: StaticAppearance, features: MotionFeatures) -> Tensor:
        """What motion adds to colour 3, opacity 1 and saliency gate 1, before their sigmoids."""
        if self.nfm is None:
            return static.logits.new_tensor([0.0, 0, 0, 0, OPEN_GATE])
        inputs = features.to_inputs()
        if self.memory is None:
            return run_mlp(self.nfm, inputs, static.projected)
        logits = static.logits.expand(*inputs.shape[:3], STATIC_INPUTS)
        whole = torch.cat([inputs, logits], -1)
        change: Tensor = self.nfm(whole + self._run_memory(whole))
        return change

    def _run_memory(self, inputs: Tensor) -> Tensor:
        """What the earlier rendered frames of each Gaussian add, [S, T, K, 12]."""
        assert self.memory is not None
        tracks, frames, count, width = inputs.shape
        sequences = inputs.transpose(1, 2).reshape(-1, frames, width)
        memory, _ = self.memory(sequences)
        return memory.view(tracks, count, frames, width).transpose(1, 2)


def colour_depth(depth: Tensor) -> Tensor:
    """Depth 0..1 as colour [..., 3]: near is blue, the middle green, far red (as published)."""
    return torch.stack([depth, 1 - (2 * depth - 1).abs(), 1 - depth], -1).clamp(0.0, 1.0)


def measure_limb_angles(joints: Tensor, observed: Tensor, neighbours: Tensor) -> Tensor:
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
    # 1 plus a cosine, not an angle: arccos has no gradient at a straight limb.
    lengths = (square[0] * square[1] + torch.finfo(joints.dtype).eps).sqrt()
    return torch.where(known, 1 + (toward * onward).sum(-1) / lengths, 0.0)


def _palette() -> Tensor:  # [parts * NODES, 3]
    ends = torch.tensor([PALETTE[part] for part in PARTS])  # [parts, 2, 3]
    return F.interpolate(ends.mT, size=NODES, mode="linear", align_corners=True).mT.reshape(-1, 3)


def _logit(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low)
    return math.log(share / (1 - share))
