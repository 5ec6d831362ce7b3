"""Order: which of two movements happens first, what happens before or after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from skeletonllm.questions.draft import NO, YES, Draft, Hypothesis
from skeletonllm.questions.facts import Fact, Facts, list_pairs
from skeletonllm.questions.words import write_clause
from skeletonllm.rationales.language import list_facts
from skeletonllm.rationales.rationale import Step

KIND = "order"
APART_S = 0.3
"""Two movements begin at least so long after each other: onsets are known to 0.15 s each."""
APART = 0.1
"""... and by this share of the clip: of twelve frames, the next one shows it."""
SHARED_S = 0.1
"""The first may last this long into the second: smoothing blurs both ends."""
_BACK = {
    *(("raise", "lower"), ("bend", "extend"), ("approach", "retreat"), ("lean", "straighten")),
    *(("touch", "retreat"), ("approach", "touch"), ("forward", "backward")),
}
"""What goes without saying in one order: a hand that comes down was up before."""
_FIRST = (
    "which of these happens first?",
    "which of these movements comes first in the clip?",
    "what does the person do first?",
)
_LATER = (
    "which of these happens later?",
    "which of these movements comes later in the clip?",
    "what does the person do last of these?",
)
_SEQUENCE = (
    "is it true that first {a}, and later {b}?",
    "does it happen in this order: first {a}, then {b}?",
    "can one see that first {a}, and after that {b}?",
)
_AFTER = (
    "at some time {a}. Which of these happens after that?",
    "at one moment {a}. What follows?",
    "once in the clip {a}. What comes after that?",
)
_BEFORE = (
    "at some time {b}. Which of these happens before that?",
    "at one moment {b}. What came first?",
    "once in the clip {b}. What comes before that?",
)


def draft_orders(facts: Facts) -> Iterator[Draft]:
    """Questions about every two movements of which one is clearly the first."""
    usable = [f for f in facts.facts if f.step.motion != "oscillate"]
    numbers = count()
    for a, b in list_pairs(usable):
        if are_apart(a, b, facts) and not _goes_without_saying(a.step, b.step):
            yield from _draft(facts, a, b, usable, next(numbers))


def are_apart(a: Fact, b: Fact, facts: Facts) -> bool:
    """Whether one movement clearly comes before another.

    Args:
        a: The first.
        b: The second.
        facts: Of the clip.
    """
    gap = b.step.start_s - a.step.start_s
    least = max(APART_S, APART * facts.motion.duration_s)
    return gap >= least and b.step.start_s >= a.step.end_s - SHARED_S


def _goes_without_saying(a: Step, b: Step) -> bool:
    pair = (a.motion, b.motion)
    one_part = a.part == b.part and (a.side == b.side or "both" in (a.side, b.side))
    again = a.motion == b.motion and a.direction == b.direction and one_part
    return again or (one_part and (pair in _BACK or pair[::-1] in _BACK))


def _draft(facts: Facts, a: Fact, b: Fact, usable: Sequence[Fact], number: int) -> Iterator[Draft]:
    phrasing = facts.phrasing(KIND, number)
    words = {f: write_clause(f.step, phrasing, f"clause {n}") for n, f in enumerate((a, b))}
    right = Hypothesis((a.step, b.step))
    never = _once(a, b, facts)
    way = facts.draw(6, KIND, number)
    if way < 2:
        asked, answer, other = (_FIRST, a, b) if way == 0 else (_LATER, b, a)
        text = facts.ask(phrasing.pick("form", asked))
        wrong = {words[other]: _swapped(a, b)}
        yield Draft(KIND, "choice", text, words[answer], right, wrong, never)
    elif way < 4:
        true = way == 2
        first, second = (a, b) if true else (b, a)
        form = phrasing.pick("form", _SEQUENCE)
        text = facts.ask(form.format(a=words[first], b=words[second]))
        no: dict[str, tuple[Hypothesis, ...]] = {NO: ()} if true else {YES: _swapped(a, b)}
        yield Draft(KIND, "yes_no", text, YES if true else NO, right, no, never)
    else:
        yield from _draft_next(facts, a, b, usable, number, after=way == 4)


def _draft_next(
    facts: Facts, a: Fact, b: Fact, usable: Sequence[Fact], number: int, *, after: bool
) -> Iterator[Draft]:
    """What comes after ``a``, or before ``b``: not what happens on its other side alone."""
    named, answer = (a, b) if after else (b, a)
    phrasing = facts.phrasing(KIND, number)
    cut = (a.step.end_s, facts.whole[1]) if after else (0.0, b.step.start_s)
    said = {list_facts(named.step), list_facts(answer.step)}
    others = [
        f
        for f in usable
        if (are_apart(f, named, facts) if after else are_apart(named, f, facts))
        and list_facts(f.step) not in said
    ]
    wrong = {
        write_clause(f.step, phrasing, f"other {n}"): (Hypothesis((f.step,), cut, one_side=True),)
        for n, f in enumerate(others[:3])
    }
    if wrong:
        about = write_clause(named.step, phrasing, "named")
        text = phrasing.pick("form", _AFTER if after else _BEFORE).format(a=about, b=about)
        answered = write_clause(answer.step, phrasing, "answer")
        right = Hypothesis((a.step, b.step))
        never = _once(a, b, facts)
        yield Draft(KIND, "choice", facts.ask(text), answered, right, wrong, never)


def _swapped(a: Fact, b: Fact) -> tuple[Hypothesis, ...]:
    """That the second comes first: in the time of the other, or at any time before."""
    return (
        Hypothesis((_at(a.step, b.step), _at(b.step, a.step))),
        Hypothesis((b.step,), (0.0, a.step.end_s), one_side=True),
    )


def _once(a: Fact, b: Fact, facts: Facts) -> tuple[Hypothesis, ...]:
    """That one of them happens on the other side of the other one, too."""
    return (
        Hypothesis((a.step,), (b.step.start_s, facts.whole[1]), one_side=True),
        Hypothesis((b.step,), (0.0, a.step.end_s), one_side=True),
    )


def _at(step: Step, when: Step) -> Step:
    return replace(step, start_s=when.start_s, end_s=when.end_s)
