"""What was measured of a claim, written for a person or a teacher, with its unit."""

from __future__ import annotations

import math

from skeletonllm.rationales.verify.verdicts import LENGTHS

_ANGLES = ("bend", "extend", "lean", "straighten", "twist", "turn")
_NUMBERS = {"clap": "times", "walk": "steps", "run": "steps"}
"""Kinds of which a number is counted. What is measured of the others (a speed, a gap, the radius of
a loop) would tell a reader nothing."""


def write_amount(motion: str, measured: float, *, metric: bool) -> str:
    """``0.31 m``, ``45 degrees``, ``3 times``; empty where nothing was found, or no unit says it.

    Args:
        motion: Kind of the claim.
        measured: Of its :class:`~skeletonllm.rationales.rationale.Verdict`.
        metric: Whether the motion is in metres; else lengths are in body heights.

    Example:
        >>> write_amount("raise", 0.314, metric=True), write_amount("touch", 0.3, metric=True)
        ('0.31 m', '')
    """
    if not math.isfinite(measured) or not measured:
        return ""
    if motion in LENGTHS:
        return f"{measured:.2f} {'m' if metric else 'body heights'}"
    unit = "degrees" if motion in _ANGLES else _NUMBERS.get(motion)
    return f"{measured:.0f} {unit}" if unit else ""
