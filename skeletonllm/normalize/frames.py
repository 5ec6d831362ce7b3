"""Time: another frame rate, and short gaps closed. Neither is part of a profile: on request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.motion import BoolArray, FloatArray, Motion

Index = npt.NDArray[np.int64]


def resample(motion: Motion, fps: float) -> Motion:
    """The same movement at another frame rate; velocities in units a second stay what they were.

    Frame k of the result lies at k / fps seconds; the last lies at or before the last of the
    source. Positions are interpolated linearly between observed ends. A joint that is missing at
    either end is missing, and a person absent at either end absent, unless the other end lies
    exactly at that time.

    Args:
        motion: T frames at ``motion.fps``.
        fps: Frames a second of the result.

    Raises:
        UsageError: ``fps`` is no positive number.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise UsageError(f"fps {fps}", expected="a positive number")
    if fps == motion.fps:
        return motion
    low, high, weight = _positions(motion.num_frames, motion.fps, fps)
    a, b = motion.select_frames(low), motion.select_frames(high)
    w = weight[:, None, None]  # [T', 1, 1]
    seen = a.observed & b.observed
    confidence = np.where(seen, (1 - w) * a.confidence + w * b.confidence, 0)
    joints = np.where(seen[..., None], (1 - w[..., None]) * a.joints + w[..., None] * b.joints, 0)
    return replace(
        motion,
        joints=joints.astype(np.float32),
        present=a.present & b.present,
        confidence=confidence.astype(np.float32),
        orientations=_turns(a.orientations, b.orientations, w[..., None]),
        fps=float(fps),
    )


def fill_gaps(clip: Clip, max_gap: int) -> Clip:
    """Interpolate joints that are missing for at most ``max_gap`` frames in a row.

    Only between two observations of the same joint, while the person stays present. What was
    filled is marked in ``clip.filled`` and has the lower confidence of its two ends.

    Raises:
        UsageError: ``max_gap`` is negative.
    """
    if max_gap < 0:
        raise UsageError(f"max_gap {max_gap}", expected="0 or more frames")
    motion = clip.motion
    before, after = _neighbours(motion.observed)
    closed = (before >= 0) & (after < motion.num_frames) & (after - before - 1 <= max_gap)
    fill = closed & ~motion.observed & _stays(motion.present, before, after)
    t, p, j = np.nonzero(fill)
    low, high = before[t, p, j], after[t, p, j]
    weight = ((t - low) / (high - low))[:, None]
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[t, p, j] = (1 - weight) * joints[low, p, j] + weight * joints[high, p, j]
    confidence[t, p, j] = np.minimum(confidence[low, p, j], confidence[high, p, j])
    filled = fill if clip.filled is None else fill | clip.filled
    return replace(
        clip, motion=replace(motion, joints=joints, confidence=confidence), filled=filled
    )


def _positions(frames: int, source: float, target: float) -> tuple[Index, Index, FloatArray]:
    """For each new frame the source frames around it, and how far it lies towards the second."""
    count = int(np.floor((frames - 1) * target / source + 1e-6)) + 1
    exact = np.arange(count) * (source / target)
    whole = np.round(exact)
    exact = np.where(np.abs(exact - whole) < 1e-6, whole, exact)  # 30 to 20 fps hits every third
    low = np.floor(exact).astype(np.int64)
    high = np.minimum(np.ceil(exact).astype(np.int64), frames - 1)
    return low, high, (exact - low).astype(np.float32)


def _turns(a: FloatArray | None, b: FloatArray | None, weight: FloatArray) -> FloatArray | None:
    """Normalized linear interpolation of quaternions [T, P, J, 4]; zeros (unknown) stay zeros."""
    if a is None or b is None:
        return None
    same_half = np.where((a * b).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    mixed = (1 - weight) * a + weight * same_half * b
    known = (np.abs(a).sum(-1, keepdims=True) > 0) & (np.abs(b).sum(-1, keepdims=True) > 0)
    norm = np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-12)
    return np.where(known, mixed / norm, 0).astype(np.float32)


def _neighbours(observed: BoolArray) -> tuple[Index, Index]:
    """Frame of the last observation at or before, and of the first at or after, each [T, P, J]."""
    frames = len(observed)
    at = np.arange(frames)[:, None, None]
    before = np.maximum.accumulate(np.where(observed, at, -1), axis=0)
    after = np.minimum.accumulate(np.where(observed, at, frames)[::-1], axis=0)[::-1]
    return before, after


def _stays(present: BoolArray, before: Index, after: Index) -> BoolArray:
    """Whether the person is present in every frame from ``before`` to ``after``, [T, P, J]."""
    frames = len(present)
    absences = np.vstack([np.zeros((1, present.shape[1]), np.int64), np.cumsum(~present, axis=0)])
    person = np.arange(present.shape[1])[None, :, None]
    first, last = np.clip(before, 0, frames), np.clip(after, -1, frames - 1) + 1
    return np.asarray(absences[last, person] == absences[first, person])
