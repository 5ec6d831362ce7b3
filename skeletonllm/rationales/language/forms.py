"""Which claims can be said: parts, sides, targets, directions and counts of each kind of motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from skeletonllm.rationales.rationale import Step

LEVELS = ("the floor", "knee", "waist", "chest", "shoulder", "head", "overhead")
"""Heights a hand can be at, as ``skeletonllm.kinematics.scene.LEVELS`` names them."""
OWN_TARGETS = (
    *("head", "chest", "stomach", "hip", "knee", "foot"),
    *("other hand", "other elbow", "other shoulder"),
)
OTHER_TARGETS = (
    "other person",
    *(f"other person's {part}" for part in ("hand", "head", "torso", "arm", "leg")),
)
CENTRAL = ("torso", "head", "body")
"""Parts that have no side."""
_WAYS = ("forward", "back", "left", "right")
_ROUND = ("clockwise", "counterclockwise")


@dataclass(frozen=True)
class Form:
    """What a claim of one kind may say.

    Args:
        parts: That can do it.
        sides: Of those parts; central parts always have ``centre``.
        levels: Whether a hand's level can be its target.
        targets: Other targets it must have one of; empty if none.
        directions: It can have; the empty one is named too.
        counts: Least and most; the most that is tried where any number goes is twelve.
    """

    parts: tuple[str, ...]
    sides: tuple[str, ...] = ("left", "right", "both")
    levels: bool = False
    targets: tuple[str, ...] = ()
    directions: tuple[str, ...] = ("",)
    counts: tuple[int, int] = (1, 12)

    def list_sides(self, part: str) -> tuple[str, ...]:
        """The sides a part can have in this form."""
        return ("centre",) if part in CENTRAL else self.sides

    def list_targets(self, part: str) -> tuple[str, ...]:
        """The targets a part can have in this form."""
        if self.targets:
            return OTHER_TARGETS if part == "body" else self.targets
        return ("", *LEVELS) if self.levels and part == "hand" else ("",)


_SYNONYMS = {
    **dict.fromkeys(("arm", "wrist", "palm", "fist", "fingers"), "hand"),
    **dict.fromkeys(("leg", "ankle"), "foot"),
    **dict.fromkeys(("trunk", "chest", "upper body"), "torso"),
    **dict.fromkeys(("pelvis", "whole body"), "body"),
}
"""Part as a teacher calls it to ours; ``verify.claims`` knows them too."""
_ONE = ("left", "right")
_BODY = ("body",)
_REACHING = ("hand", "elbow", "foot")
_HEIGHT = ("hand", "elbow", "shoulder", "foot", "knee", "head", "body")
_LIMBS = ("hand", "elbow", "shoulder", "foot", "knee")
_AIMS = OWN_TARGETS + OTHER_TARGETS

FORMS: dict[str, Form] = {
    "raise": Form(_HEIGHT, levels=True),
    "lower": Form(_HEIGHT, levels=True),
    "bend": Form(("elbow", "knee", "hip")),
    "extend": Form(("elbow", "knee", "hip")),
    "lean": Form(("torso",), directions=("", *_WAYS)),
    "straighten": Form(("torso",)),
    "twist": Form(("torso",), directions=_ONE),
    "forward": Form((*_REACHING, "head"), levels=True),
    "backward": Form((*_REACHING, "head"), levels=True),
    "sideways": Form(_REACHING, levels=True, directions=_ONE),
    "swing": Form(("hand",), directions=("", *_WAYS)),
    "approach": Form(("hand", "foot", "body"), targets=_AIMS),
    "retreat": Form(("hand", "foot", "body"), targets=_AIMS),
    "touch": Form(("hand",), targets=_AIMS),
    "clap": Form(("hand",), sides=("both",)),
    "cross": Form(("hand",)),
    "circle": Form(("hand", "foot"), levels=True, directions=("", *_ROUND)),
    "oscillate": Form(
        (*_REACHING, "knee", "head", "torso"),
        levels=True,
        directions=("", "up", "left", "forward"),
        counts=(2, 12),
    ),
    "hold": Form((*_LIMBS, "hip", "torso", "head", "body"), levels=True, counts=(1, 1)),
    "turn": Form(_BODY, directions=_ONE, counts=(1, 1)),
    "step": Form(("foot",), sides=_ONE, directions=("", *_WAYS)),
    "walk": Form(_BODY, directions=("", *_WAYS), counts=(2, 12)),
    "run": Form(_BODY, counts=(3, 12)),
    "jump": Form(_BODY),
    "crouch": Form(_BODY),
    "sit": Form(_BODY, counts=(1, 1)),
    "stand": Form(_BODY),
    "lunge": Form(("foot",), sides=_ONE, directions=_WAYS),
    "kick": Form(("foot",), sides=_ONE, directions=_WAYS),
    "push": Form(("hand",), levels=True, directions=("forward", "up", "left", "right")),
    "pull": Form(("hand",)),
    "throw": Form(("hand",), directions=("forward", "up", "left", "right", "down")),
    "pick_up": Form(("hand",), counts=(1, 1)),
    "other": Form((*_LIMBS, "hip", "torso", "head", "body"), counts=(1, 1)),
}
"""Motion to the form of its claims, as docs/CLAIMS.md tells them. ``other`` says only that a part
moves. A push may also be against the other person."""


def list_claims(person: int = 0, counts: tuple[int, ...] = (1, 2, 5)) -> Iterator[Step]:
    """Every claim that can be said, as steps of number 1 and of the first second.

    Args:
        person: Whose.
        counts: That are tried, where the form allows them.
    """
    for motion, form in FORMS.items():
        low, high = form.counts
        numbers = sorted({min(max(n, low), high) for n in counts})
        for part in form.parts:
            aims = form.list_targets(part) + (("other person",) if motion == "push" else ())
            for side, target, way, n in product(
                form.list_sides(part), aims, form.directions, numbers
            ):
                if _makes_sense(motion, part, target):
                    yield Step(1, 0.0, 1.0, motion, part, side, person, target, way, n)


def list_facts(step: Step) -> tuple[str, str, str, int, str, str, int]:
    """A claim without its times: motion, part, side, person, target, direction, count."""
    return (
        *(step.motion, step.part, step.side, step.person),
        *(step.target, step.direction, step.count),
    )


def unify_claim(step: Step) -> Step:
    """A claim in the words of :data:`FORMS`, where teachers have several for one thing."""
    part = _SYNONYMS.get(step.part, step.part)
    if step.motion in ("bend", "extend"):
        part = {"arm": "elbow", "leg": "knee"}.get(step.part, part)
        if part == "torso":
            motion = "lean" if step.motion == "bend" else "straighten"
            # A trunk comes back to the vertical from wherever it leant.
            way = step.direction if step.motion == "bend" else ""
            return replace(step, motion=motion, part=part, direction=way)
    return replace(step, part=part)


def find_form_fault(step: Step) -> str:
    """What of a claim cannot be said, as ``part=tail``; empty if all can."""
    form = FORMS.get(step.motion)
    if form is None:
        return f"motion={step.motion}"
    if step.part not in form.parts:
        return f"part={step.part}"
    if step.side not in form.list_sides(step.part):
        return f"side={step.side}"
    return "" if step.motion == "other" else _find_detail_fault(step, form)


def _find_detail_fault(step: Step, form: Form) -> str:
    aims = form.list_targets(step.part) + (("other person",) if step.motion == "push" else ())
    if step.target not in aims or not _makes_sense(step.motion, step.part, step.target):
        return f"target={step.target}"
    if step.direction not in form.directions:
        return f"direction={step.direction}"
    return "" if step.count >= 1 else f"count={step.count}"


def _makes_sense(motion: str, part: str, target: str) -> bool:
    """A foot has no other hand; all else is left to the joints to judge."""
    return part != "foot" or motion not in ("approach", "retreat") or target != "other hand"
