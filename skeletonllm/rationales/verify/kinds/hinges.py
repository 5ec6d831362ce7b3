"""Claims of joints that close and open: elbows, knees, hips; and the torso as such a joint."""

from __future__ import annotations

from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import (
    ClaimContext,
    Measurement,
    ignore_window,
)
from skeletonllm.rationales.verify.kinds.trunk import measure_lean, measure_straighten

LEAST_DEGREES = {"elbow": 15.0, "knee": 12.0, "hip": 12.0}
"""Smallest change of an angle: three times what a joint at rest seems to move by. A knee and a hip
carry the body, and seem to move less."""


def measure_bend(context: ClaimContext) -> list[Measurement]:
    """A joint closes; of the torso, it leans."""
    if claims.find_hinge(context.step.part) == "torso":
        return measure_lean(context)
    return _measure(context, -1.0)


def measure_extend(context: ClaimContext) -> list[Measurement]:
    """A joint opens; of the torso, it comes back to upright."""
    if claims.find_hinge(context.step.part) == "torso":
        return measure_straighten(context)
    return _measure(context, 1.0)


def _measure(context: ClaimContext, sign: float) -> list[Measurement]:
    hinge = claims.find_hinge(context.step.part)
    if hinge not in LEAST_DEGREES or not context.side:
        return []

    def make(who: ClaimContext) -> Measurement:
        angle = who.body.angle(hinge, who.side)
        return Measurement(ignore_window(sign * angle), LEAST_DEGREES[hinge], who.flat)

    return [context.compare(make)]
