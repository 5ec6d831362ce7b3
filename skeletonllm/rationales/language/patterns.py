"""The phrases as regular expressions: what the composer writes, the parser reads back."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from skeletonllm.rationales.language.clauses import TOKEN
from skeletonllm.rationales.language.forms import find_form_fault
from skeletonllm.rationales.language.inflection import inflect_verb
from skeletonllm.rationales.language.noun_phrases import (
    PART,
    PERSON,
    PartOf,
    read_part,
    read_person,
)
from skeletonllm.rationales.language.phrases import FAMILIES, Family
from skeletonllm.rationales.language.slots import SLOTS, Slot, find_slot, remove_pace
from skeletonllm.rationales.rationale import Step


@dataclass(frozen=True)
class Pattern:
    """One phrase, ready to be read.

    Args:
        family: Whose claims it says.
        expression: Matches the whole clause, without pace.
        slots: Names of its slots of facts.
    """

    family: Family
    expression: re.Pattern[str]
    slots: tuple[str, ...]


def read_clause(text: str, *, gerund: bool = False) -> Step | None:
    """The claim of one clause, as a step without times; None if no phrase says it.

    Args:
        text: In lower case, without full stop.
        gerund: Whether its verb is in -ing.
    """
    return _read(remove_pace(text), gerund)


@cache
def _index(gerund: bool) -> dict[str, list[Pattern]]:
    """First verb, as it is inflected, to the phrases that have it."""
    found: dict[str, list[Pattern]] = defaultdict(list)
    for family in FAMILIES:
        for phrase in family.phrases:
            names = tuple(m["slot"] for m in TOKEN.finditer(phrase) if m["slot"] in SLOTS)
            pattern = Pattern(family, re.compile(_translate(phrase, gerund)), names)
            verb = next(m["verb"] for m in TOKEN.finditer(phrase) if m["verb"])
            for word in _inflect(verb, gerund):
                found[word].append(pattern)
    return found


def _inflect(verb: str, gerund: bool) -> tuple[str, ...]:
    """A wrong number (``both hands rises``) is no other claim."""
    forms = ("gerund",) if gerund else ("singular", "plural")
    return tuple(inflect_verb(verb, form) for form in forms)


def _translate(phrase: str, gerund: bool) -> str:
    parts, end = [], 0
    for match in TOKEN.finditer(phrase):
        parts.append(re.escape(phrase[end : match.start()]))
        parts.append(_translate_token(match, gerund))
        end = match.end()
    return "".join([*parts, re.escape(phrase[end:])])


def _translate_token(match: re.Match[str], gerund: bool) -> str:
    if match["verb"]:
        return f"(?:{'|'.join(_inflect(match['verb'], gerund))})"
    name = match["slot"]
    if name in ("part", "own"):
        return PART
    if name in ("who", "pace"):
        return PERSON if name == "who" else ""
    return _TARGET if name == "target" else SLOTS[name].pattern()


def _list_target_words() -> list[str]:
    slots = [
        find_slot("target", part, side) for part in ("hand", "foot") for side in ("left", "both")
    ]
    words = {w for s in slots if isinstance(s, Slot) for ws in s.words.values() for w in ws}
    return sorted(words, key=len, reverse=True)


_TARGET = rf"(?P<target>{'|'.join(map(re.escape, _list_target_words()))})"


@cache
def _read(text: str, gerund: bool) -> Step | None:
    index = _index(gerund)
    for word in text.split():
        for pattern in index.get(word, ()):
            match = pattern.expression.fullmatch(text)
            if match and (step := _read_match(match, pattern)):
                return step
    return None


def _read_match(match: re.Match[str], pattern: Pattern) -> Step | None:
    named = match.groupdict()
    family = pattern.family
    part = read_part(match["named"]) if "named" in named else PartOf(family.parts, "centre", None)
    if part is None or part.part not in family.parts.split() or part.side not in family.sides:
        return None
    person = part.person
    if "order_who" in named:
        person = read_person(named["order_who"])
    values: dict[str, str | int] = {"target": "", "direction": family.direction or "", "count": 1}
    for name in pattern.slots:
        words = named[SLOTS[name].field]
        if words:
            values[SLOTS[name].field] = _read_slot(name, part, words)
    step = Step(0, 0.0, 0.0, family.motion, part.part, part.side, person or 0, **values)  # type: ignore[arg-type]
    return None if find_form_fault(step) else step


def _read_slot(name: str, part: PartOf, words: str) -> str | int:
    """What words tell of a part: ``each other`` of the hands is no target of feet."""
    if name != "target":
        return SLOTS[name].read(words)
    orders = [(part.part, part.side), ("hand", "both"), ("hand", "left"), ("foot", "left")]
    for key in orders:
        slot = find_slot(name, *key)
        if isinstance(slot, Slot) and any(words in phrases for phrases in slot.words.values()):
            return slot.read(words)
    raise AssertionError(words)
