"""Direction: which way somebody turns, leans, steps, or moves a hand, as that person sees it.

It is asked of the whole clip where it goes one way only, else of the stretch in which it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.questions.facts import Fact, Facts, happens_otherwise, say_somewhere
from skeletonllm.questions.words import WAYS, name_limb
from skeletonllm.rationales.language.forms import FORMS
from skeletonllm.rationales.rationale import Step

KIND = "direction"
_FORMS: dict[str, tuple[str, ...]] = {
    "turn": ("which way does the person turn?", "in which direction does the whole body turn?"),
    "lean": (
        "which way does the trunk lean?",
        "in which direction does the person tilt the trunk?",
    ),
    "twist": (
        "which way does the trunk twist over the hips?",
        "to which side are the shoulders twisted against the hips?",
    ),
    "step": ("which way does {limb} step?", "in which direction is the step of {limb}?"),
    "sideways": (
        "to which side does {limb} move, as the person sees it?",
        "which way does {limb} move sideways, as the person sees it?",
    ),
}
_OFTEN = {("lean", "forward"): 3, ("step", "forward"): 2}
"""Of what goes mostly one way, one in so many is asked: else the usual way would be the answer."""


def draft_directions(facts: Facts) -> Iterator[Draft]:
    """Questions about each movement that goes one way."""
    numbers = count()
    for fact in facts.facts:
        if fact.step.motion in _FORMS and fact.step.direction:
            number = next(numbers)
            often = _OFTEN.get((fact.step.motion, fact.step.direction), 1)
            if facts.draw(often, f"{KIND} often", number) == 0:
                yield _draft(facts, fact, number)


def _draft(facts: Facts, fact: Fact, number: int) -> Draft:
    step, phrasing = fact.step, facts.phrasing(KIND, number)
    text = phrasing.pick("form", _FORMS[step.motion]).format(limb=name_limb(step))
    ways = [way for way in FORMS[step.motion].directions if way and way != step.direction]
    again = any(happens_otherwise(facts, step, direction=way) for way in ways)
    stretch = (step.start_s, step.end_s) if again else None
    wrong = {WAYS[way]: _readings(replace(step, direction=way), facts, stretch) for way in ways}
    right, answer = Hypothesis((step,)), WAYS[step.direction]
    return Draft(KIND, "choice", facts.ask(text), answer, right, wrong, stretch=stretch)


def _readings(
    other: Step, facts: Facts, stretch: tuple[float, float] | None
) -> tuple[Hypothesis, ...]:
    """That it goes another way at that time, or at any time of the clip or of its stretch."""
    if stretch is not None:
        return Hypothesis((other,)), *say_somewhere(other, stretch, cut=True)
    return Hypothesis((other,)), *say_somewhere(other, facts.whole)
