"""Where a hand arrives, in words: the floor, knee, waist, chest, shoulder, head, overhead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.kinematics.signals import Array, Body
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.intervals import Rise

MARGIN, MARGIN_FLAT = 0.15, 0.3
"""How far past the middle between two levels a hand may be, as a share of the way between them:
0.01 to 0.025 statures, what a shoulder joint is known by. A share, as chest, shoulder and head are
only 0.12 statures apart: 0.05 there would let a neighbour pass four times in ten. In a picture,
what is nearer to the camera looks higher or lower."""


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


def find_nearest_levels(body: Body, side: str, frame: int, margin: float = MARGIN) -> list[int]:
    """Indices of the levels a hand may be said to be at: the nearest, and one it borders on.

    Args:
        body: Whose hand.
        side: ``left`` or ``right``.
        frame: When.
        margin: How far past a border still counts, as a share of the way between the levels.
    """
    gaps = _measure_gaps(body, side, frame)
    if not np.isfinite(gaps).any():
        return []
    nearest = int(np.nanargmin(gaps))
    heights = measure_level_heights(body, frame) / body.stature
    near = [
        i
        for i in (nearest - 1, nearest + 1)
        if 0 <= i < len(gaps)
        and gaps[i] - gaps[nearest] < 2 * margin * abs(heights[i] - heights[nearest])
    ]
    return [nearest, *near]


def _find_fault(context: ClaimContext, claimed: int, frame: int) -> str:
    margin = MARGIN_FLAT if context.flat else MARGIN
    levels = find_nearest_levels(context.body, context.side, frame, margin)
    if not levels or claimed in levels:
        return ""
    if not np.isfinite(_measure_gaps(context.body, context.side, frame)[claimed]):
        return "" if levels[0] >= LEVELS.index("waist") else f"it is at {LEVELS[levels[0]]} level"
    return f"it is at {LEVELS[levels[0]]} level"


def _measure_gaps(body: Body, side: str, frame: int) -> Array:
    """Height of a hand from each level, in statures; NaN for one that is not known.

    A body that is bent double has no level above its waist, see
    :func:`skeletonllm.kinematics.scene.measure_level_heights`.
    """
    hand = body.point(f"{side}_hand")[frame, 1]
    gaps: Array = np.abs(measure_level_heights(body, frame) - hand) / body.stature
    return gaps
