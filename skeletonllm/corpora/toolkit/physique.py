"""Is a body that is said to be in metres one that a person can have?

A reader that takes millimetres for metres gives a giant, and every measure after it is wrong. So
whatever a reader says, a clip is metric only while its limbs, height and speed are possible. Each
is the median over the frames: a frame that was tracked badly says nothing about the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from skeletonllm.corpora.toolkit.assumed import UNIT_DOUBTFUL

if TYPE_CHECKING:
    from skeletonllm.clip import Clip
    from skeletonllm.motion import BoolArray, FloatArray, Motion
    from skeletonllm.topology import Topology

LIMB_M = (0.06, 0.67)
"""Shortest and longest thigh, shank or upper arm, in metres: from the upper arm of a child
born early, 0.36 m long, to the thigh of the tallest man on record, 2.72 m (0.17 and 0.245 of the
height: Winter, Biomechanics and Motor Control of Human Movement, 2009)."""

BODY_M = (0.25, 2.9)
"""Smallest and largest distance from the head to a foot: someone may lie curled up."""

SPEED_M_S = 15.0
"""Beyond what any person runs (12.4 m/s), as the median over a clip."""

LOOKED_AT = 32
"""About so many frames are measured, evenly over the clip: units do not change within one."""

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
    step = max(1, motion.num_frames // LOOKED_AT)
    joints, seen = motion.joints[::step], motion.confidence[::step] > 0
    places = _places(motion.topology)
    limb, height = _median_limb(joints, seen, places), _median_height(joints, seen, places)
    if limb is None and height is None:
        speed = _median_speed(motion)
        return speed is None or speed <= SPEED_M_S
    return (limb is None or LIMB_M[0] <= limb <= LIMB_M[1]) and (
        height is None or BODY_M[0] <= height <= BODY_M[1]
    )


@dataclass(frozen=True, eq=False)
class _Places:
    """Joints of a skeleton by index: both ends of each limb, and those between which it is tall."""

    upper: list[int]
    lower: list[int]
    ends: list[int]


@lru_cache(256)
def _places(topology: Topology) -> _Places:
    """Where each word is: its joint, or else the first marker on it (``left_knee.KNE``)."""
    at = {name.partition(".")[0]: j for j, name in reversed([*enumerate(topology.joints)])}
    at |= {name: j for j, name in enumerate(topology.joints) if "." not in name}
    limbs = [(f"{side}_{a}", f"{side}_{b}") for a, b in _LIMBS for side in ("left", "right")]
    known = [(at[a], at[b]) for a, b in limbs if a in at and b in at]
    whole = [at[name] for name in _ENDS] if all(name in at for name in _ENDS) else []
    return _Places([a for a, _ in known], [b for _, b in known], whole)


def _median_limb(joints: FloatArray, seen: BoolArray, places: _Places) -> float | None:
    """Median length of the limbs that are seen; joints in one place have no distance to judge."""
    if not places.upper:
        return None
    bones = joints[:, :, places.upper] - joints[:, :, places.lower]
    lengths = np.sqrt(np.einsum("...i,...i->...", bones, bones))
    both = seen[:, :, places.upper] & seen[:, :, places.lower] & (lengths > 0)
    return _median(lengths[both])


def _median_height(joints: FloatArray, seen: BoolArray, places: _Places) -> float | None:
    """Median distance from the head to the feet of bodies of which all three are seen."""
    if not places.ends:
        return None
    head, *feet = places.ends
    up = joints[:, :, head, None] - joints[:, :, feet]
    tall = np.sqrt(np.einsum("...i,...i->...", up, up)).max(-1)
    return _median(tall[seen[:, :, places.ends].all(-1) & (tall > 0)])


def _median_speed(motion: Motion) -> float | None:
    """Median speed of the middle of the joints, in metres a second."""
    seen = motion.confidence > 0
    both = seen[1:] & seen[:-1]  # [T - 1, P, J]
    counts = both.sum(-1)
    moved = np.where(both[..., None], np.diff(motion.joints, axis=0), 0).sum(2)
    middle = moved[counts > 0] / counts[counts > 0, None]
    return _median(np.linalg.norm(middle, axis=-1) * motion.fps)


def _median(values: FloatArray) -> float | None:
    """The middle value; numpy's own median takes longer than all the rest here."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle]) if len(values) else None
