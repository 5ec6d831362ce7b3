"""Side: which hand, elbow, foot or knee does it, and which one does not.

It is asked of the whole clip where the other side never does it, else of the stretch in which only
one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from skeletonllm.questions.checking import judge_hypothesis
from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.questions.facts import (
    OTHER_SIDE,
    Fact,
    Facts,
    mirror_side,
    say_somewhere,
)
from skeletonllm.questions.words import write_predicate
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.verdicts import verify_steps

KIND = "side"
MOST_OF_OTHER = 0.5
"""Share of a movement that the other side may make of it at the same time. The judge takes a side
that does 1.45 times as much; in a picture both are seen to do it then."""
_HAPPENS = ("touch", "oscillate")
"""Motions that happen or not: what is measured is no amount of them."""
_DOES = (
    "which {part} {does}?",
    "which of the person's two {part}s {does}?",
    "which one of the two {part}s {does}?",
)
_DOES_NOT = (
    "which {part} does not {do}?",
    "which of the person's two {part}s does not {do}?",
    "which one of the two {part}s does not {do}?",
)
_STILL = (
    "which hand stays in place all the time?",
    "which of the two hands rests throughout the clip?",
)
_BUSY = (
    "which hand moves more?",
    "which of the two hands does most of the movement?",
)


def draft_sides(facts: Facts) -> Iterator[Draft]:
    """Questions about each movement that one side makes and the other never does.

    Half of them ask which side does not: so "right" is not the usual answer, although most people
    do most things with it.
    """
    numbers = count()
    for fact in facts.facts:
        one = fact.step.side in OTHER_SIDE and not _tells_its_side(fact.step)
        if one and _does_much_more(fact.step, facts):
            yield _draft(facts, fact, next(numbers))
            if fact.step.part == "hand":
                yield _draft_stillness(facts, fact.step, next(numbers))


def _tells_its_side(step: Step) -> bool:
    """Whether the words tell the side: a right hand goes out to the right; and of two hands that
    come closer, each comes closer to the other.
    """
    mutual = step.motion in ("approach", "retreat") and step.target == "other hand"
    return step.motion == "sideways" or mutual


def _does_much_more(step: Step, facts: Facts) -> bool:
    """Whether the other side does at most half as much at that time."""
    if step.motion in _HAPPENS:
        return True
    mine, theirs = verify_steps([step, mirror_side(step)], facts.motion)
    return not theirs.measured > MOST_OF_OTHER * mine.measured


def _draft(facts: Facts, fact: Fact, number: int) -> Draft:
    step, phrasing = fact.step, facts.phrasing(KIND, number)
    does = facts.draw(2, KIND, number) == 0
    plural = {"foot": "feet"}.get(step.part, f"{step.part}s")
    text = phrasing.pick("form", _DOES if does else _DOES_NOT).replace("{part}s", plural)
    text = text.format(
        part=step.part,
        does=write_predicate(step, phrasing, "singular"),
        do=write_predicate(step, phrasing, "plural"),
    )
    answer = step.side if does else OTHER_SIDE[step.side]
    other = mirror_side(step)
    # While one hand waves, the other must rest: in a walk both swing, and one of them more evenly.
    rests = replace(other, motion="hold", direction="", count=1)
    right = Hypothesis((step, rests) if step.motion == "oscillate" else (step,))
    readings, stretch = say_somewhere(other, facts.whole), None
    if not all(judge_hypothesis(r, facts.motion) == "contradicted" for r in readings):
        readings, stretch = (Hypothesis((other,)),), (step.start_s, step.end_s)
    wrong = {f"the {OTHER_SIDE[answer]} {step.part}": readings}
    answered = f"the {answer} {step.part}"
    return Draft(KIND, "choice", facts.ask(text), answered, right, wrong, stretch=stretch)


def _draft_stillness(facts: Facts, step: Step, number: int) -> Draft:
    """One hand rests in both halves of the clip, and the other does not."""
    phrasing = facts.phrasing(KIND, number)
    busy = facts.draw(2, KIND, number) == 0
    mover, other = step.side, OTHER_SIDE[step.side]
    rests = {side: Hypothesis(_hold(step, side, facts.whole[1])) for side in OTHER_SIDE}
    text = phrasing.pick("form", _BUSY if busy else _STILL)
    answer = mover if busy else other
    wrong = {f"the {OTHER_SIDE[answer]} hand": (rests[mover],)}
    return Draft(KIND, "choice", facts.ask(text), f"the {answer} hand", rests[other], wrong)


def _hold(step: Step, side: str, end_s: float) -> tuple[Step, ...]:
    """Said of all of a clip, a rest is one at some time: so each half must rest."""
    halves = ((0.0, end_s / 2), (end_s / 2, end_s))
    return tuple(
        Step(n, start, end, "hold", step.part, side, step.person)
        for n, (start, end) in enumerate(halves, start=1)
    )
