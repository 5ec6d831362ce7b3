"""Duration and speed: which of two movements takes longer, which is faster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.questions.facts import Fact, Facts, list_pairs
from skeletonllm.questions.kinds.order import APART, APART_S
from skeletonllm.questions.words import write_clause
from skeletonllm.rationales.rationale import Step

DURATION, SPEED = "duration", "speed"
LONGER = 2.5
"""Times that the longer one lasts: the judge lets a movement fill half of its window, with a slack
of 15 % of it, so that twice as long could still be called as long."""
ALIKE = 0.75
"""Two ways are as far if the shorter is this share of the longer: then the one that takes less time
is the faster one by twice as much at least."""
_LONGER = ("which of these takes longer?", "which of these movements lasts longer?")
_SHORTER = ("which of these takes less time?", "which of these movements is over sooner?")
_FASTER = ("which of these is faster?", "which of these movements is quicker?")
_SLOWER = ("which of these is slower?", "which of these movements takes its time?")
_SINGLE = ("raise", "lower", "bend", "extend", "lean", "straighten", "turn", "forward", "backward")


def draft_lengths(facts: Facts) -> Iterator[Draft]:
    """Questions about every two movements of which one takes much longer."""
    yield from _draft_all(facts, DURATION)


def draft_speeds(facts: Facts) -> Iterator[Draft]:
    """The same of two movements of one part that go as far: there and back, or twice."""
    yield from _draft_all(facts, SPEED)


def _draft_all(facts: Facts, kind: str) -> Iterator[Draft]:
    numbers = count()
    for a, b in list_pairs([f for f in facts.facts if f.step.motion in _SINGLE]):
        long, short = (a, b) if a.seconds >= b.seconds else (b, a)
        differ = long.seconds >= LONGER * short.seconds
        differ = differ and long.seconds - short.seconds >= max(APART_S, APART * facts.whole[1])
        as_far = _goes_as_far(a, b)
        if differ and (as_far or kind == DURATION) and not _are_alike(a.step, b.step):
            yield _draft(facts, long, short, kind, next(numbers))


def _goes_as_far(a: Fact, b: Fact) -> bool:
    one_part = (a.step.part, a.step.side) == (b.step.part, b.step.side)
    near, far = sorted((a.event.amount, b.event.amount))
    return one_part and a.event.unit == b.event.unit and near >= ALIKE * far


def _are_alike(a: Step, b: Step) -> bool:
    """Whether nobody could say which of the two is meant."""
    return (a.motion, a.part, a.side, a.direction) == (b.motion, b.part, b.side, b.direction)


def _draft(facts: Facts, long: Fact, short: Fact, kind: str, number: int) -> Draft:
    phrasing = facts.phrasing(kind, number)
    first = facts.draw(2, kind, number) == 0
    if kind == DURATION:
        forms, answer, other = (_LONGER, long, short) if first else (_SHORTER, short, long)
    else:
        forms, answer, other = (_FASTER, short, long) if first else (_SLOWER, long, short)
    words = {f: write_clause(f.step, phrasing, f"clause {n}") for n, f in enumerate((long, short))}
    exchanged = (
        Hypothesis((_last(long.step, short.seconds, facts),)),
        Hypothesis((_last(short.step, long.seconds, facts),)),
    )
    return Draft(
        kind,
        "choice",
        facts.ask(phrasing.pick("form", forms)),
        words[answer],
        Hypothesis((long.step, short.step)),
        {words[other]: exchanged},
        (*_again(long, facts), *_again(short, facts)),
    )


def _last(step: Step, seconds: float, facts: Facts) -> Step:
    """The claim in a window of another length, around the same middle."""
    middle = (step.start_s + step.end_s) / 2
    start = min(max(0.0, middle - seconds / 2), facts.whole[1] - seconds)
    return replace(step, start_s=max(0.0, start), end_s=max(0.0, start) + seconds)


def _again(fact: Fact, facts: Facts) -> tuple[Hypothesis, ...]:
    """That it happens before or after as well: then nobody could say which time is meant."""
    start, end = facts.whole
    return (
        Hypothesis((fact.step,), (start, fact.step.start_s), one_side=True),
        Hypothesis((fact.step,), (fact.step.end_s, end), one_side=True),
    )
