"""Tracks: the rendered frames of every person of clips that share a skeleton, as dense arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch

LOOK_AHEAD = 4
"""Frames from which a velocity is taken, as published."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """S persons over T rendered frames, J joints each.

    Args:
        joints: [S, T, J, 3] in the clip's own space.
        velocities: [S, T, J, 3].
        observed: bool [S, T, J]; what is not observed is never drawn.
        camera: int64 [S, T], which camera looks.
        picture: int64 [S, T], which picture is drawn into.
    """

    joints: Tensor
    velocities: Tensor
    observed: Tensor
    camera: Tensor
    picture: Tensor


def check_frames(batch: MotionBatch, frames: Tensor) -> None:
    """RenderError unless ``frames`` is int64 [B, T] with indices into the clips of ``batch``."""
    if frames.dtype != torch.int64 or frames.ndim != 2 or len(frames) != len(batch):
        raise RenderError(
            f"frames of shape {tuple(frames.shape)} and {frames.dtype}",
            expected=f"[{len(batch)}, T] int64, one row a clip",
        )
    if frames.shape[1] == 0:
        raise RenderError("no frame asked for", hint="Sample at least one frame a clip.")
    lengths = torch.tensor([shape[0] for shape in batch.shapes], device=frames.device)
    outside = (frames < 0) | (frames >= lengths[:, None])
    if outside.any():
        clip = int(outside.any(1).nonzero()[0, 0])
        raise RenderError(
            f"frame {int(frames[clip][outside[clip]][0])} of clip {clip}",
            expected=f"0 to {int(lengths[clip]) - 1}",
            hint="sample_frames(num_frames, count) gives indices that exist.",
        )


def gather(batch: MotionBatch, clips: Sequence[int], frames: Tensor, *, per_second: bool) -> Tracks:
    """Tracks of ``clips``, which share a skeleton.

    Args:
        batch: All clips.
        clips: Which of them.
        frames: int64 [B, T].
        per_second: Velocities per second and only between observed joints; else as published:
            plain differences, where a person who vanishes leaps to the origin.
    """
    here = torch.cat([_indices(batch, clip, frames[clip]) for clip in clips])
    later = torch.cat([_indices(batch, clip, _ahead(batch, clip, frames[clip])) for clip in clips])
    joints, future = batch.joints[here], batch.joints[later]
    seen = batch.confidence > 0
    observed = seen[here]
    velocities = future - joints
    if per_second:
        rate = torch.cat([_rates(batch, clip, frames[clip]) for clip in clips])
        both = (observed & seen[later])[..., None]
        velocities = torch.where(both, velocities * rate[..., None, None], 0.0)
    persons = torch.tensor([batch.shapes[clip][1] for clip in clips], device=frames.device)
    camera = torch.tensor(list(clips), device=frames.device).repeat_interleave(persons)
    count = frames.shape[1]
    picture = camera[:, None] * count + torch.arange(count, device=frames.device)
    return Tracks(joints, velocities, observed, camera[:, None].expand(-1, count), picture)


def _indices(batch: MotionBatch, clip: int, frames: Tensor) -> Tensor:
    """Rows of the flat joints, [P, T, J], of the given frames of a clip."""
    _, persons, joints = batch.shapes[clip]
    person = torch.arange(persons, device=frames.device)[:, None, None]
    joint = torch.arange(joints, device=frames.device)
    return batch.offsets[clip] + (frames[None, :, None] * persons + person) * joints + joint


def _ahead(batch: MotionBatch, clip: int, frames: Tensor) -> Tensor:
    return (frames + LOOK_AHEAD).clamp_max(batch.shapes[clip][0] - 1)


def _rates(batch: MotionBatch, clip: int, frames: Tensor) -> Tensor:
    """1 / seconds looked ahead, [P, T]; 0 in the last frame, where nothing lies ahead."""
    gap = (_ahead(batch, clip, frames) - frames).float()
    rate = torch.where(gap > 0, batch.fps[clip] / gap.clamp_min(1.0), 0.0)
    return rate.expand(batch.shapes[clip][1], -1)
