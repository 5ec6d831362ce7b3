"""Frames in which left and right limbs changed places: sensors do so when a person turns away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from skeletonllm.quality.tracks import Array, Flags, Spot, Track
from skeletonllm.topology import Topology

SMOOTHER = 0.4
"""Limbs swap between two frames if, taken crosswise, they move at most this share of the way.
Near 1, limbs that pass close to each other would count; near 0, noise would hide every swap. With
both limits none is found in 350 synthesized clips and 861 of UTD-MHAD, 8 in 566 of MSR-Action3D."""
FAR = 0.06
"""And if each joint so saves this share of the height on the average, about 10 cm: less is the
noise of a sensor where hands or knees touch, more would miss legs that stand close together."""
LIMBS = ("arm", "leg")


@dataclass(frozen=True)
class SideSwap:
    """Left and right limbs in each other's place.

    Args:
        frames: How many frames.
        at: Where the sides change for the first time; the joint is ``arms`` or ``legs``.
    """

    frames: int
    at: Spot


def detect_side_swaps(track: Track) -> SideSwap | None:
    """Frames with swapped limbs; None if there are none, or the person's size is not known.

    Where a swap begins and where it ends, limbs taken crosswise go on smoothly. A single such place
    does not tell which of its two sides is wrong: the shorter one is counted.
    """
    swapped = {limb: _swapped(track, limb) for limb in LIMBS}
    anywhere = np.logical_or.reduce(list(swapped.values()))
    if not anywhere.any():
        return None
    change = {
        limb: int(np.diff(frames).argmax()) + 1 for limb, frames in swapped.items() if frames.any()
    }
    limb = min(change, key=lambda name: change[name])
    return SideSwap(int(anywhere.sum()), track.spot(change[limb], f"{limb}s"))


def _swapped(track: Track, limb: str) -> Flags:
    """Frames [T] in which the two arms, or legs, stand in each other's place."""
    left, right = _sides(track.topology, limb)
    frames = len(track.joints)
    if not len(left) or frames < 2 or not np.isfinite(track.height):
        return np.zeros(frames, np.bool_)
    crossings = _crossings(track.joints[:, left], track.joints[:, right], track.height)
    odd = np.concatenate([[False], np.cumsum(crossings) % 2 == 1])
    observed = track.observed[:, [*left, *right]].any(1)
    return (odd if (odd & observed).sum() <= (~odd & observed).sum() else ~odd) & observed


def _crossings(left: Array, right: Array, height: float) -> Flags:
    """Steps [T - 1] in which the limbs [T, K, 3] change places."""
    straight, across = _way(left, left) + _way(right, right), _way(right, left) + _way(left, right)
    both = np.isfinite(straight + across)
    count = 2 * np.maximum(both.sum(1), 1)
    direct, crossed = (np.where(both, way, 0).sum(1) / count for way in (straight, across))
    return np.asarray((crossed < SMOOTHER * direct) & (direct - crossed > FAR * height))


def _way(now: Array, before: Array) -> Array:
    """Distances [T - 1, K] from each frame of ``before`` to the next one of ``now``."""
    return np.asarray(np.linalg.norm(now[1:] - before[:-1], axis=-1))


@cache
def _sides(topology: Topology, limb: str) -> tuple[npt.NDArray[np.int64], ...]:
    """Joints of the left limb, and their counterparts of the right one."""
    pairs = [
        (joint, other)
        for joint, (part, other) in enumerate(zip(topology.parts, topology.mirror, strict=True))
        if part == f"left_{limb}" and other != joint
    ]
    return tuple(np.asarray(pairs, np.int64).reshape(-1, 2).T)
