"""Count: how often something happens, in the whole clip or in a stretch of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.questions.facts import OTHER_SIDE, Facts, is_clear, is_meant
from skeletonllm.questions.words import is_asked, name_limb, simplify, write_predicate
from skeletonllm.rationales.compose.candidates import Candidate
from skeletonllm.rationales.rationale import Step

KIND = "count"
MOST = 10
"""More than this nobody counts in the frames of a clip."""
_MIXED_S = 0.1
"""A wave may begin so long before the hand is up: onsets are not known better."""
_LOOSE = 3
"""From this number on the judge lets one more or less pass."""
_CHOICES = (
    *((1, 2, 3, 5), (1, 2, 4, 6), (1, 3, 5, 7), (2, 3, 5, 7)),
    *((2, 4, 6, 8), (3, 5, 7, 9), (4, 6, 8, 10), (5, 7, 9, 11)),
)
"""Rows of numbers to choose from. The judge tells one from two, and both from all others; from
three on it lets one more or less pass, and so does whoever looks: then two are between. Each
number is the first, the middle and the last of some rows where it can be."""
_ROWS = {
    "clap": ("how many times do the two hands meet?", "how often do the hands come together?"),
    "walk": ("how many steps does the person take?", "how many steps can be counted?"),
    "jump": (
        "how many times do both feet leave the floor?",
        "how often are both feet in the air?",
    ),
}
"""What is counted under another name: classes are called after it."""
_CYCLES = (
    "how many times {does} {limb} {do}, there and back?",
    "how often {does} {limb} {do}, there and back?",
)
_TIMES = ("how many times {does} {limb} {do}?", "how often {does} {limb} {do}?")
_REPEATED = {
    ("raise", "hand"),
    ("bend", "elbow"),
    ("bend", "knee"),
    ("lean", "torso"),
    ("touch", "hand"),
    ("lower", "body"),
}
_SELDOM = {1: 30, 2: 2}
"""Of what happens so often, one in so many is asked: else it would be the usual answer."""


def draft_counts(facts: Facts) -> Iterator[Draft]:
    """Questions about rows of movements, and about movements that happen a few times."""
    for number, step in enumerate(chain(_list_rows(facts), _list_repeats(facts))):
        often = _SELDOM.get(step.count, 1)
        asked = facts.draw(often, f"{KIND} often", number) == 0
        if asked and (draft := _draft(facts, step, number)) is not None:
            yield draft


def _list_rows(facts: Facts) -> Iterator[Step]:
    """Movements to and fro, steps, claps, jumps: counted in their own stretch."""
    for number in facts.told.main:
        step, event = facts.told.steps[number - 1], facts.told.events[number - 1]
        cycles = step.motion == "oscillate" and is_asked(step) and not _is_mixed(step, facts)
        counted = cycles or step.motion in _ROWS
        mine = step.person == facts.person and is_clear(event)
        if counted and mine and 2 <= step.count <= MOST:
            yield replace(step, target="", causes=())


def _is_mixed(step: Step, facts: Facts) -> bool:
    """Whether the hand is raised or lowered meanwhile, which one may count or not."""
    return any(
        min(other.end_s, step.end_s) - max(other.start_s, step.start_s) > _MIXED_S
        for other in (candidate.step for candidate in facts.told.candidates)
        if other.motion in ("raise", "lower") and step.part == other.part == "hand"
        if other.person == step.person and OTHER_SIDE.get(other.side) != step.side
    )


def _list_repeats(facts: Facts) -> Iterator[Step]:
    """The same single movement once or more, counted over the whole clip; each time clear."""
    groups: dict[tuple[str, str, str], list[Candidate]] = {}
    for candidate in facts.told.candidates:
        step = candidate.step
        repeated = (step.motion, step.part) in _REPEATED
        if step.person == facts.person and repeated and is_meant(step, facts.cast):
            plain = simplify(step)
            groups.setdefault((plain.motion, plain.part, plain.target), []).append(candidate)
    for group in sorted(groups.values(), key=lambda g: (-len(g), g[0].step.start_s)):
        steps = [c.step for c in group]
        times = sum(step.count for step in steps)
        clear = all(is_clear(c.event) for c in group)
        if clear and times <= MOST and len({(s.side, s.direction) for s in steps}) == 1:
            start, end = facts.whole
            yield replace(simplify(steps[0]), start_s=start, end_s=end, count=times)


def _draft(facts: Facts, step: Step, number: int) -> Draft | None:
    phrasing = facts.phrasing(KIND, number)
    numbers = choose_numbers(step.count, facts.draw(1 << 16, KIND, number))
    wrong = {str(n): _deny(step, n, facts) for n in numbers if n != step.count}
    stretch = None if step.end_s >= facts.whole[1] else (step.start_s, step.end_s)
    right = _say_exactly(step) if step.count > 1 else _say_once(facts, step)
    if right is None:
        return None
    return Draft(
        KIND,
        "choice",
        facts.ask(_write(step, facts, number, phrasing.pick("form", range(2)))),
        str(step.count),
        right,
        wrong,
        choices=tuple(map(str, numbers)),
        stretch=stretch,
    )


def _say(step: Step, times: int) -> Hypothesis:
    return Hypothesis((replace(step, count=times),))


def _say_exactly(step: Step) -> Hypothesis:
    """From three on the judge takes one more and one less: where it takes both, it counts the same.

    A wave of three and a half is four to one and five to the other; then nobody should be asked.
    """
    near = (step.count - 1, step.count, step.count + 1)
    numbers = [n for n in near if n >= _LOOSE] if step.count >= _LOOSE else [step.count]
    return Hypothesis(tuple(replace(step, count=n) for n in numbers))


def _deny(step: Step, times: int, facts: Facts) -> tuple[Hypothesis, ...]:
    """Said of all of a clip, "once" is "at some time"; the judge, who found two, denies it."""
    somewhere = times == 1 and (step.start_s, step.end_s) == facts.whole
    return () if somewhere else (_say(step, times),)


def _say_once(facts: Facts, step: Step) -> Hypothesis | None:
    """Over a whole clip, one is no number: so the one time is looked at."""
    for candidate in facts.told.candidates:
        plain = simplify(candidate.step)
        if plain == replace(step, start_s=plain.start_s, end_s=plain.end_s, count=plain.count):
            return Hypothesis((plain,))
    return None


def _write(step: Step, facts: Facts, number: int, form: int) -> str:
    if step.motion in _ROWS:
        return _ROWS[step.motion][form]
    does = "do" if step.side == "both" else "does"
    phrasing = facts.phrasing(KIND, number)
    do = write_predicate(simplify(step), phrasing, "plural")
    texts: Sequence[str] = _CYCLES if step.motion == "oscillate" else _TIMES
    return texts[form].format(does=does, limb=name_limb(step), do=do)


def choose_numbers(right: int, draw: int) -> tuple[int, ...]:
    """Numbers to choose from, ascending; those of one row may each be the right one.

    Args:
        right: How often it happens.
        draw: Any number, which of the rows that hold it.

    Example:
        >>> choose_numbers(4, 0), choose_numbers(1, 0)
        ((1, 2, 4, 6), (1, 2, 3, 5))
    """
    fitting = [row for row in _CHOICES if right in row]
    return fitting[draw % len(fitting)]
