"""Which told step leads to which: those that carry at least half of it, by a counterfactual.

The judge asks the same (:mod:`skeletonllm.rationales.verify.counterfactual`), so what is named here
as a cause is one by its measure. What is merely taken back is no explanation: that a hand comes
down since it went up is left to the order of the steps. Nor does a hand bend its elbow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.kinematics import Body
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.counterfactual import HALF, measure_carried_share

MOST = 2
"""Most causes that are named of one step."""
_TOGETHER_S = 0.1
"""What begins within this of each other begins together: order is not known better."""
_SHARED = 0.3
"""Share of the shorter of two steps that both must be under way, for one to drive the other."""
_DRIVEN: dict[str, tuple[str, ...]] = {
    "shoulder": ("elbow", "hand"),
    "elbow": ("hand",),
    "hip": ("knee", "foot", "body"),
    "knee": ("foot", "body"),
    "foot": ("body",),
    "torso": ("hand", "elbow", "head"),
    "body": ("hand", "elbow", "head"),
}
"""Part -> what hangs on it. A hand does not bend its elbow, it is carried by it."""
_DRIVING = {
    **dict.fromkeys(("elbow", "knee", "hip"), ("bend", "extend")),
    "foot": ("step",),
}
"""Part -> what it does that drives others; a joint drives by its angle, a foot by its step."""


def link_causes(steps: Sequence[Step], people: Sequence[Body], fps: float) -> tuple[Step, ...]:
    """The steps with the causes among the earlier ones.

    Args:
        steps: In the order they begin, with their ids.
        people: One body for each person row of the motion.
        fps: Frames a second.
    """
    return tuple(
        replace(step, causes=_find_causes(step, steps[:number], people, fps))
        for number, step in enumerate(steps)
    )


def _find_causes(
    step: Step, earlier: Sequence[Step], people: Sequence[Body], fps: float
) -> tuple[int, ...]:
    may = [cause for cause in earlier if _may_lead(cause, step)]
    shares = {cause.id: measure_carried_share(cause, step, people, fps) for cause in may}
    carried = [i for i, share in shares.items() if np.nan_to_num(share) >= HALF]
    return tuple(sorted(sorted(carried, key=lambda i: -shares[i])[:MOST]))


def _may_lead(cause: Step, effect: Step) -> bool:
    """Whether one hangs on the other, or comes to the other, and both are under way at a time."""
    if cause.start_s > effect.start_s + _TOGETHER_S or "hold" in (cause.motion, effect.motion):
        return False
    shared = min(cause.end_s, effect.end_s) - max(cause.start_s, effect.start_s)
    if shared < _SHARED * min(cause.end_s - cause.start_s, effect.end_s - effect.start_s):
        return False
    if cause.person != effect.person:
        return effect.target.startswith("other person")
    one_limb = cause.side == effect.side or {"both", "centre"} & {cause.side, effect.side}
    drives = cause.motion in _DRIVING.get(cause.part, (cause.motion,))
    return bool(one_limb) and drives and effect.part in _DRIVEN.get(cause.part, ())
