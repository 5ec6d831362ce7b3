"""What a body is like at rest: how restless it is, and how much lower or higher it ends."""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics.signals import Body, finite_quantile

_POINTS = {
    "the right hand": "right_hand",
    "the left hand": "left_hand",
    "the head": "head",
    "the right foot": "right_foot",
    "the left foot": "left_foot",
    "the pelvis": "pelvis",
}


def find_most_mobile_part(body: Body) -> tuple[str, float]:
    """The part that moves most, and how far, in statures.

    Returns:
        Its name in words, and the diagonal of the box it stays in 96 % of the time; NaN if
        nothing was seen.
    """
    reach = {name: _reach(body, point) for name, point in _POINTS.items()}
    seen = {name: far for name, far in reach.items() if np.isfinite(far)}
    if not seen:
        return "the body", float("nan")
    name = max(seen, key=lambda part: seen[part])
    return name, seen[name]


def _reach(body: Body, point: str) -> float:
    path = body.point(point)
    sides = [
        finite_quantile(path[:, i], 0.98) - finite_quantile(path[:, i], 0.02) for i in range(3)
    ]
    return float(np.linalg.norm(sides)) / body.stature


def measure_settled_change(body: Body) -> float:
    """Height of the pelvis at the end of the clip minus that at its start, in statures."""
    height = body.height("pelvis", above="")
    few = max(1, len(height) // 12)
    return finite_quantile(height[-few:]) - finite_quantile(height[:few])
