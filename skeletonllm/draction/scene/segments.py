"""Clips and bodies of a flat batch, summed up without a loop over them.

A launch a clip would cost a GPU more than the arithmetic, so each function here does all clips of a
batch at once. Every result is the same bytes from run to run: no sum depends on a race.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skeletonllm.errors import RenderError
from skeletonllm.motion_batch import MotionBatch


def index_clips(batch: MotionBatch) -> Tensor:  # int64 [N]
    """The clip of each row of ``batch.joints``."""
    sizes = [frames * persons * joints for frames, persons, joints in batch.shapes]
    return _repeat_indices(sizes, batch.joints.device)


def find_observed(batch: MotionBatch) -> Tensor:  # bool [N]
    """Which joints are observed, a row each of ``batch.joints``.

    Raises:
        RenderError: A clip has no observed joint in any frame.
    """
    observed = batch.confidence > 0
    count = torch.zeros(len(batch), dtype=torch.int64, device=observed.device)
    count.index_add_(0, index_clips(batch), observed.long())
    if not count.all():
        clip = int(count.argmin())
        raise RenderError(
            f"clip {clip} ({batch.topologies[clip].name}) has no observed joint in any frame",
            hint="Leave it out: a black picture teaches nothing.",
        )
    return observed


def reduce_extent(
    values: Tensor, observed: Tensor, clip: Tensor, clips: int
) -> tuple[Tensor, Tensor]:
    """Least and greatest of the observed values of each clip, [clips, C] each, differentiable.

    Args:
        values: [N, C].
        observed: bool [N].
        clip: int64 [N], the clip of each row.
        clips: How many there are.
    """
    index, shown = clip[:, None].expand_as(values), observed[:, None]
    empty = values.new_full((clips, values.shape[1]), math.inf)
    low = empty.scatter_reduce(0, index, torch.where(shown, values, math.inf), "amin")
    high = (-empty).scatter_reduce(0, index, torch.where(shown, values, -math.inf), "amax")
    return low, high


def sum_runs(values: Tensor, lengths: Tensor) -> Tensor:
    """Sum of each run of rows, [runs, ...].

    Args:
        values: [N, ...], the runs one after the other.
        lengths: int64 [runs], rows of each; they add up to N, which is not checked (the check would
            wait for the GPU).
    """
    # Not index_add: on a GPU its additions race, and floats would differ from run to run.
    return torch.segment_reduce(values, "sum", lengths=lengths, axis=0, unsafe=True)


def measure_body_spread(batch: MotionBatch) -> Tensor:  # [clips]
    """How far the joints of a body lie from their middle, root mean square, in the clip's unit.

    The median over the bodies of a clip that show two joints or more; NaN where none does.
    """
    per_body, clip = _body_sizes(batch)
    joints, weight = batch.joints.detach(), (batch.confidence > 0).to(batch.joints.dtype)
    count = sum_runs(weight, per_body).clamp_min(1)
    middle = sum_runs(joints * weight[:, None], per_body) / count[:, None]
    away = (joints - middle.repeat_interleave(per_body, 0)).square().sum(-1)
    spread = sum_runs(away * weight, per_body) / count
    return _clip_medians(spread, count > 1, clip, len(batch)).sqrt()


def _body_sizes(batch: MotionBatch) -> tuple[Tensor, Tensor]:
    """Joints of each body (one person in one frame), and its clip, int64 [bodies] each."""
    counts = [frames * persons for frames, persons, _ in batch.shapes]
    clip = _repeat_indices(counts, batch.joints.device)
    joints = torch.tensor([shape[2] for shape in batch.shapes], device=clip.device)
    return joints[clip], clip


def _repeat_indices(sizes: list[int], device: torch.device) -> Tensor:
    """0 as often as the first size says, then 1, ..."""
    index = torch.arange(len(sizes), device=device)
    return index.repeat_interleave(torch.tensor(sizes, device=device), output_size=sum(sizes))


def _clip_medians(values: Tensor, valid: Tensor, clip: Tensor, clips: int) -> Tensor:
    """The (lower) median of the valid values of each clip; NaN where there is none."""
    ranked, order = torch.where(valid, values, math.inf).sort(stable=True)
    ranked = ranked[clip[order].argsort(stable=True)]
    zero = clip.new_zeros(clips)
    count = zero.index_add(0, clip, valid.long())
    total = zero.index_add(0, clip, torch.ones_like(clip))
    middle = total.cumsum(0) - total + (count - 1).clamp_min(0) // 2
    return torch.where(count > 0, ranked[middle], math.nan)
