"""On which side a limb is whose labels do not say it: ``ELBOW``, ``WRIST`` of one arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.markers.words import read_marker
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.topology import VOCABULARY

SIDE_BY_PLACE = "side_by_place"
"""Flag: labels of a limb have no side; where it is, seen from the others, says which it is."""

LEAST_MARKERS = 3
"""Fewest labels of a limb that is looked for."""

ASIDE, AGREED = 0.2, 0.8
"""How far from the middle of the body the limb is, in widths between left and right, and in how
many of the frames it has to be on that side: an arm may reach across."""


def find_side(labels: Sequence[str], names: Sequence[str], joints: Raw) -> str:
    """``left`` or ``right`` for the labels of limbs that have no side; empty if it cannot be told.

    Args:
        labels: Of the J markers.
        names: Their joint names; those whose labels have sides say where left and right are.
        joints: [T, P, J, 3], in any unit and axes.
    """
    words = [name.partition(".")[0] for name in names]
    limbs = {_limb(word) for word in words if word.startswith(("left_", "right_"))}
    aside = [
        j
        for j, label in enumerate(labels)
        if read_marker(label) is None
        and (marker := read_marker(f"left_{label}")) is not None
        and _limb(marker.word) not in limbs
    ]
    left, right = ([j for j, w in enumerate(words) if w.startswith(s)] for s in ("left_", "right_"))
    if len(aside) < LEAST_MARKERS or not left or not right:
        return ""
    middles = [_middle(joints, at) for at in (left, right, aside)]  # [T, P, 3] each
    across = middles[0] - middles[1]
    away = middles[2] - (middles[0] + middles[1]) / 2
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        along = (away * across).sum(-1) / (across * across).sum(-1)
    along = along[np.isfinite(along)]
    if not len(along) or abs(np.median(along)) < ASIDE:
        return ""
    is_left = bool(np.median(along) > 0)
    agreed = float(((along > 0) == is_left).mean())
    return ("left" if is_left else "right") if agreed >= AGREED else ""


def _limb(word: str) -> str:
    """``arm``, ``leg`` or ``head`` of a sided word; empty of any other."""
    joint = VOCABULARY[word]
    return joint.part.rpartition("_")[2] if joint.side != "centre" or joint.part == "head" else ""


def _middle(joints: Raw, at: Sequence[int]) -> Raw:
    """The mean of some joints, [T, P, 3]; NaN where none is seen."""
    some = joints[:, :, list(at)]
    seen = np.asarray(np.isfinite(some).all(-1, keepdims=True))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.where(seen, some, 0).sum(2) / np.sum(seen, axis=2))
