"""Words of questions: what a part does, as a verb phrase, and who and what it is."""

from __future__ import annotations

from dataclasses import replace

from skeletonllm.rationales.language import Phrasing
from skeletonllm.rationales.language.clauses import compose_clause
from skeletonllm.rationales.language.inflection import inflect_verb, pluralize_noun
from skeletonllm.rationales.rationale import Step

WAYS = {
    "forward": "forward",
    "back": "backward",
    "left": "to the left",
    "right": "to the right",
    "up": "up",
    "down": "down",
}
"""Of the own body."""
AIMED = ("approach", "retreat", "touch")
"""Motions that say nothing without their target."""
_DIRECTED = ("lean", "twist", "sideways", "turn", "step", "oscillate")
_AXES = {"up": "up and down", "left": "from side to side", "forward": "forward and backward"}
_NOUNS = {"torso": "trunk", "body": "whole body"}
_PREDICATES: dict[str, tuple[str, ...]] = {
    "raise": ("go up", "move upward", "rise"),
    "lower": ("go down", "move downward", "sink"),
    "bend": ("bend", "become more bent"),
    "extend": ("straighten", "become straighter"),
    "lean": ("lean {way}", "tilt {way}"),
    "straighten": ("come back upright", "return to upright"),
    "twist": ("twist {way}", "rotate {way}"),
    "forward": ("move forward", "go forward"),
    "backward": ("move backward", "go backward"),
    "sideways": ("move sideways {way}", "shift sideways {way}"),
    "approach": ("come closer to {target}", "move toward {target}"),
    "retreat": ("move away from {target}", "go away from {target}"),
    "touch": ("touch {target}", "come into contact with {target}"),
    "oscillate": ("move {axis}", "go {axis}"),
    "turn": ("turn {way}",),
    "step": ("step {way}", "take a step {way}"),
}
_HEIGHT = ("hand", "foot", "body")
_PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("raise", "lower"), _HEIGHT),
    **dict.fromkeys(("bend", "extend"), ("elbow", "knee")),
    **dict.fromkeys(("lean", "straighten", "twist"), ("torso",)),
    **dict.fromkeys(("forward", "backward", "sideways", "touch"), ("hand",)),
    **dict.fromkeys(("approach", "retreat"), ("hand", "body")),
    "oscillate": ("hand", "foot", "torso"),
    "turn": ("body",),
    "step": ("foot",),
}


def is_asked(step: Step) -> bool:
    """Whether questions may name what a claim says: a single movement of a part that shows it.

    What several movements make together (a kick, a throw, a seat) is what classes are named after,
    and is never named. An elbow that goes forward, or a shrug, is not what people see; a head goes
    to and fro with every stoop.
    """
    return step.part in _PARTS.get(step.motion, ())


def simplify(step: Step) -> Step:
    """The claim as it is asked about: without the level that a hand gets to, and without a count.

    Args:
        step: Of one of :data:`ASKED`.
    """
    target = step.target if step.motion in AIMED else ""
    way = step.direction if step.motion in _DIRECTED else ""
    count = max(2, step.count) if step.motion == "oscillate" else 1
    return replace(step, target=target, direction=way, count=count, causes=())


def write_clause(step: Step, phrasing: Phrasing, place: str, *, gerund: bool = False) -> str:
    """``the right hand rises``: a claim as a clause, in the words of rationales.

    Args:
        step: As of :func:`simplify`.
        phrasing: Which words are taken.
        place: Of the clause in the question.
        gerund: ``the right hand rising``.
    """
    # Nobody counts the cycles while asking for an order: "moves to and fro" is enough.
    return compose_clause(step, phrasing, place, gerund=gerund)


def write_predicate(step: Step, phrasing: Phrasing, form: str, *, owner: str = "the") -> str:
    """``goes up``: what the part of a claim does.

    Args:
        step: As of :func:`simplify`.
        phrasing: Which words are taken.
        form: Of the verb: ``singular`` (goes), ``plural`` (go, also the infinitive) or ``gerund``.
        owner: Of a target of the own body.
    """
    phrase = phrasing.pick("predicate", _PREDICATES[step.motion])
    verb, _, rest = phrase.partition(" ")
    filled = rest.format(
        way=WAYS.get(step.direction, ""),
        axis=_AXES.get(step.direction, "to and fro"),
        target=name_target(step, owner),
    )
    return f"{inflect_verb(verb, form)} {filled}".strip()


def name_target(step: Step, owner: str = "the") -> str:
    """``the head``, ``each other``, ``the other person's hand``.

    Args:
        step: Whose target is named.
        owner: Of a part of the own body.
    """
    target = step.target.removeprefix("the ")
    if step.side == "both" and target == "other hand":
        return "each other"
    other = target.startswith("other")
    return f"the {target}" if other or owner == "the" else f"{owner} {target}"


def name_limb(step: Step) -> str:
    """``the right hand``, ``both hands``, ``the trunk``: whose part a claim is about."""
    noun = _NOUNS.get(step.part, step.part)
    if step.side == "both":
        return f"both {pluralize_noun(noun)}"
    return f"the {noun}" if step.side == "centre" else f"the {step.side} {noun}"


def find_form(step: Step) -> str:
    """The form of the verb that the part of a claim takes."""
    return "plural" if step.side == "both" else "singular"


def capitalize(text: str) -> str:
    """With a capital letter at its start; the rest stays as it is."""
    return f"{text[:1].upper()}{text[1:]}"
