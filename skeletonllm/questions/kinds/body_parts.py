"""Body part: which part does it, what a hand touches; and how high a hand gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.signals import finite_quantile
from skeletonllm.motion import Motion
from skeletonllm.questions.checking import judge_hypothesis
from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.questions.facts import OTHER_SIDE, Fact, Facts, say_somewhere
from skeletonllm.questions.words import name_limb, write_predicate
from skeletonllm.rationales.language.forms import CENTRAL, LEVELS, OWN_TARGETS, find_form_fault
from skeletonllm.rationales.rationale import Step

KIND, HEIGHT = "body_part", "attribute"
MOST_WRONG = 3
_HIGHER = 0.05
"""Statures by which a hand may be higher at another time: less than half of the way between two
levels."""
_PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("raise", "lower", "forward", "backward"), ("hand", "foot")),
    **dict.fromkeys(("bend", "extend"), ("elbow", "knee")),
    "oscillate": ("hand", "foot", "head", "torso"),
}
"""Motion -> parts that are offered, each of which is the right one now and then."""
_SELDOM = {"hand": 6}
"""Of what is done with hands, one in so many is asked: else "a hand" would be the usual answer."""
_WHICH = ("which part of the body {does}?", "what {does}?", "which of these {does}?")
_TOUCHED = ("what does {limb} touch?", "where does {limb} come into contact with the body?")
_HIGH = ("how high does {limb} get?", "up to which height does {limb} go?")
_TOUCHED_OF_BOTH = ("what do {limb} touch?", "where do {limb} come into contact with the body?")
_HIGH_OF_BOTH = ("how high do {limb} get?", "up to which height do {limb} go?")
_HEIGHTS = {
    "waist": "to the waist",
    "chest": "to the chest",
    "shoulder": "to the shoulders",
    "head": "to the head",
    "overhead": "above the head",
}


def draft_parts(facts: Facts) -> Iterator[Draft]:
    """Questions about which part of the body makes a movement that no other one makes."""
    numbers = count()
    for fact in facts.facts:
        if fact.step.part in _PARTS.get(fact.step.motion, ()):
            number = next(numbers)
            often = _SELDOM.get(fact.step.part, 1)
            if facts.draw(often, f"{KIND} often", number) == 0:
                yield from _draft_which(facts, fact, number)
        elif fact.step.motion == "touch" and fact.step.target in OWN_TARGETS:
            yield from _draft_touched(facts, fact, next(numbers))


def draft_heights(facts: Facts) -> Iterator[Draft]:
    """Questions about how high a hand that is raised gets at most."""
    numbers = count()
    for fact in facts.facts:
        raised = (fact.told.motion, fact.told.part) == ("raise", "hand")
        if raised and fact.told.target in _HEIGHTS and _is_highest(facts, fact.told):
            yield from _draft_height(facts, fact, next(numbers))


def _is_highest(facts: Facts, step: Step) -> bool:
    """Whether the hand is nowhere in the clip higher than where this rise ends."""
    body, fps = extract_bodies(facts.motion)[step.person], facts.motion.fps
    sides = OTHER_SIDE if step.side == "both" else (step.side,)
    for side in sides:
        height = body.height(f"{side}_hand")
        here = height[round(step.start_s * fps) : round(step.end_s * fps) + 1]
        if not finite_quantile(height, 1.0) - finite_quantile(here, 1.0) <= _HIGHER:
            return False
    return True


def _draft_which(facts: Facts, fact: Fact, number: int) -> Iterator[Draft]:
    step, phrasing = fact.step, facts.phrasing(KIND, number)
    others = [
        replace(step, part=part, side=side)
        for part in _PARTS[step.motion]
        for side in _list_sides(step.side, part)
        if (part, side) != (step.part, step.side)
    ]
    readings = {name_limb(o): say_somewhere(o, facts.whole) for o in others if _can_be_said(o)}
    wrong = _choose_false(readings, facts, step.side, number)
    if len(wrong) > 1 or (wrong and step.side == "both"):
        does = write_predicate(step, phrasing, "singular")
        text = phrasing.pick("form", _WHICH).format(does=does)
        right = Hypothesis((step,))
        yield Draft(KIND, "choice", facts.ask(text), name_limb(step), right, wrong)


def _draft_touched(facts: Facts, fact: Fact, number: int) -> Iterator[Draft]:
    step, phrasing = fact.step, facts.phrasing(KIND, number)
    others = [replace(step, target=target) for target in OWN_TARGETS if target != step.target]
    readings = {f"the {o.target}": say_somewhere(o, facts.whole) for o in others}
    wrong = _choose_false(readings, facts, step.side, number)
    if len(wrong) > 1:
        forms = _TOUCHED_OF_BOTH if step.side == "both" else _TOUCHED
        text = phrasing.pick("form", forms).format(limb=name_limb(step))
        right = Hypothesis((step,))
        yield Draft(KIND, "choice", facts.ask(text), f"the {step.target}", right, wrong)


def _draft_height(facts: Facts, fact: Fact, number: int) -> Iterator[Draft]:
    """Levels next to the right one are left out: the judge takes both where a hand is between."""
    step, phrasing = fact.told, facts.phrasing(HEIGHT, number)
    at = LEVELS.index(step.target)
    readings = {
        _HEIGHTS[level]: say_somewhere(replace(step, target=level), facts.whole)
        for n, level in enumerate(LEVELS)
        if abs(n - at) > 1 and level in _HEIGHTS
    }
    wrong = _choose_false(readings, facts, step.side, number)
    if len(wrong) > 1:
        forms = _HIGH_OF_BOTH if step.side == "both" else _HIGH
        text = phrasing.pick("form", forms).format(limb=name_limb(step))
        right = Hypothesis((replace(step, causes=()),))
        yield Draft(HEIGHT, "choice", facts.ask(text), _HEIGHTS[step.target], right, wrong)


def _list_sides(side: str, part: str) -> tuple[str, ...]:
    """Sides of other parts: beside "both hands", "the left foot" would give the answer away."""
    if part in CENTRAL:
        return ("centre",)
    return ("both",) if side == "both" else ("left", "right")


def _can_be_said(step: Step) -> bool:
    return not find_form_fault(step)


def _choose_false(
    readings: Mapping[str, Sequence[Hypothesis]], facts: Facts, side: str, number: int
) -> dict[str, tuple[Hypothesis, ...]]:
    """Some of the choices that are contradicted, as drawn; what else is there is not offered.

    The draw calls sides "same" and "other", so that a mirrored clip offers the same parts.
    """

    def draw(text: str) -> int:
        unsided = text.replace(side, "same").replace(OTHER_SIDE.get(side, side), "other")
        return facts.draw(1 << 30, f"{KIND} {unsided}", number)

    order = sorted(readings, key=draw)
    false: dict[str, tuple[Hypothesis, ...]] = {}
    for text in order:
        if len(false) < MOST_WRONG and _is_false(readings[text], facts.motion):
            false[text] = tuple(readings[text])
    return false


def _is_false(readings: Sequence[Hypothesis], motion: Motion) -> bool:
    return all(judge_hypothesis(r, motion) == "contradicted" for r in readings)
