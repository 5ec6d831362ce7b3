"""3D sticks with velocity sticks: the pose in depth, and where each joint is going."""

from __future__ import annotations

import torch
from torch import Tensor

from skeletonllm.draction.baselines.base import FixedRenderer, Scene, Seen, Strokes, bones
from skeletonllm.draction.gaussians.appearance import PALETTE
from skeletonllm.draction.scene.tracks import gather
from skeletonllm.topology import VOCABULARY, Topology

STICK, STREAK = 0.010, 0.004
"""Body metres, standard deviations of a bone and of a velocity."""
HALO = 1.9
"""How much wider the black behind a bone is."""
BEHIND = 0.05
"""Body metres from a bone to the black behind it; bones that meet in a joint are nearer."""
SECONDS = 4 / 30
"""A streak ends where its joint would be after so long: four frames of a Kinect."""
SLOWEST = 0.4
"""Body metres a second; what is slower is tremor and noise, and has no streak."""
FAR = 0.6
"""Brightness of what is farthest, of 1 for what is nearest."""


class VelocitySticks(FixedRenderer):
    """Sticks for bones and white streaks for velocities, in depth.

    Bones wear the first colours of DrAction (cold left, warm right), darker the farther they are,
    and what lies behind another bone is cut off by a black halo, so that crossed arms can be told
    apart. A joint's velocity is a thin white streak that starts at the joint, ends where the joint
    is about to be, and fades on its way: length is speed, direction is direction. On the body,
    brightness or hue by speed would compete with side and depth, and says nothing of direction.
    """

    def strokes(self, scene: Scene, clips: list[int]) -> Strokes:
        """Bones, their halos, and streaks."""
        tracks = gather(scene.batch, clips, scene.frames, per_second=True)
        scale = scene.around.scale[tracks.camera][..., None]  # [S, T, 1]
        seen = scene.see(tracks.joints, tracks)
        ends = bones(scene, clips)
        pair = _pick(seen, ends)
        depth, picture = pair.depth, tracks.picture[..., None]
        shade = _shade(scene, depth, tracks.camera)
        rgb = joint_colours(scene.batch.topologies[clips[0]]).to(scale)[ends] * shade[..., None]
        drawn = pair.drawn.all(-1)
        stick = Strokes.of(
            pair.place,
            order=depth,
            radius=STICK * pair.metre,
            rgb=rgb,
            drawn=drawn,
            picture=picture,
        )
        halo = Strokes.of(
            pair.place,
            order=depth + BEHIND * scale[..., None],
            radius=HALO * STICK * pair.metre,
            rgb=torch.zeros_like(rgb),
            drawn=drawn,
            picture=picture,
        )
        tip = scene.see(tracks.joints + SECONDS * tracks.velocities, tracks)
        fast = tracks.velocities.norm(dim=-1) > SLOWEST * scale
        streak = Strokes.of(
            torch.stack([seen.place, tip.place], -2),
            order=torch.stack([seen.depth, tip.depth], -1) - BEHIND / 2 * scale[..., None],
            radius=STREAK * torch.stack([seen.metre, tip.metre], -1),
            rgb=scale.new_ones(3),
            opacity=scale.new_tensor([1.0, 0.15]),
            drawn=seen.drawn & tip.drawn & fast,
            picture=picture,
        )
        return Strokes.cat([stick, halo, streak])


def joint_colours(topology: Topology) -> Tensor:  # [J, 3]
    """The first colour of DrAction at each joint: by body part and side, brighter outwards."""
    rows = []
    for joint in (VOCABULARY[name] for name in topology.joints):
        near, far = torch.tensor(PALETTE[joint.part])
        rows.append(torch.lerp(near, far, joint.along))
    return torch.stack(rows)


def _pick(seen: Seen, ends: Tensor) -> Seen:
    """Both ends of each bone, [S, T, bones, 2, ...]."""
    fields = (seen.place, seen.depth, seen.metre, seen.drawn)
    return Seen(*(field[:, :, ends] for field in fields))


def _shade(scene: Scene, depth: Tensor, clip: Tensor) -> Tensor:
    """Brightness of depths [S, T, bones, 2] within their clips; in the image plane full."""
    low, high = scene.around.low[clip], scene.around.high[clip]
    span = torch.maximum(high - low, scene.around.scale[clip])[..., None, None]
    share = ((depth - low[..., None, None]) / span).clamp(0.0, 1.0)
    flat = scene.camera.orthographic[clip][..., None, None]
    return torch.where(flat, 1.0, 1 - (1 - FAR) * share)
