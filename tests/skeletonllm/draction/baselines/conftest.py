"""People for the baselines: one motion that moves, and one call from it to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from skeletonllm.draction import Camera, DrActionConfig, Rendering
from skeletonllm.draction.renderers import get_renderer
from skeletonllm.draction.scene.fitted_camera import FittedView
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch

SIZE = 112
CONFIG = DrActionConfig(size=SIZE, patch=14)


def render(
    name: str, motions: Motion | Sequence[Motion], frames: list[int], camera: Camera | None = None
) -> Rendering:
    """The same frames of one or more motions."""
    motions = [motions] if isinstance(motions, Motion) else motions
    batch = MotionBatch.from_motions(motions)
    with torch.no_grad():
        wanted = torch.tensor(frames).expand(len(batch), -1)
        return get_renderer(name, CONFIG)(batch, wanted, camera)


def places(motion: Motion, frame: int) -> Tensor:
    """Where the joints of the first person are in the picture, [J, 2], by hand."""
    batch = MotionBatch.from_motions([motion])
    with torch.no_grad():
        camera = FittedView()(batch, SIZE)
    x, y, z = camera.transform_points(batch.clip(0)[frame, 0], torch.tensor(0)).unbind(-1)
    away = torch.ones_like(z) if motion.space == "image" else z
    k = camera.k[0]
    return torch.stack([k[0, 2] - k[0, 0] * x / away, k[1, 2] - k[1, 1] * y / away], -1)


def distance_to_bones(motion: Motion, frame: int) -> Tensor:
    """Of every pixel [H, W] from the nearest bone of the first person, in pixels."""
    ends = places(motion, frame)[torch.tensor(motion.topology.bones)]  # [bones, 2, 2]
    pixel = torch.arange(SIZE).float()
    grid = torch.stack(torch.meshgrid(pixel, pixel, indexing="xy"), -1)[:, :, None]  # [H, W, 1, 2]
    a, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    share = ((grid - a) * along).sum(-1) / along.square().sum(-1).clamp_min(1e-9)
    nearest = a + share.clamp(0, 1)[..., None] * along
    return (grid - nearest).norm(dim=-1).amin(-1)


def still(motion: Motion) -> Motion:
    """Its first pose, kept up for as long."""
    return replace(motion, joints=np.repeat(motion.joints[:1], motion.num_frames, 0))


def hide(motion: Motion, frame: int, joint: int | None = None) -> Motion:
    """A joint of the first person unobserved in one frame, or all of them; its place is junk."""
    at = slice(None) if joint is None else joint
    confidence, joints = motion.confidence.copy(), motion.joints.copy()
    confidence[frame, 0, at], joints[frame, 0, at] = 0, 1e4
    return replace(motion, confidence=confidence, joints=joints)
