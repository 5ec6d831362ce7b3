"""How far a palm is from the parts it may touch, and which of them a word means.

A palm is the middle of the hand where the skeleton has such a joint, else a point a little beyond
the wrist. Joints lie inside of bodies, so what touches is still a gap apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims

GAPS = {
    "head": 0.13,
    "chest": 0.12,
    "stomach": 0.12,
    "hip": 0.1,
    "knee": 0.1,
    "foot": 0.12,
    "other hand": 0.1,
    "other elbow": 0.1,
    "other shoulder": 0.12,
}
"""Gap from palm to joint, in statures, at which a hand touches: half of the part's thickness (head
and trunk 0.06 to 0.08, limbs 0.03), half of the hand's (0.02), and 0.04 for the sensor. The hip is
tighter than it is thick: a hand that hangs is 0.13 from it and does not touch it."""
ON_THE_BODY = ("head", "chest", "stomach", "hip", "knee", "foot", "other shoulder")
"""Targets a palm can be near to at the same time; the nearest is the one it touches."""

_BEYOND_THE_WRIST = 0.05
"""From wrist to palm, in statures."""


def find_palm(body: Body, side: str) -> Array:
    """Path [T, 3] of the middle of a hand.

    Args:
        body: Whose hand.
        side: ``left`` or ``right``.
    """
    joint = body.topology.find(f"{side}_hand")
    if joint is not None and np.isfinite(body.joints[:, joint]).any():
        palm: Array = body.joints[:, joint]
        return palm
    wrist = body.point(f"{side}_hand")
    forearm = wrist - body.point(f"{side}_elbow")
    length = np.linalg.norm(forearm, axis=1, keepdims=True)
    beyond: Array = (
        _BEYOND_THE_WRIST * body.stature * forearm / np.where(length > 0, length, np.nan)
    )
    return wrist + beyond


def name_target(words: str) -> str:
    """The key of :data:`GAPS` that the words of a target mean; empty if none."""
    target = words.removeprefix("the ").removeprefix("own ")
    if target in GAPS:
        return target
    points = claims.find_own_points(target)
    if points == ("chest", "pelvis"):
        return "stomach"
    if points == ("other_hand",):
        return "other hand"
    part = points[0].rpartition("_")[2] if points else ""
    return part if part in GAPS else ""


def find_ends(body: Body, side: str, target: str) -> list[Array]:
    """Paths [T, 3] of the points a palm may touch: both hips, both knees, or one point.

    Args:
        body: Whose.
        side: Of the palm.
        target: A key of :data:`GAPS`.
    """
    other = "left" if side == "right" else "right"
    if target == "other hand":
        return [find_palm(body, other)]
    if target.startswith("other "):
        return [body.point(f"{other}_{target.removeprefix('other ')}")]
    if target == "stomach":
        return [(body.point("chest") + body.point("pelvis")) / 2]
    if target in ("hip", "knee", "foot"):
        return [body.point(f"left_{target}"), body.point(f"right_{target}")]
    return [body.point(target)]


def measure_gap(palm: Array, ends: Sequence[Array], stature: float) -> Array:
    """Distance [T] from the nearest of some ends, in statures; NaN where none is seen.

    Args:
        palm: Path [T, 3].
        ends: Paths [T, 3]; at least one.
        stature: Of whose palm it is.
    """
    gaps = np.array([np.linalg.norm(palm - end, axis=1) for end in ends])
    gaps = np.where(np.isfinite(gaps), gaps, np.inf).min(axis=0)
    return np.where(np.isfinite(gaps), gaps, np.nan) / stature
