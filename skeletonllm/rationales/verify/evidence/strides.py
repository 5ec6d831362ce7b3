"""Strides: one foot goes, or one leg is lifted, while the other stands; walks are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array, finite_quantile, smooth
from skeletonllm.rationales.verify.evidence.stretches import find_masked

FASTER = 0.3
"""A foot goes while it is this much faster than the other, in statures a second (0.5 m/s): a foot
that stands shakes by half of that in a Kinect."""
SHORTEST = 0.05
"""Shortest way of a stride, up and down included, in statures (9 cm)."""
PAUSE_S = 0.7
"""Longest halt between two strides of one walk: two at an easy pace are 0.5 s apart."""
LIFTED = 0.03
"""A leg is lifted while its knee and ankle together are this much higher than the other ones, in
statures: 2.5 cm each. Some walk on the spot with no more."""
_SMOOTH_S = 0.07


@dataclass(frozen=True)
class Stride:
    """One foot goes from frame ``start`` to ``end``.

    Args:
        side: Which foot.
        start: First frame.
        end: Last frame.
        shift: From where it stood to where it stands [3], in statures; y is up.
        lift: How high it gets above where it starts or ends, the lower, in statures.
    """

    side: str
    start: int
    end: int
    shift: Array
    lift: float


@lru_cache(maxsize=8)
def find_strides(body: Body) -> tuple[Stride, ...]:
    """All strides of both feet in the clip, in order of time; the last few are remembered."""
    speeds = {side: body.speed(body.point(f"{side}_foot")) for side in ("left", "right")}
    lead = smooth(speeds["left"] - speeds["right"], body.fps, _SMOOTH_S)
    found = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        foot = body.point(f"{side}_foot") / body.stature
        for start, end in find_masked(np.nan_to_num(sign * lead) > FASTER):
            way = np.linalg.norm(np.diff(foot[start : end + 2], axis=0), axis=1)
            if np.nansum(way) >= SHORTEST:
                found.append(_make_stride(side, foot, start, end))
    return tuple(_merge(sorted(found, key=lambda stride: stride.start)))


@lru_cache(maxsize=8)
def find_lifts(body: Body) -> tuple[Stride, ...]:
    """Lifts of one leg above the other, in order of time; their shift is 0. Remembered likewise."""
    higher = sum(
        body.height(f"left_{name}", "") - body.height(f"right_{name}", "")
        for name in ("knee", "foot")
    )
    found = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lift = np.nan_to_num(sign * higher)
        for start, end in find_masked(lift > LIFTED):
            top = float(lift[start : end + 1].max())
            found.append(Stride(side, start, end, np.zeros(3), top / 2))
    return tuple(sorted(found, key=lambda stride: stride.start))


def find_walks(strides: Sequence[Stride], fps: float) -> list[list[Stride]]:
    """Strides that follow each other on alternate feet without a halt.

    Args:
        strides: In order of time.
        fps: Frames a second.
    """
    walks: list[list[Stride]] = []
    for stride in strides:
        last = walks[-1][-1] if walks else None
        goes_on = last is not None and stride.side != last.side
        if last is not None and goes_on and stride.start - last.end <= PAUSE_S * fps:
            walks[-1].append(stride)
        else:
            walks.append([stride])
    return walks


def _make_stride(side: str, foot: Array, start: int, end: int) -> Stride:
    height = foot[start : end + 1, 1]
    stands = min(height[0], height[-1])
    return Stride(
        side, start, end, foot[end] - foot[start], finite_quantile(height, 1.0) - float(stands)
    )


def _merge(strides: list[Stride]) -> list[Stride]:
    """A foot that rests at the top of its stride, lifted, is still on the same one."""
    merged: list[Stride] = []
    for stride in strides:
        last = merged[-1] if merged else None
        if last is not None and last.side == stride.side and stride.start - last.end <= 6:
            shift, lift = last.shift + stride.shift, max(last.lift, stride.lift)
            merged[-1] = Stride(last.side, last.start, stride.end, shift, lift)
        else:
            merged.append(stride)
    return merged
