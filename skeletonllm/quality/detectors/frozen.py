"""Frozen poses: a sensor that hangs, or frames that were written twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skeletonllm.quality.tracks import Spot, Track


@dataclass(frozen=True)
class FrozenPoses:
    """Repeated poses of one person.

    Args:
        repeated: Frames that are identical to the one before, in every joint, to the last bit.
        longest: Frames of the longest run of one pose; 1 if nothing repeats.
        at: The first frame of that run.
    """

    repeated: int
    longest: int
    at: Spot


def detect_frozen_poses(track: Track) -> FrozenPoses:
    """Count and longest run of identical poses; a frame without the person ends a run."""
    now, before = track.joints[1:], track.joints[:-1]
    same = ((now == before) | (np.isnan(now) & np.isnan(before))).all((1, 2))
    same &= track.observed[1:].any(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], same.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return FrozenPoses(0, 1, track.spot(0))
    run = int((ends - starts).argmax())
    longest = int(ends[run] - starts[run]) + 1
    return FrozenPoses(int(same.sum()), longest, track.spot(int(starts[run])))
