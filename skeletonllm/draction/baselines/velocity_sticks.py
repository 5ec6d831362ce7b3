"""3D sticks with velocity sticks: the pose in depth, and where each joint is going."""

from __future__ import annotations

import torch
from torch import Tensor

from skeletonllm.draction.baselines.base import (
    FixedRenderer,
    ProjectedPoints,
    Scene,
    Strokes,
    list_bones,
)
from skeletonllm.draction.gaussians.appearance import PALETTE
from skeletonllm.draction.scene.tracks import gather_tracks
from skeletonllm.topology import Topology

STICK, STREAK = 0.010, 0.004
"""Body metres, standard deviations of a bone and of a velocity."""
HALO = 1.9
"""How much wider the black behind a bone is: at 1 no rim is left, much more hides limbs."""
BEHIND = 0.05
"""Body metres from a bone to the black behind it; bones that meet in a joint are nearer."""
SECONDS = 4 / 30
"""A streak ends where its joint would be after so long: four frames of a Kinect."""
SLOWEST = 0.4
"""Body metres a second; what is slower is tremor and noise, and has no streak."""
FAR = 0.6
"""Brightness of what is farthest, of 1 for what is nearest; darker is hard to see on black."""


class VelocitySticks(FixedRenderer):
    """Sticks for bones and white streaks for velocities, in depth.

    Bones have the first colours of DrAction (cold left, warm right), darker the farther they are.
    What lies behind another bone is cut off by a black halo, so that crossed arms can be read. A
    joint's velocity is a thin white streak that starts at the joint, ends where the joint is about
    to be, and fades on its way: its length is the speed. Colours on the body say nothing of speed:
    brightness or hue by speed would compete with side and depth, and has no direction.
    """

    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """See :meth:`FixedRenderer.strokes`: bones, their halos, and streaks."""
        tracks = gather_tracks(scene.batch, clips, scene.frames, per_second=True)
        scale = scene.extents.scale[tracks.camera][..., None]  # [S, T, 1]
        joints = scene.project(tracks.joints, tracks)
        ends = list_bones(scene, clips)
        pair = _pick_ends(joints, ends)
        depth, picture = pair.depth, tracks.picture[..., None]
        brightness = _measure_brightness(scene, depth, tracks.camera)
        rgb = (
            colour_joints(scene.batch.topologies[clips[0]]).to(scale)[ends] * brightness[..., None]
        )
        drawn = pair.drawn.all(-1)
        stick = Strokes.from_fields(
            pair.pixels,
            order=depth,
            radius=STICK * pair.per_metre,
            rgb=rgb,
            drawn=drawn,
            picture=picture,
        )
        halo = Strokes.from_fields(
            pair.pixels,
            order=depth + BEHIND * scale[..., None],
            radius=HALO * STICK * pair.per_metre,
            rgb=torch.zeros_like(rgb),
            drawn=drawn,
            picture=picture,
        )
        tip = scene.project(tracks.joints + SECONDS * tracks.velocities, tracks)
        fast = tracks.velocities.norm(dim=-1) > SLOWEST * scale
        streak = Strokes.from_fields(
            torch.stack([joints.pixels, tip.pixels], -2),
            order=torch.stack([joints.depth, tip.depth], -1) - BEHIND / 2 * scale[..., None],
            radius=STREAK * torch.stack([joints.per_metre, tip.per_metre], -1),
            rgb=scale.new_ones(3),
            opacity=scale.new_tensor([1.0, 0.15]),
            drawn=joints.drawn & tip.drawn & fast,
            picture=picture,
        )
        return Strokes.cat([stick, halo, streak])


def colour_joints(topology: Topology) -> Tensor:  # [J, 3]
    """The first colour of DrAction at each joint: by body part and side, brighter outwards."""
    rows = []
    for joint in topology.places:
        near, far = torch.tensor(PALETTE[joint.part])
        rows.append(torch.lerp(near, far, joint.along))
    return torch.stack(rows)


def _pick_ends(joints: ProjectedPoints, ends: Tensor) -> ProjectedPoints:
    """Both ends of each bone, [S, T, bones, 2, ...]."""
    fields = (joints.pixels, joints.depth, joints.per_metre, joints.drawn)
    return ProjectedPoints(*(field[:, :, ends] for field in fields))


def _measure_brightness(scene: Scene, depth: Tensor, clip: Tensor) -> Tensor:
    """Brightness of depths [S, T, bones, 2] within their clips; in the image plane full."""
    low, high = scene.extents.low[clip], scene.extents.high[clip]
    span = torch.maximum(high - low, scene.extents.scale[clip])[..., None, None]
    share = ((depth - low[..., None, None]) / span).clamp(0.0, 1.0)
    flat = scene.camera.orthographic[clip][..., None, None]
    return torch.where(flat, 1.0, 1 - (1 - FAR) * share)
