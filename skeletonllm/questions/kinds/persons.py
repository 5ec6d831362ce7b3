"""Person: which of two does it, who comes to whom, and whether one person does both.

The persons are named by their places in the picture, where these are clear, or else by what they
do: "the one who steps forward".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count, product, zip_longest

from skeletonllm.questions.checking import judge_hypothesis
from skeletonllm.questions.draft import NO, YES, Draft, Hypothesis
from skeletonllm.questions.facts import Fact, Facts, say_somewhere
from skeletonllm.questions.words import capitalize, name_limb, write_predicate
from skeletonllm.rationales.rationale import Step

KIND = "person"
_ONE_OF = 3
"""Of clips of two, one in so many is asked about two deeds of one person: in half of the others
only one of the two acts, and nothing can be asked to which the answer is no."""
_WHOSE = ("which of the two persons is it whose {part} {does}?", "whose {part} {does}?")
_WITH = (
    "which of the two persons is seen with {part} {does}?",
    "who is the one with {part} {does}?",
)
_WHO = ("who {does}?", "which of the two persons {does}?")
_SAME = (
    "is the person {one} also the one {two}?",
    "the person {one}: is it also the person {two}?",
)


def draft_who(everyone: Sequence[Facts]) -> Iterator[Draft]:
    """Questions about what one of two persons does and the other never does.

    Args:
        everyone: The facts of the two, of whom it is known who is on the left.
    """
    if everyone[0].draw(2, f"{KIND} first", 0):
        everyone = everyone[::-1]
    turns = zip_longest(*([(facts, fact) for fact in _list_usable(facts)] for facts in everyone))
    numbers = count()
    for facts, fact in filter(None, chain.from_iterable(turns)):
        yield _draft_who(facts, fact, next(numbers))


def draft_same(everyone: Sequence[Facts]) -> Iterator[Draft]:
    """Questions whether the one who does a thing does another thing, too.

    Args:
        everyone: The facts of the two.
    """
    numbers = count()
    first, second = mine = [
        [fact for fact in _list_usable(facts) if _is_own(facts, fact)] for facts in everyone
    ]
    one = [(a, b) for own in mine for a, b in product(own, own) if a.step.start_s < b.step.start_s]
    same = everyone[0].draw(_ONE_OF, f"{KIND} same", 0) == 0
    two = sorted(product(first, second), key=lambda p: first.index(p[0]) + second.index(p[1]))
    for a, b in one if same else two:
        if (a.step.motion, a.step.part) != (b.step.motion, b.step.part):
            yield _draft_pair(everyone[0], a, b, next(numbers), same=same)


def _is_own(facts: Facts, fact: Fact) -> bool:
    """Whether the other one never does it: else "the one who does it" is either."""
    readings = _readings(fact.step, _other(facts), facts)
    return all(judge_hypothesis(r, facts.motion) == "contradicted" for r in readings)


def _list_usable(facts: Facts) -> list[Fact]:
    return [fact for fact in facts.facts if fact.step.motion != "oscillate"]


def _draft_who(facts: Facts, fact: Fact, number: int) -> Draft:
    step, phrasing = fact.step, facts.phrasing(KIND, number)
    forms = _WHO if step.part == "body" else _WITH if step.side == "both" else _WHOSE
    form = phrasing.pick("form", forms)
    does = write_predicate(step, phrasing, "gerund" if forms is _WITH else "singular")
    text = capitalize(form.format(does=does, part=name_limb(step).removeprefix("the ")))
    places, other = facts.cast.places, _other(facts)
    wrong = {places[other]: _readings(step, other, facts)}
    return Draft(KIND, "choice", text, places[facts.person], Hypothesis((step,)), wrong)


def _draft_pair(facts: Facts, a: Fact, b: Fact, number: int, *, same: bool) -> Draft:
    phrasing = facts.phrasing(f"{KIND} same", number)
    one, two = (_write_relative(f.step, facts, n) for n, f in enumerate((a, b)))
    text = capitalize(phrasing.pick("form", _SAME).format(one=one, two=two))
    right = Hypothesis((a.step, b.step))
    # Neither deed is of both: or "the person who" would be anybody.
    alone = tuple(
        reading
        for f in (a, b)
        for reading in _readings(f.step, _other_row(facts, f.step.person), facts)
    )
    answer, wrong = (YES, {NO: ()}) if same else (NO, {YES: alone})
    return Draft(KIND, "yes_no", text, answer, right, wrong, alone if same else ())


def _write_relative(step: Step, facts: Facts, number: int) -> str:
    """``who moves toward the other person``, ``whose right hand goes up``."""
    phrasing = facts.phrasing(f"{KIND} relative", number)
    if step.side == "both":
        return f"with {name_limb(step)} {write_predicate(step, phrasing, 'gerund')}"
    does = write_predicate(step, phrasing, "singular")
    if step.part == "body":
        return f"who {does}"
    return f"whose {name_limb(step).removeprefix('the ')} {does}"


def _other(facts: Facts) -> int:
    return _other_row(facts, facts.person)


def _other_row(facts: Facts, person: int) -> int:
    return next(row for row in facts.cast.rows if row != person)


def _readings(step: Step, person: int, facts: Facts) -> tuple[Hypothesis, ...]:
    """That the other one does it, at that time or at any."""
    theirs = replace(step, person=person)
    return Hypothesis((theirs,)), *say_somewhere(theirs, facts.whole)
