"""What another body, another pace or a worse sensor would have given: size, speed, noise, gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skeletonllm.motion import BoolArray, Motion
from skeletonllm.normalize.frames import MAX_FPS, resample

RMS_OF_ADULT = 0.5
"""Root mean square distance, in metres, of an adult's joints from their centre: 0.4 for one who
sits, 0.65 for one who stands, whatever the skeleton. Good enough for the size of noise."""
_SPAN = (0.1, 0.5)
"""Shares of a clip for which a joint is lost: longer, and nothing could tell what it did."""


def scale_bodies(motion: Motion, factor: float) -> Motion:
    """The motion with all lengths ``factor`` times as long, about the common centre of its bodies.

    Args:
        motion: In any space.
        factor: Above 0.
    """
    seen = motion.observed
    if not seen.any():
        return motion
    centre = motion.joints[seen].mean(axis=0, dtype=np.float64)
    if motion.space == "image":
        centre[2] = 0.0
    scaled = (motion.joints - centre) * factor + centre
    joints = np.where(seen[..., None], scaled, motion.joints).astype(np.float32)
    return replace(motion, joints=joints)


def change_speed(motion: Motion, factor: float) -> Motion:
    """The same way at ``factor`` times the speed; frames a second stay, their number changes.

    A motion of which nothing would be seen any more, since its few frames have gaps, stays.

    Args:
        motion: In any space.
        factor: Above 0.
    """
    rate = motion.fps / factor
    if motion.num_frames < 2 or rate > MAX_FPS:
        return motion
    changed = replace(resample(motion, rate), fps=motion.fps)
    return changed if changed.observed.any() or not motion.observed.any() else motion


def add_noise(motion: Motion, metres: float, rng: np.random.Generator) -> Motion:
    """The motion with noise on each coordinate of each joint that was seen.

    Args:
        motion: In any space; where z has no meaning, it gets none.
        metres: Standard deviation; see :func:`measure_metre`.
        rng: Drawn from.
    """
    noise = rng.standard_normal(motion.joints.shape) * (metres * measure_metre(motion))
    if motion.space == "image":
        noise[..., 2] = 0.0
    joints = motion.joints + noise * motion.observed[..., None]
    return replace(motion, joints=joints.astype(np.float32))


def measure_metre(motion: Motion) -> float:
    """What a metre of an adult's body is in the motion's unit; 1 where that is the metre.

    Taken from how far the joints of a body lie from their centre, the median over all bodies and
    frames. Of single points nothing can be said: then 0.
    """
    if motion.metric:
        return 1.0
    seen = motion.observed[..., None]
    number = seen.sum(axis=2)  # [T, P, 1]
    count = np.maximum(number, 1)
    places = motion.joints.astype(np.float64) * seen
    away = (places - (places.sum(axis=2) / count)[:, :, None]) * seen
    spread = np.sqrt((away**2).sum(axis=(2, 3)) / count[..., 0])
    whole = number[..., 0] > 1
    return float(np.median(spread[whole])) / RMS_OF_ADULT if whole.any() else 0.0


def drop_joints(motion: Motion, probability: float, rng: np.random.Generator) -> Motion:
    """The motion with some joints unobserved for a part of it, as behind another limb.

    Where nothing would be left to be seen, nothing is dropped.

    Args:
        motion: In any space.
        probability: Of each joint of each person, to be lost once.
        rng: Drawn from.
    """
    frames, persons, joints, _ = motion.joints.shape
    lost, length, start = rng.random((3, persons, joints))
    length = frames * (_SPAN[0] + (_SPAN[1] - _SPAN[0]) * length)
    begin = start * (frames - length)
    at = np.arange(frames)[:, None, None] + 0.5
    gone = (lost < probability) & (begin <= at) & (at < begin + length)
    return hide_joints(motion, gone) if (motion.observed & ~gone).any() else motion


def hide_joints(motion: Motion, hidden: BoolArray) -> Motion:
    """The motion with some joints unobserved; a hidden joint has no place and no orientation.

    Args:
        motion: In any space.
        hidden: Which, bool [T, P, J].
    """
    turned = motion.orientations
    return replace(
        motion,
        joints=np.where(hidden[..., None], 0, motion.joints).astype(np.float32),
        confidence=np.where(hidden, 0, motion.confidence).astype(np.float32),
        orientations=None
        if turned is None
        else np.where(hidden[..., None], 0, turned).astype(np.float32),
    )
