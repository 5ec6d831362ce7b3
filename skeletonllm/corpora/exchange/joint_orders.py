"""In which of several orders do an array's joints make a body?

OpenPose's body and Kinect v2's have 25 joints both, COCO's and Human3.6M's 17, and arrays do not
say which are theirs. A body tells: its left limbs are as long as its right ones and its shanks as
its thighs, the pelvis lies between the hips, and head and feet lie on either side of the hips. All
that holds in a picture, too, and whatever is up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.bare_arrays import ALIKE, APART
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.topology import Topology

WHOLE, DOUBTFUL = 3, 1
"""Marks of a body that passes every test, and of one that passes too few."""

_LOOKED_AT, _TRIED = 64, 512
"""Bodies that are measured, and of how many, evenly: an order does not change within a clip."""

_SIDES = ("left", "right")
_LEGS = tuple(f"{side}_{name}" for side in _SIDES for name in ("hip", "knee", "ankle"))
_HEADS = ("head", "nose", "neck")


def choose_order(points: Raw, orders: Sequence[Topology]) -> tuple[Topology, bool]:
    """The order in which joints make a body, and whether that is in doubt.

    The first order is what is expected, and stands unless another one fits wholly where it does
    not.

    Args:
        points: [..., V, 2 or 3]; zeros or NaN where a joint is missing.
        orders: Skeletons of V joints.

    Example:
        >>> from skeletonllm.topology import COCO_17
        >>> order, doubtful = choose_order(np.zeros((5, 17, 2)), [COCO_17])
        >>> order.name, doubtful  # nobody is there to tell
        ('coco_17', False)
    """
    expected = rate_order(points, orders[0])
    if expected in (None, WHOLE):  # most are; the other orders are not looked at
        return orders[0], False
    other = next((o for o in orders[1:] if rate_order(points, o) == WHOLE), None)
    return other or orders[0], other is not None or expected <= DOUBTFUL


def rate_order(points: Raw, order: Topology) -> int | None:
    """How many of three tests joints pass as a body of this order; None where too few are seen.

    Args:
        points: [..., V, 2 or 3]; zeros or NaN where a joint is missing.
        order: A skeleton of V joints.
    """
    bodies = points.reshape(-1, *points.shape[-2:])
    head = next(name for name in _HEADS if order.find(name) is not None)
    pelvis = ("pelvis",) if order.find("pelvis") is not None else ()
    names = (*_LEGS, head, *pelvis)
    bodies = bodies[:: max(1, len(bodies) // _TRIED)]
    seen = bodies[:, [order.index(name) for name in names]]
    there = np.isfinite(seen).all((1, 2)) & (seen != 0).any(2).all(1)
    seen = seen[there]
    if not len(seen):
        return None
    seen = seen[:: max(1, len(seen) // _LOOKED_AT)]
    at = {name: seen[:, i] for i, name in enumerate(names)}
    hips = (at["left_hip"] + at["right_hip"]) / 2
    feet = (at["left_ankle"] + at["right_ankle"]) / 2
    apart = float(np.median(((at[head] - hips) * (feet - hips)).sum(-1))) < 0
    return sum((_are_limbs(at), apart, not pelvis or _is_between(at, hips)))


def _are_limbs(at: dict[str, Raw]) -> bool:
    thighs = [_length(at[f"{side}_hip"] - at[f"{side}_knee"]) for side in _SIDES]
    shanks = [_length(at[f"{side}_knee"] - at[f"{side}_ankle"]) for side in _SIDES]
    pairs = [(*thighs, ALIKE), (*shanks, ALIKE), (sum(thighs), sum(shanks), APART)]
    return min(*thighs, *shanks) > 0 and all(max(a, b) <= most * min(a, b) for a, b, most in pairs)


def _is_between(at: dict[str, Raw], hips: Raw) -> bool:
    """Whether the pelvis is nearer to the middle of the hips than a quarter of a thigh."""
    reach = _length(at["left_hip"] - at["left_knee"]) / 4
    reach = max(reach, _length(at["left_hip"] - at["right_hip"]) / 2)
    return _length(at["pelvis"] - hips) <= reach


def _length(vectors: Raw) -> float:
    return float(np.median(np.sqrt(np.einsum("...i,...i->...", vectors, vectors))))
