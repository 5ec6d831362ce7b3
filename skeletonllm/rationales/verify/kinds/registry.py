"""The kinds of claim that can be measured: one function each; a new kind is one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skeletonllm.kinematics.bodies import Body
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify import claims
from skeletonllm.rationales.verify.claim_context import ClaimContext, Inspection, Measurement
from skeletonllm.rationales.verify.kinds import (
    contacts,
    cycles,
    distances,
    gait,
    heights,
    hinges,
    loops,
    pick_ups,
    places,
    stances,
    strokes,
    throws,
    trunk,
    whole_body,
)

Look = Measurement | Inspection
"""One way to check a claim; of several ways, one that holds is enough."""

KINDS: dict[str, Callable[[ClaimContext], Sequence[Look]]] = {
    "raise": heights.measure_raise,
    "lower": heights.measure_lower,
    "bend": hinges.measure_bend,
    "extend": hinges.measure_extend,
    "lean": trunk.measure_lean,
    "straighten": trunk.measure_straighten,
    "twist": trunk.measure_twist,
    "forward": places.measure_forward,
    "backward": places.measure_backward,
    "sideways": places.measure_sideways,
    "swing": places.measure_swing,
    "approach": distances.measure_approach,
    "retreat": distances.measure_retreat,
    "touch": contacts.measure_touch,
    "clap": contacts.measure_clap,
    "cross": contacts.measure_cross,
    "circle": loops.measure_circle,
    "oscillate": cycles.measure_oscillate,
    "hold": stances.measure_hold,
    "turn": gait.measure_turn,
    "step": gait.measure_step,
    "walk": gait.measure_walk,
    "run": gait.measure_run,
    "jump": whole_body.measure_jump,
    "crouch": whole_body.measure_crouch,
    "sit": whole_body.measure_sit,
    "stand": whole_body.measure_stand,
    "lunge": stances.measure_lunge,
    "kick": strokes.measure_kick,
    "push": strokes.measure_push,
    "pull": strokes.measure_pull,
    "throw": throws.measure_throw,
    "pick_up": pick_ups.measure_pick_up,
}
"""By the word of the claim; docs/CLAIMS.md says what each measures, and how closely."""

_CENTRAL = ("pelvis", "chest", "head", "torso")
_OF_THE_BODY = ("turn", "walk", "run", "jump", "crouch", "sit", "stand", "lean", "straighten",
                "twist")  # fmt: skip
_OF_BOTH_HANDS = ("clap",)


def find_looks(step: Step, people: Sequence[Body]) -> list[Sequence[Look]]:
    """For each side the claim is about, the ways to check it; empty if it cannot be checked.

    Args:
        step: The claim.
        people: One body for each person row of the motion.
    """
    kind, body = KINDS.get(step.motion), people[step.person]
    if kind is None or not np.isfinite(body.stature):
        return []
    others = [other for i, other in enumerate(people) if i != step.person]
    found = [kind(ClaimContext(step, body, others, side)) for side in _list_sides(step)]
    return [looks for looks in found if looks]


def _list_sides(step: Step) -> tuple[str, ...]:
    """Left, right, or the empty side of what is measured as one."""
    point = claims.find_hinge(step.part) if step.motion in ("bend", "extend") else None
    point = point or claims.find_height_point(step.part)
    if point in _CENTRAL or step.motion in _OF_THE_BODY:
        return ("",)
    if step.motion in _OF_BOTH_HANDS or (step.motion == "cross" and step.side == "both"):
        return ("",)
    return (step.side,) if step.side in ("left", "right") else ("left", "right")
