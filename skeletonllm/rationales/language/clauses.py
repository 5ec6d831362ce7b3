"""One claim as one clause: ``the right hand rises to shoulder height``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from skeletonllm.errors import UsageError
from skeletonllm.rationales.language.forms import find_form_fault, list_facts, unify_claim
from skeletonllm.rationales.language.inflection import inflect_verb
from skeletonllm.rationales.language.noun_phrases import name_part, name_person
from skeletonllm.rationales.language.phrases import FAMILIES, Family
from skeletonllm.rationales.language.phrasing import Phrasing
from skeletonllm.rationales.language.slots import SLOTS, find_slot, write_pace
from skeletonllm.rationales.rationale import Step

TOKEN = re.compile(r"\[(?P<verb>\w+)\]|\{(?P<slot>\w+)\}")
"""A verb or a slot of a phrase; what is between them is written as it stands."""


def compose_clause(
    step: Step, phrasing: Phrasing, place: str, *, gerund: bool = False, pace: str = ""
) -> str:
    """A claim in words, without capital letter and full stop.

    Args:
        step: The claim.
        phrasing: How many persons there are, and which phrase is taken.
        place: Of the clause in the rationale: two places differ in their phrases.
        gerund: ``the right elbow bending``, as it follows ``driven by``.
        pace: Adverb of pace; empty for none.

    Raises:
        UsageError: The claim is none that can be said.
    """
    step = unify_claim(step)
    fault = find_form_fault(step)
    # The phrases that fit depend on no number, person or time: few claims are left to remember.
    motion, part, side, _, target, direction, count = list_facts(step)
    bare = Step(0, 0.0, 0.0, motion, part, side, 0, target, direction, min(count, 2))
    phrases = () if fault else _list_phrases(bare)
    if not phrases:
        raise UsageError(
            f"a claim with {fault or 'a direction or count that no phrase tells'}",
            expected="a claim as skeletonllm.rationales.language.forms lists them",
            where=f"step {step.id}, {step.motion}",
        )
    phrase = phrasing.pick(f"{place} phrase", phrases)
    plural = phrase.startswith("{part}") and step.side == "both"
    form = "gerund" if gerund else "plural" if plural else "singular"

    def fill(match: re.Match[str]) -> str:
        if match["verb"]:
            return inflect_verb(match["verb"], form)
        if match["slot"] == "pace":
            return write_pace(pace, phrasing, place)
        return _write_slot(match["slot"], step, phrasing, place)

    # A slot brings its own space, since it may be empty; before a needed one there are two.
    return TOKEN.sub(fill, phrase).replace("  ", " ")


def list_families(step: Step) -> Iterator[Family]:
    """The families of phrases that can say a claim."""
    for family in FAMILIES:
        fits = family.motion == step.motion and step.part in family.parts.split()
        if fits and step.side in family.sides and family.direction in (None, step.direction):
            yield family


@cache
def _list_phrases(step: Step) -> tuple[str, ...]:
    """Phrases with a slot for each fact of a claim."""
    return tuple(
        phrase
        for family in list_families(step)
        for phrase in family.phrases
        if _tells_all(phrase, step, family)
    )


def _tells_all(phrase: str, step: Step, family: Family) -> bool:
    if step.motion == "other":
        return True
    names = [match["slot"] for match in TOKEN.finditer(phrase)]
    fields = {SLOTS[name].field for name in names if name in SLOTS}
    if family.direction is not None:
        fields.add("direction")
    wanted = {"target": step.target, "direction": step.direction, "count": step.count > 1}
    reflexive = step.side == "both" and step.target in ("other hand", "foot")
    # "lays both hands on each other" and "touches each other with both hands" are no English.
    clumsy = reflexive and step.motion == "touch" and "{own}" in phrase
    return {field for field, value in wanted.items() if value} <= fields and not clumsy


def _write_slot(name: str, step: Step, phrasing: Phrasing, place: str) -> str:
    if name == "who":
        return name_person(step.person, phrasing)
    if name in ("part", "own"):
        return name_part(step, phrasing, place, owned=name == "own")
    return find_slot(name, step.part, step.side).write(step, phrasing, place) or ""
