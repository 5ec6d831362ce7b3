"""Where a hand arrives, in words: the floor, knee, waist, chest, shoulder, head, overhead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.kinematics.signals import Array, finite_quantile
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.intervals import Rise

MARGIN, MARGIN_FLAT = 0.1, 0.3
"""How far past the middle between two levels a hand may be, as a share of the way between them:
0.01 to 0.025 statures, what a shoulder joint is known by. A share, as chest, shoulder and head are
only 0.12 statures apart: 0.05 there would let a neighbour pass four times in ten. In a picture,
what is nearer to the camera looks higher or lower."""
_WAIST = LEVELS.index("waist")


def names_no_level(target: str) -> bool:
    """Whether a target is given that is none of the levels, so that nobody can check it."""
    return bool(target) and claims.find_level(target) is None


def check_level(
    context: ClaimContext, frames: Callable[[Rise], list[int]]
) -> Callable[[Rise], str]:
    """What is wrong with the level that a hand reaches in a rise; empty if nothing is claimed.

    Args:
        context: A claim about a hand, whose target is a level or empty.
        frames: The frames of a rise of which one must be at that level.
    """
    claimed = claims.find_level(context.step.target)

    def where(rise: Rise) -> str:
        if claimed is None:
            return ""
        faults = [_find_fault(context, claimed, frame) for frame in frames(rise)]
        return "" if "" in faults else faults[0]

    return where


def find_level_fault(context: ClaimContext, start: int, end: int) -> str:
    """What is wrong with the level about which the context's hand moves or rests; empty if nothing.

    Args:
        context: The claim; its target may be a level.
        start: First frame of the stretch.
        end: Last frame.
    """
    claimed, body = claims.find_level(context.step.target), context.body
    if claimed is None:
        return ""
    frames = np.unique(np.linspace(start, end, 7).round().astype(int))
    heights = np.array([measure_level_heights(body, int(frame)) for frame in frames])
    middle = np.array([finite_quantile(column) for column in heights.T])
    hand = finite_quantile(body.point(context.named("hand"))[start : end + 1, 1])
    return _compare(context, claimed, hand, middle)


def find_nearest_levels(
    heights: Array, hand: float, stature: float, margin: float = MARGIN
) -> list[int]:
    """Indices of the levels a hand may be said to be at: the nearest, and one it borders on.

    Args:
        heights: Of all levels, as of
            :func:`skeletonllm.kinematics.scene.measure_level_heights`; NaN for one that is not
            known, as those above the waist of a body that is bent double.
        hand: Height of the hand.
        stature: Of the body.
        margin: How far past a border still counts, as a share of the way between the levels.
    """
    gaps, heights = np.abs(heights - hand) / stature, heights / stature
    if not np.isfinite(gaps).any():
        return []
    nearest = int(np.nanargmin(gaps))
    near = [
        i
        for i in (nearest - 1, nearest + 1)
        if 0 <= i < len(gaps)
        and gaps[i] - gaps[nearest] < 2 * margin * abs(heights[i] - heights[nearest])
    ]
    return [nearest, *near]


def _find_fault(context: ClaimContext, claimed: int, frame: int) -> str:
    hand = context.body.point(context.named("hand"))[frame, 1]
    return _compare(context, claimed, float(hand), measure_level_heights(context.body, frame))


def _compare(context: ClaimContext, claimed: int, hand: float, heights: Array) -> str:
    margin = MARGIN_FLAT if context.flat else MARGIN
    levels = find_nearest_levels(heights, hand, context.body.stature, margin)
    unknown = not np.isfinite(heights[claimed]) and bool(levels) and levels[0] >= _WAIST
    if not levels or claimed in levels or unknown:
        return ""
    return f"it is at {LEVELS[levels[0]]} level"
