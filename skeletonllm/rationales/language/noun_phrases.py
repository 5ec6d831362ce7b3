"""Whose part, and which: ``the first person's right hand``, written and read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skeletonllm.rationales.language.inflection import ORDINALS, pluralize_noun
from skeletonllm.rationales.language.lexicon import ALSO_READ, NOUNS, WHO
from skeletonllm.rationales.language.phrasing import Phrasing
from skeletonllm.rationales.rationale import Step

_ORDER = rf"(?:(?P<order{{0}}>{'|'.join(ORDINALS)}|\d+th) )?"
_PERSON = rf"{_ORDER}(?:{'|'.join(WHO)})"
_PARTS = {noun: part for part, nouns in NOUNS.items() for noun in nouns} | ALSO_READ
_PLURALS = {pluralize_noun(noun): part for noun, part in _PARTS.items()}
_WORDS = "|".join(sorted({*_PARTS, *_PLURALS}, key=len, reverse=True))

PERSON = rf"the {_PERSON.format('_who')}"
"""Pattern of a person as a subject."""
PART = r"(?P<named>(?:the|their|both)(?: [\w']+){1,7}?)"
"""Pattern of words that may name a part; :func:`read_part` says whether they do. The whole pattern,
in each of some hundred phrases, would take seconds to compile."""
_PART = re.compile(
    rf"(?P<both>both (?:of )?)?(?P<owner>the {_PERSON.format('_of')}'s |their |the )?"
    rf"(?P<side>left |right |two )?(?P<noun>{_WORDS})(?P<after> of the {_PERSON.format('_after')})?"
)


@dataclass(frozen=True)
class PartOf:
    """What a noun phrase names.

    Args:
        part: As claims call it.
        side: Likewise.
        person: Row of the motion; None where the phrase leaves it open.
    """

    part: str
    side: str
    person: int | None


def name_person(person: int, phrasing: Phrasing) -> str:
    """``the person``, or ``the second person`` where there are several.

    Args:
        person: Row of the motion.
        phrasing: How many persons there are, and which word is taken.
    """
    if phrasing.persons == 1:
        # One word in a whole rationale: a performer beside a figure would be somebody else.
        return f"the {phrasing.pick('who', WHO)}"
    return f"the {_ordinal(person)} person"


def name_part(step: Step, phrasing: Phrasing, place: str, *, owned: bool) -> str:
    """``the right hand``, ``both hands of the first person``, ``their trunk``.

    Args:
        step: Whose part is named.
        phrasing: As of :func:`name_person`.
        place: Of this phrase in the rationale.
        owned: Whether the phrase follows its owner, who need not be named again.
    """
    noun = phrasing.pick(f"{place} noun", NOUNS[step.part])
    owner = "their" if owned else f"{name_person(step.person, phrasing)}'s"
    after = "" if owned else f" of {name_person(step.person, phrasing)}"
    if step.side == "both":
        phrases = _both(pluralize_noun(noun), owner, after)
    else:
        sided = noun if step.side == "centre" else f"{step.side} {noun}"
        phrases = (f"the {sided}", f"{owner} {sided}", f"the {sided}{after}")
    if owned:
        return phrasing.pick(f"{place} part", phrases[:2])
    if phrasing.persons == 1:
        # Mostly without an owner: there is nobody else it could belong to.
        return phrasing.pick(f"{place} part", (phrases[0], phrases[0], *phrases[:2]))
    return phrasing.pick(f"{place} part", phrases[1:])


def _both(nouns: str, owner: str, after: str) -> tuple[str, ...]:
    return (f"both {nouns}", f"both of {owner} {nouns}", f"both {nouns}{after}")


def read_person(order: str | None) -> int:
    """The row of ``first`` or ``13th``; 0 where a clip has one person only."""
    if order is None:
        return 0
    return ORDINALS.index(order) if order in ORDINALS else int(order[:-2]) - 1


def read_part(words: str) -> PartOf | None:
    """What words name; None where they are no part, or side and number disagree (``both foot``)."""
    match = _PART.fullmatch(words)
    if match is None:
        return None
    noun, side = match["noun"], (match["side"] or "").strip()
    plural = noun in _PLURALS
    part = (_PLURALS if plural else _PARTS)[noun]
    order = match["order_of"] or match["order_after"]
    named = match["after"] or (match["owner"] or "").endswith("'s ")
    person = read_person(order) if named else None
    if part in ("torso", "head", "body"):
        return None if plural or side or match["both"] else PartOf(part, "centre", person)
    both = bool(match["both"]) or side == "two"
    if plural:
        return None if side in ("left", "right") else PartOf(part, "both", person)
    return None if both or not side else PartOf(part, side, person)


def _ordinal(person: int) -> str:
    return ORDINALS[person] if person < len(ORDINALS) else f"{person + 1}th"
