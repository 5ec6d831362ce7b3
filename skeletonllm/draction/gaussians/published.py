"""Formula ``published``: the published renderer's, for its released weights.

Source: the reference implementation of "Universal Skeleton Understanding via Differentiable
Rendering and MLLMs" (ICML 2026), restated in ../shared/golden/README.md. Features are indexed by
Gaussian, depth colour is spread over each person of each frame, and the picture is mirrored.

The formula speaks of metres. A clip that has no unit, such as one in pixels, is taken to be of an
adult's size; otherwise limbs of three hundredths of a pixel would leave its pictures black.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skeletonllm.draction.config import DrActionConfig
from skeletonllm.draction.gaussians.appearance import colour_depth
from skeletonllm.draction.gaussians.formula import Formula
from skeletonllm.draction.gaussians.modulator import make_mlp, project_static_inputs, run_mlp
from skeletonllm.draction.gaussians.primitives import bone_fractions, make_blend_matrix
from skeletonllm.draction.scene.camera import Camera, measure_body_scale
from skeletonllm.draction.scene.tracks import Tracks, gather_tracks
from skeletonllm.draction.splatting import Gaussians
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import KINECT_V2, Topology

JOINT_RADIUS, BONE_RADIUS = 0.030, 0.020
"""Metres, as published."""
POINTS = 10
"""On a bone of the skeleton the weights were trained on, as published."""
FEWEST_POINTS, MOST_POINTS = 2, 24
"""Points on a bone of a skeleton the weights were not trained on, by its length."""


def _parse_bones(text: str) -> tuple[tuple[int, int], ...]:
    """Bones written with joints counted from 1, as published."""
    ends = [pair.split("-") for pair in text.split()]
    return tuple((int(a) - 1, int(b) - 1) for a, b in ends)


PUBLISHED_BONES = {
    "kinect_v2": _parse_bones(
        "1-2 2-21 3-21 4-3 5-21 6-5 7-6 8-7 9-21 10-9 11-10 12-11 13-1 14-13 15-14 16-15 "
        "17-1 18-17 19-18 20-19 22-23 23-8 24-25 25-12"
    ),
    "smpl_22": _parse_bones(
        "1-3 3-6 6-9 9-12 1-2 2-5 5-8 8-11 1-4 4-7 7-10 10-13 13-16 10-15 15-18 18-20 20-22 "
        "10-14 14-17 17-19 19-21"
    ),
}
"""Order and direction of bones, which features by index depend on; others take the topology's."""


@dataclass(frozen=True, eq=False)
class Template:
    """How K Gaussians hang on J joints.

    Args:
        blend: [K, J].
        offset: [K, 3], where a Gaussian lies from its blend of joints.
        radius: [K] metres.
        joints: J; the features of the first J Gaussians are a bank of their own.
    """

    blend: Tensor
    offset: Tensor
    radius: Tensor
    joints: int


def make_stored_template(joints: Tensor, means: Tensor, scales: Tensor, logits: Tensor) -> Template:
    """The template of published state: skinning by softmax of logits, translations only.

    Args:
        joints: [J, 3] metres, the canonical pose.
        means: [K, 3] metres, the Gaussians in it.
        scales: [K, 3] metres; the first column counts.
        logits: [K, J] of the skinning weights.
    """
    blend = torch.softmax(logits, -1)
    return Template(blend, means - blend @ joints, scales[:, 0], len(joints))


def make_pose_template(topology: Topology, pose: Tensor) -> Template:
    """A template for any skeleton from its first pose: points by length, uniform limbs.

    Args:
        topology: The skeleton.
        pose: [J, 3].
    """
    bones = PUBLISHED_BONES.get(topology.name, topology.bones)
    ends = torch.tensor(bones, dtype=torch.int64, device=pose.device).view(-1, 2)
    lengths = (pose[ends[:, 0]] - pose[ends[:, 1]]).norm(dim=-1)
    longest = lengths.amax().clamp_min(1e-6) if bones else lengths.sum()
    share = lengths / longest
    counts = [max(FEWEST_POINTS, round(MOST_POINTS * r)) for r in share.tolist()]
    blend = make_blend_matrix(len(topology), bones, [bone_fractions(n) for n in counts]).to(
        pose.device
    )
    radius = torch.full((len(blend),), BONE_RADIUS, device=pose.device)
    radius[: len(topology)] = JOINT_RADIUS
    return Template(blend, torch.zeros(len(blend), 3, device=pose.device), radius, len(topology))


class PublishedAppearance(nn.Module):
    """The published parameters and state, under the published names.

    Args:
        config: ``points_per_bone``, ``hidden``, ``modulate`` and ``seed`` count.
    """

    canonical_joints: Tensor
    canonical_means: Tensor
    canonical_scales: Tensor
    canonical_quats: Tensor
    canonical_opacities: Tensor
    lbs_weights_logits: Tensor

    def __init__(self, config: DrActionConfig) -> None:
        super().__init__()
        bones = PUBLISHED_BONES[KINECT_V2.name]
        joints, hidden = len(KINECT_V2), config.hidden
        points = config.points_per_bone
        fractions = bone_fractions(POINTS if points is None else points)
        blend = make_blend_matrix(joints, bones, [fractions] * len(bones))
        count = len(blend)
        self.canonical_features = nn.Parameter(torch.zeros(count, 3))
        self.depth_mix_logit = nn.Parameter(torch.tensor(-0.5))
        self.appearance_head = make_mlp(3, hidden, 4)
        self.nfm = make_mlp(10, hidden, 5) if config.modulate else None
        self.register_buffer("canonical_joints", torch.zeros(joints, 3))
        self.register_buffer("canonical_means", torch.zeros(count, 3))
        self.register_buffer("canonical_scales", torch.full((count, 3), BONE_RADIUS))
        self.register_buffer("canonical_quats", torch.tensor([1.0, 0, 0, 0]).repeat(count, 1))
        self.register_buffer("canonical_opacities", torch.ones(count, 1))
        self.register_buffer("lbs_weights_logits", blend.clamp_min(1e-9).log())
        self._initialize(torch.Generator().manual_seed(config.seed))

    @torch.no_grad()
    def _initialize(self, random: torch.Generator) -> None:
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=parameter.shape[1] ** -0.5, generator=random)
            elif name.endswith("bias"):
                parameter.zero_()

    def choose_template(self, topology: Topology, pose: Tensor) -> Template:
        """The stored template for the skeleton it was made for, else one from the first pose.

        Args:
            topology: The skeleton.
            pose: [J, 3], its first rendered pose.
        """
        if topology != KINECT_V2:
            return make_pose_template(topology, pose)
        return make_stored_template(
            self.canonical_joints,
            self.canonical_means,
            self.canonical_scales,
            self.lbs_weights_logits,
        )

    def compute_logits(self, template: Template) -> Tensor:
        """Base colour and opacity [K, 4] before the sigmoid; features carried over by index."""
        own = len(self.canonical_joints)
        joints, bones = self.canonical_features[:own], self.canonical_features[own:]
        count = len(template.blend) - template.joints
        banks = [_resize_bank(joints, template.joints), _resize_bank(bones, count)]
        logits: Tensor = self.appearance_head(torch.cat(banks))
        return logits

    def forward(self, logits: Tensor, position: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """Colour [..., K, 3] before depth is mixed in, and opacity [..., K].

        Args:
            logits: [K, 4], see :meth:`compute_logits`.
            position: [..., K, 3] metres, in the clip's own space.
            velocity: [..., K, 3], plain differences over some frames.
        """
        shown = logits.sigmoid().expand(*position.shape[:-1], 4)
        if self.nfm is None:
            return shown[..., :3], shown[..., 3]
        moving = torch.cat([position, velocity], -1)
        change = run_mlp(self.nfm, moving, project_static_inputs(self.nfm, logits))
        rgb = (shown[..., :3] + change[..., :3]).clamp(0.0, 1.0)
        opacity = (shown[..., 3] + change[..., 3]).sigmoid() * change[..., 4].sigmoid()
        return rgb, opacity


class PublishedFormula(Formula):
    """The published formula: features by Gaussian, depth colour a person and frame, mirrored.

    Args:
        config: What :class:`PublishedAppearance` reads.
    """

    name = "published"
    near = 1e-4
    """Metres. The published code draws what is nearer, or behind the sensor, at this depth: blots
    that fill the picture. Here it is not drawn."""
    blur = 1e-5
    """As published."""
    mirrored = True
    trained_camera = "sensor"

    appearance: PublishedAppearance

    def __init__(self, config: DrActionConfig) -> None:
        self.appearance = PublishedAppearance(config)

    def gaussians(self, batch: MotionBatch, frames: Tensor, camera: Camera) -> Gaussians:
        """The drawn Gaussians of every clip, one clip after the other.

        The first rendered pose of a clip's first person is its canonical one.

        Args:
            batch: B clips, any mix of skeletons.
            frames: int64 [B, T], indices into each clip.
            camera: One camera a clip.
        """
        parts, adult = [], measure_body_scale(batch)
        for clip, topology in enumerate(batch.topologies):
            tracks = gather_tracks(batch, [clip], frames, per_second=False)
            template = self.appearance.choose_template(topology, tracks.joints[0, 0].detach())
            metre = 1.0 if batch.metric[clip] else adult[clip]
            parts.append(make_gaussians(self.appearance, template, tracks, camera, metre))
        return Gaussians.cat(parts)


def make_gaussians(
    appearance: PublishedAppearance,
    template: Template,
    tracks: Tracks,
    camera: Camera,
    metre: float | Tensor = 1.0,
) -> Gaussians:
    """The drawn Gaussians of S persons over T frames by the published formula.

    Args:
        appearance: The published parameters and state.
        template: How K Gaussians hang on the joints.
        tracks: The persons.
        camera: All cameras.
        metre: How many units of the tracks make one.
    """
    position = template.blend @ tracks.joints  # [S, T, K, 3]
    points = camera.transform_points(position + metre * template.offset, tracks.camera)
    rgb, opacity = appearance(
        appearance.compute_logits(template),
        position / metre,
        template.blend @ tracks.velocities / metre,
    )
    near = PublishedFormula.near
    shaded = colour_person_depths(points[..., 2].clamp_min(near))
    rgb = torch.lerp(rgb, shaded, appearance.depth_mix_logit.sigmoid())
    needs = (template.blend > 1e-3).float()
    drawn = ((~tracks.observed).float() @ needs.T == 0) & (points[..., 2] > near)
    dense = Gaussians(
        points=points,
        radius=(metre * template.radius).expand(drawn.shape),
        rgb=rgb,
        opacity=opacity.expand(drawn.shape),
        camera=tracks.camera[..., None].expand(drawn.shape),
        picture=tracks.picture[..., None].expand(drawn.shape),
    )
    return dense.where(drawn)


def colour_person_depths(depth: Tensor) -> Tensor:
    """Depth [..., K] as colour [..., K, 3], spread over each person of each frame."""
    low, high = depth.amin(-1, keepdim=True), depth.amax(-1, keepdim=True)
    return colour_depth((depth - low) / (high - low + 1e-6))


def _resize_bank(bank: Tensor, count: int) -> Tensor:
    """A bank of features [N, F] interpolated to ``count``, first and last kept."""
    if len(bank) == count or not count:
        return bank[:count]
    return F.interpolate(bank.T[None], size=count, mode="linear", align_corners=True)[0].T
