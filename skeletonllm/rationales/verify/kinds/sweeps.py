"""Claims of sweeps: a hand goes a long level way against the chest, in one or any direction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    LEVEL,
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.intervals import Interval

LEAST = 0.09
"""Smallest way, in statures: 15 cm, more than an arm that hangs sways."""


def measure_swing(context: ClaimContext) -> list[Measurement]:
    """A hand against the chest, in the claimed direction or, without one, in any."""
    if claims.find_height_point(context.step.part) != "hand" or not context.side:
        return []
    axis = context.axis()

    def make(who: ClaimContext) -> Measurement:
        path = (who.body.point(who.named("hand")) - who.body.point("chest")) / who.body.stature
        along = None if axis is None else np.sum(path * axis, axis=1)
        signal = _along_its_way(path * LEVEL) if along is None else ignore_window(along)
        return Measurement(signal, LEAST, who.flat)

    return [context.compare(make)]


def _along_its_way(path: Array) -> Callable[[Interval], Array]:
    """Progress [T] in the direction in which the path gets farthest inside the interval."""

    def signal(interval: Interval) -> Array:
        inside = path[interval.first : interval.last + 1]
        seen = inside[np.isfinite(inside).all(axis=1)]
        if not len(seen):
            return np.full(len(path), np.nan)
        shift = seen[int(np.argmax(np.linalg.norm(seen - seen[0], axis=1)))] - seen[0]
        along: Array = path @ (shift / max(float(np.linalg.norm(shift)), 1e-12))
        return along

    return signal
