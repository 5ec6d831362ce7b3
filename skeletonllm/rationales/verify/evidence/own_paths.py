"""Where a part is, seen by the person: right, up and ahead of the own body."""

from __future__ import annotations

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.kinematics.signals import UP, Array
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.intervals import Interval

_ORIGINS = {"hand": "chest", "elbow": "chest"}
_OVER_THE_FLOOR = ("foot", "knee", "head", "chest")


def measure_own_path(context: ClaimContext, point: str, interval: Interval) -> Array:
    """Path [T, 3] in statures along the own right, up and forward, against the own body.

    A hand or an elbow is seen from the chest, anything else from the pelvis, but for its height.
    Where a direction is not known (depth in a picture) it is 0.

    Args:
        context: Whose part, and of which side.
        point: Without side.
        interval: The window, over which the own directions are averaged.
    """
    body, origin = context.body, _ORIGINS.get(point, "pelvis")
    name = context.named(point) if context.side else point
    path = body.point(name) - body.point(origin)
    if point in _OVER_THE_FLOOR:
        path[:, 1] = body.point(name)[:, 1]
    axes = np.nan_to_num(find_steady_axes(body, interval))
    own: Array = (path @ axes.T) / body.stature
    return own


def find_steady_axes(body: Body, interval: Interval) -> Array:
    """The person's right, up and forward [3, 3] in the window; NaN where they are unknown.

    Shoulders swing with the arms: directions frame by frame would swing with them.

    Args:
        body: Whose.
        interval: The window.
    """
    across = body.right()[interval.first : interval.last + 1]
    seen = across[np.isfinite(across).all(axis=1)]
    right = seen.mean(axis=0) if len(seen) else np.full(3, np.nan)
    length = float(np.linalg.norm(right))
    right = right / length if length > 0.5 else np.full(3, np.nan)
    forward = np.full(3, np.nan) if body.topology.dims == 2 else np.cross(UP, right)
    return np.array([right, UP, forward])
