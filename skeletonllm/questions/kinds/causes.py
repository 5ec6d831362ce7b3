"""Cause: which of several movements carries another one, by a counterfactual.

What is named as a cause carries most of its effect: held still, most of the effect is gone. What is
named beside it carries little of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from skeletonllm.kinematics import extract_bodies
from skeletonllm.questions.draft import NO, YES, Draft, Hypothesis
from skeletonllm.questions.facts import (
    OTHER_SIDE,
    Facts,
    happens_otherwise,
    is_clear,
    is_meant,
    mirror_side,
)
from skeletonllm.questions.words import (
    is_asked,
    name_limb,
    simplify,
    write_clause,
    write_predicate,
)
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.counterfactual import measure_carried_share

KIND = "cause"
CARRIES = 0.6
"""Least share of an effect that the cause which is asked for carries; the judge takes half. A tenth
is what smoothing and the lengths of bones change."""
CARRIES_NOT = 0.3
"""Most that a wrong choice may carry: twice as far from the judge's half as the right one, since of
two movements at one time each carries a little."""
MOST_WRONG = 3
_WHY = (
    "why is it that {effect}?",
    "what is the reason that {effect}?",
    "{effect}: because of what?",
    "what carries this movement: {effect}?",
)
_MAKES = ("what makes {limb} {do}?", "what is it that makes {limb} {do}?")
_IS_IT = (
    "is this the reason that {effect}: {cause}?",
    "at some time {effect}. Is this the reason: {cause}?",
)


def draft_causes(facts: Facts) -> Iterator[Draft]:
    """Questions about every movement of which a cause was found."""
    numbers = count()
    by_id = {step.id: step for step in _list_clear(facts)}
    for effect in (by_id[number] for number in facts.told.main if number in by_id):
        causes = [by_id[i] for i in effect.causes if i in by_id]
        shares = {c.id: _measure(c, effect, facts) for c in causes}
        best = max(causes, key=lambda c: shares[c.id], default=None)
        if best is not None and shares[best.id] >= CARRIES:
            yield from _draft(facts, effect, best, next(numbers))


def _list_clear(facts: Facts) -> Iterator[Step]:
    for step, event in zip(facts.told.steps, facts.told.events, strict=True):
        clear = is_clear(event) and is_asked(step) and is_meant(step, facts.cast)
        # What goes to and fro has a cause for each way.
        if clear and step.person == facts.person and step.motion != "oscillate":
            yield step


def _measure(cause: Step, effect: Step, facts: Facts) -> float:
    return measure_carried_share(cause, effect, extract_bodies(facts.motion), facts.motion.fps)


def _draft(facts: Facts, effect: Step, cause: Step, number: int) -> Iterator[Draft]:
    phrasing = facts.phrasing(KIND, number)
    others = list(_list_others(facts, effect, cause))[:MOST_WRONG]
    wrong = {
        write_clause(simplify(o), phrasing, f"other {n}"): (_blame(o, effect),)
        for n, o in enumerate(others)
    }
    answer = write_clause(simplify(cause), phrasing, "cause")
    about = write_clause(simplify(effect), phrasing, "effect")
    right = _blame(cause, effect)
    way = facts.draw(4, KIND, number)
    if way == 0 and others:
        form = phrasing.pick("form", _IS_IT)
        true = facts.draw(2, f"{KIND} true", number) == 0
        first = next(iter(wrong))
        text = form.format(effect=about, cause=answer if true else first)
        no = {NO: ()} if true else {YES: wrong[first]}
        yield Draft(KIND, "yes_no", facts.ask(text), YES if true else NO, right, no)
    elif wrong:
        limb, do = name_limb(effect), write_predicate(simplify(effect), phrasing, "plural")
        text = phrasing.pick("form", (*_WHY, *_MAKES)).format(effect=about, limb=limb, do=do)
        yield Draft(KIND, "choice", facts.ask(text), answer, right, wrong)


def _blame(cause: Step, effect: Step) -> Hypothesis:
    """The cause, and the effect as its consequence."""
    cause, effect = replace(simplify(cause), id=1), replace(simplify(effect), id=2)
    return Hypothesis((cause, replace(effect, causes=(1,))))


def _list_others(facts: Facts, effect: Step, cause: Step) -> Iterator[Step]:
    """What also happens and carries little of it; then the cause, of a side that does it never.

    Of steps that follow each other, each one carries some of the way: none is offered as wrong.
    """
    kind = cause.motion, cause.part
    for other in _list_clear(facts):
        named = {effect.id, cause.id, *effect.causes}
        alike = other.part == effect.part or (other.motion, other.part) == kind
        if other.id not in named and not alike:
            share = _measure(other, effect, facts)
            if share <= CARRIES_NOT:  # never so where it cannot be computed
                yield other
    twin = mirror_side(simplify(cause))
    if cause.side in OTHER_SIDE and not happens_otherwise(facts, twin):
        yield twin
