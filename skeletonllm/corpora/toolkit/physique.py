"""Is a body that is said to be in metres one that a person can have?

A reader that takes millimetres for metres gives a giant, and every measure after it is wrong. So
whatever a reader says, a clip is metric only while its limbs, height and speed are possible. Each
is the median over the frames: a frame that was tracked badly says nothing about the unit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from skeletonllm.corpora.toolkit.assumed import UNIT_DOUBTFUL

if TYPE_CHECKING:
    from skeletonllm.clip import Clip
    from skeletonllm.corpora.toolkit.validation import Raw
    from skeletonllm.motion import Motion

LIMB_M = (0.08, 0.67)
"""Shortest and longest thigh, shank or upper arm, in metres: from the upper arm of a newborn of
0.5 m to the thigh of the tallest man on record, 2.72 m (0.17 and 0.245 of the height: Winter,
Biomechanics and Motor Control of Human Movement, 2009)."""

BODY_M = (0.3, 3.2)
"""Smallest and largest distance between the joints of one body that is farthest apart."""

SPEED_M_S = 15.0
"""Beyond what any person runs (12.4 m/s), as the median over a clip."""

_LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"))
_ENDS = ("head", "left_ankle", "right_ankle")


def doubt_unit(clip: Clip) -> Clip:
    """The clip as it is, or not metric and flagged ``unit_doubtful`` where no body is like that.

    Example:
        >>> from skeletonllm.synthesis import synthesize
        >>> from skeletonllm.testing.clips import make_clip
        >>> doubt_unit(make_clip(synthesize("hand waving"))).flags
        ()
    """
    motion = clip.motion
    if not motion.metric or is_possible(motion):
        return clip
    return replace(clip, motion=replace(motion, metric=False), flags=(*clip.flags, UNIT_DOUBTFUL))


def is_possible(motion: Motion) -> bool:
    """Whether limbs, height and speed are those of a person, if coordinates are metres.

    Speed is asked only where limbs and height cannot be measured: a body of the right size that
    leaps about was tracked badly (NW-UCLA has three such clips). What cannot be measured at all
    (markers of one foot, one frame) is no reason to doubt.
    """
    limb, height = _median_limb(motion), _median_height(motion)
    if limb is None and height is None:
        speed = _median_speed(motion)
        return speed is None or speed <= SPEED_M_S
    return (limb is None or LIMB_M[0] <= limb <= LIMB_M[1]) and (
        height is None or BODY_M[0] <= height <= BODY_M[1]
    )


def _median_limb(motion: Motion) -> float | None:
    """Median length of the limbs that are seen, each as the median over its frames."""
    find, lengths = motion.topology.find, []
    for upper, lower in _LIMBS:
        for side in ("left", "right"):
            a, b = find(f"{side}_{upper}"), find(f"{side}_{lower}")
            if a is not None and b is not None:
                lengths += _seen_lengths(motion, a, b)
    return float(np.median(lengths)) if lengths else None


def _seen_lengths(motion: Motion, a: int, b: int) -> list[float]:
    """The median distance of two joints where both are seen; empty if they never are.

    Joints that lie in one place have no distance to judge.
    """
    seen = (motion.confidence[..., [a, b]] > 0).all(-1)
    bones = motion.joints[:, :, a] - motion.joints[:, :, b]
    length = float(np.median(np.linalg.norm(bones[seen], axis=-1))) if seen.any() else 0.0
    return [length] if length > 0 else []


def _median_height(motion: Motion) -> float | None:
    """Median extent of a body whose head and feet are all seen."""
    ends = [at for name in _ENDS if (at := motion.topology.find(name)) is not None]
    if len(ends) < len(_ENDS):
        return None
    whole = (motion.confidence[..., ends] > 0).all(-1)  # [T, P]
    if not whole.any():
        return None
    bodies, seen = motion.joints[whole], motion.confidence[whole] > 0  # [N, J, 3], [N, J]
    low = np.where(seen[..., None], bodies, np.inf).min(1)
    high = np.where(seen[..., None], bodies, -np.inf).max(1)
    return float(np.median(np.linalg.norm(high - low, axis=-1))) or None


def _median_speed(motion: Motion) -> float | None:
    """Median speed of the middle of the joints, in metres a second."""
    speeds: list[Raw] = []
    for person in range(motion.num_persons):
        seen = motion.confidence[:, person].astype(bool)
        both = seen[1:] & seen[:-1]
        moved = np.diff(motion.joints[:, person], axis=0)  # [T - 1, J, 3]
        counts = both.sum(1)
        middle = np.where(both[..., None], moved, 0).sum(1)[counts > 0] / counts[counts > 0, None]
        speeds.append(np.linalg.norm(middle, axis=-1) * motion.fps)
    everyone = np.concatenate(speeds) if speeds else np.zeros(0)
    return float(np.median(everyone)) if len(everyone) else None
