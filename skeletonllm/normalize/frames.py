"""Time: another frame rate, and short gaps closed. Neither is part of a profile: on request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skeletonllm.clip import Clip
from skeletonllm.errors import UsageError
from skeletonllm.motion import BoolArray, FloatArray, Motion
from skeletonllm.normalize.clips import add_flag

Index = npt.NDArray[np.int64]

GAPS_FILLED = "gaps_filled"
"""Flag: some joints were interpolated; ``filled`` says which."""

RESAMPLED = "resampled"
"""Flag: the frame rate is not the source's."""

ALIASING_RATIO = 2.0
"""How many times the frame rate may fall before what is too fast for the new one is taken out."""

MAX_FPS = 1000.0
"""Highest rate to resample to; beyond any camera."""


def resample(motion: Motion, fps: float) -> Motion:
    """The same movement at another frame rate; velocities in units a second stay what they were.

    Frame k of the result lies at k / fps seconds; the last lies at or before the last of the
    source. Between frames runs the cubic of the four around (Catmull and Rom, 1974), since on a
    straight line the speed would jump at every frame of the source; next to a gap or an end it is
    the line. A joint that is missing at either end is missing, and a person absent at either end
    absent, unless the other end lies exactly at that time.

    A rate that falls to less than half would let fast movement pass for slow (at 10 fps, a hand
    that shakes at 9 Hz appears to shake at 1 Hz), so that a low-pass filter takes out what the new
    rate cannot show. Down to a half frames are only picked: what could fold over lies above 7.5 Hz
    for 30 fps and 15, where people hardly move, and a filter would blur what they do below.

    Args:
        motion: T frames at ``motion.fps``.
        fps: Frames a second of the result.

    Raises:
        UsageError: ``fps`` is no positive number, or above :data:`MAX_FPS`.
    """
    check_fps(fps)
    if fps == motion.fps:
        return motion
    low, high, weight = _positions(motion.num_frames, motion.fps, fps)
    joints = _slowed(motion, motion.fps / fps)
    a, b = motion.select_frames(low), motion.select_frames(high)
    w = weight[:, None, None]  # [T', 1, 1]
    seen = a.observed & b.observed
    confidence = np.where(seen, (1 - w) * a.confidence + w * b.confidence, 0)
    between = _between(joints, motion.observed, low, high, weight)
    return replace(
        motion,
        joints=np.where(seen[..., None], between, 0).astype(np.float32),
        present=a.present & b.present,
        confidence=confidence.astype(np.float32),
        orientations=_turns(a.orientations, b.orientations, w[..., None]),
        fps=float(fps),
    )


def resample_clip(clip: Clip, fps: float) -> Clip:
    """A clip at another frame rate, flagged :data:`RESAMPLED`; see :func:`resample`.

    Every frame keeps the number of the nearest frame of the source, the later of two. Numbers
    ascend; where the rate rises, neighbours may bear the same one. What lies at or next to a
    filled joint is marked as filled.

    Args:
        clip: Any clip.
        fps: Frames a second of the result.
    """
    motion = resample(clip.motion, fps)
    if motion is clip.motion:
        return clip
    low, high, weight = _positions(clip.motion.num_frames, clip.motion.fps, fps)
    nearest = np.where(weight < 0.5, low, high)
    filled = None if clip.filled is None else (clip.filled[low] | clip.filled[high])
    return add_flag(
        replace(
            clip,
            motion=motion,
            frame_index=tuple(clip.frame_index[i] for i in nearest.tolist()),
            filled=None if filled is None else filled & motion.observed,
            slots=None if clip.slots is None else clip.slots[nearest],
        ),
        RESAMPLED,
    )


def check_fps(fps: float) -> None:
    """UsageError unless a rate can be resampled to."""
    if not 0 < fps <= MAX_FPS:
        raise UsageError(f"fps {fps}", expected=f"a positive number up to {MAX_FPS:g}")


def fill_gaps(clip: Clip, max_gap: int) -> Clip:
    """Interpolate joints that are missing for at most ``max_gap`` frames in a row.

    Only between two observations of the same joint of the same person, who may be absent in
    between, and then is present. What was filled is marked in ``clip.filled``, has the lower
    confidence of its two ends, and gives the clip the flag :data:`GAPS_FILLED`.

    Args:
        clip: Any clip.
        max_gap: Longest gap that is filled, in frames.

    Raises:
        UsageError: ``max_gap`` is negative.
    """
    if max_gap < 0:
        raise UsageError(f"max_gap {max_gap}", expected="0 or more frames")
    motion = clip.motion
    before, after = _neighbours(motion.observed)
    closed = (before >= 0) & (after < motion.num_frames) & (after - before - 1 <= max_gap)
    fill = closed & ~motion.observed
    if not fill.any():
        return clip
    t, p, j = np.nonzero(fill)
    low, high = before[t, p, j], after[t, p, j]
    weight = ((t - low) / (high - low))[:, None]
    joints, confidence = motion.joints.copy(), motion.confidence.copy()
    joints[t, p, j] = (1 - weight) * joints[low, p, j] + weight * joints[high, p, j]
    confidence[t, p, j] = np.minimum(confidence[low, p, j], confidence[high, p, j])
    present = motion.present | fill.any(-1)
    filled = replace(motion, joints=joints, confidence=confidence, present=present)
    marks = fill if clip.filled is None else fill | clip.filled
    return add_flag(replace(clip, motion=filled, filled=marks), GAPS_FILLED)


def _slowed(motion: Motion, ratio: float) -> FloatArray:
    """Joints without what is too fast for a rate ``ratio`` times lower; as they are up to a ratio.

    A windowed sinc over six frames of the new rate. It needs them all: near gaps and ends nothing
    is filtered.
    """
    if ratio <= ALIASING_RATIO:
        return motion.joints
    from scipy.ndimage import convolve1d, minimum_filter1d  # noqa: PLC0415 - half a second

    half = int(np.ceil(3 * ratio))
    n = np.arange(-half, half + 1)
    kernel = np.sinc(n / ratio) * np.hanning(2 * half + 3)[1:-1]
    smooth = convolve1d(motion.joints, kernel / kernel.sum(), axis=0, mode="nearest")
    whole = minimum_filter1d(
        motion.observed.astype(np.uint8), 2 * half + 1, axis=0, mode="constant", cval=0
    )
    return np.where(whole[..., None] > 0, smooth, motion.joints)


def _between(
    joints: FloatArray, observed: BoolArray, low: Index, high: Index, weight: FloatArray
) -> FloatArray:
    """Positions between frames, [T', P, J, 3]: by the cubic where four frames are seen."""
    last = len(joints) - 1
    around = (np.maximum(low - 1, 0), low, high, np.minimum(high + 1, last))
    inside = (low > 0) & (high < last)
    cubic = inside[:, None, None] & observed[around[0]] & observed[around[3]]
    w = weight.astype(np.float64)[:, None, None, None]
    factors = (
        w * (w - 0.5 - 0.5 * w * w),
        1 + w * w * (1.5 * w - 2.5),
        w * (0.5 + w * (2 - 1.5 * w)),
        w * w * (0.5 * w - 0.5),
    )
    curve = sum(joints[at] * factor for at, factor in zip(around, factors, strict=True))
    line = (1 - w) * joints[low] + w * joints[high]
    return np.where(cubic[..., None], curve, line)


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
