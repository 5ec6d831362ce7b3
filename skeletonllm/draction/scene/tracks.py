"""Tracks: the rendered frames of every person of clips that share a skeleton, as dense arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.topology import Topology

LOOK_AHEAD = 4
"""Frames over which a velocity is taken, as published: 0.13 s at 30 frames a second. Over one frame
the noise of a sensor would be a large part of it."""


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
    """RenderError unless all frames exist.

    Args:
        batch: B clips.
        frames: To be int64 [B, T] with indices into each clip.

    Raises:
        RenderError: Another shape or dtype, no frame, or an index outside its clip.
    """
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


def group_clips(batch: MotionBatch) -> dict[Topology, list[int]]:
    """Indices of the clips of each skeleton, in the order in which skeletons first appear."""
    groups: dict[Topology, list[int]] = {}
    for clip, topology in enumerate(batch.topologies):
        groups.setdefault(topology, []).append(clip)
    return groups


def gather_way(
    batch: MotionBatch, clips: Sequence[int], frames: Tensor, times: Tensor, joints: Tensor
) -> tuple[Tensor, Tensor]:
    """Where some joints of ``clips``, which share a skeleton, are around each rendered frame.

    Between frames, joints move straight on; before the first and after the last they stand still.
    Differentiable in joints and times.

    Args:
        batch: All clips.
        clips: Which of them.
        frames: int64 [B, T].
        times: [M] seconds from a rendered frame.
        joints: int64 [J], indices into the skeleton.

    Returns:
        Places [S, T, M, J, 3] in the clips' own space, and whether they are observed, bool
        [S, T, M, J].
    """
    layout = _lay_out(batch, clips)
    now, last = frames[layout.clip], (layout.frames - 1)[:, None, None].to(times.dtype)
    at = now[..., None] + times * layout.fps[:, None, None]  # [S, T, M]
    at = torch.minimum(at.clamp_min(0.0), last)
    before = at.detach().floor()
    after = torch.minimum(before + 1, last)
    here, there = layout.rows(before.long(), joints), layout.rows(after.long(), joints)
    observed = batch.confidence > 0
    # In the very moment of a frame, the one after it does not matter.
    there = torch.where((at == before)[..., None] & ~observed[there], here, there)
    way = torch.lerp(batch.joints[here], batch.joints[there], (at - before)[..., None, None])
    return way, observed[here] & observed[there]


def gather_tracks(
    batch: MotionBatch, clips: Sequence[int], frames: Tensor, *, per_second: bool
) -> Tracks:
    """Tracks of the persons of ``clips``, which share a skeleton.

    Args:
        batch: All clips.
        clips: Which of them.
        frames: int64 [B, T].
        per_second: Velocities per second and only between observed joints; else as published:
            plain differences, where a person who vanishes leaps to the origin.
    """
    layout = _lay_out(batch, clips)
    clip, last = layout.clip, layout.frames[:, None] - 1
    now = frames[clip]  # [S, T]
    ahead = torch.minimum(now + LOOK_AHEAD, last)
    here, later = layout.rows(now), layout.rows(ahead)  # [S, T, J]
    joints, future = batch.joints[here], batch.joints[later]
    all_observed = batch.confidence > 0
    observed = all_observed[here]
    velocities = future - joints
    if per_second:
        gap = ahead - now
        rate = torch.where(gap > 0, layout.fps[:, None] / gap.clamp_min(1), 0.0)
        both = (observed & all_observed[later])[..., None]
        velocities = torch.where(both, velocities * rate[..., None, None], 0.0)
    picture = clip[:, None] * frames.shape[1] + torch.arange(frames.shape[1], device=clip.device)
    return Tracks(joints, velocities, observed, clip[:, None].expand_as(now), picture)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the S persons of some clips of one skeleton lie in the flat joints."""

    clip: Tensor  # int64 [S]
    offset: Tensor  # int64 [S], row of the person's first joint in frame 0
    stride: Tensor  # int64 [S], rows from one frame to the next
    frames: Tensor  # int64 [S]
    fps: Tensor  # [S]
    joints: int

    def rows(self, at: Tensor, joints: Tensor | None = None) -> Tensor:
        """Rows [S, ..., J] of some joints, or all, in the frames ``at`` [S, ...]."""
        if joints is None:
            joints = torch.arange(self.joints, device=at.device)
        offset, stride = (x.view(-1, *[1] * (at.ndim - 1)) for x in (self.offset, self.stride))
        first = offset + at * stride
        return first[..., None] + joints


def _lay_out(batch: MotionBatch, clips: Sequence[int]) -> _Layout:
    rows, rates, offsets = [], [], batch.offsets
    for clip in clips:
        frames, persons, joints = batch.shapes[clip]
        for person in range(persons):
            rows.append((clip, offsets[clip] + person * joints, persons * joints, frames))
            rates.append(batch.fps[clip])
    device = batch.joints.device
    clip_, offset, stride, length = torch.tensor(rows, device=device).unbind(-1)
    fps = torch.tensor(rates, dtype=batch.joints.dtype, device=device)
    return _Layout(clip_, offset, stride, length, fps, batch.shapes[clips[0]][2])
