"""Claims from text: what composed sentences say, given back, and what is not understood, named.

A student that learned from composed rationales writes such sentences; so its answer can be judged
claim by claim against the motion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from skeletonllm.rationales.language.connectives import (
    CAST,
    CAUSES,
    GERUND_CAUSES,
    GIST,
    ORDER,
    split_form,
)
from skeletonllm.rationales.language.forms import LEVELS, list_facts
from skeletonllm.rationales.language.measures import Measure, cut_measure
from skeletonllm.rationales.language.noun_phrases import read_part
from skeletonllm.rationales.language.patterns import read_clause

LABEL = re.compile(r"^\s*label\s*:.*$", re.IGNORECASE | re.MULTILINE)
"""The line that ends a rationale; it is an answer and no claim."""
_NUMBER = re.compile(r"^[ \t]*\d+\.[ \t]+", re.MULTILINE)
"""Of a step, at the start of its line."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_CACHED = 20_000
"""Sentences that are remembered; a corpus repeats most of them."""


@dataclass(frozen=True)
class ParsedClaim:
    """One claim that a text makes.

    Args:
        motion: As of :class:`Step`; ``unknown`` where a sentence is not understood.
        part: Likewise.
        side: Likewise.
        person: Row of the motion, from 0.
        target: As of a step.
        direction: Likewise.
        count: Likewise.
        role: ``step`` of the chain, ``summary``, ``cast`` (only that a part acts) or ``unknown``.
        order: To the step before: ``first``, ``after``, ``during``, ``with`` or empty.
        causes: The claims that are named as causes, as they are named: mostly without level and
            count.
        cause_indices: For each cause, the index of the latest step before that it names, in the
            claims of the whole text; -1 where the text tells no such step.
        measure: That is told, if any.
        text: The sentence.
    """

    motion: str
    part: str = ""
    side: str = "centre"
    person: int = 0
    target: str = ""
    direction: str = ""
    count: int = 1
    role: str = "step"
    order: str = ""
    causes: tuple[ParsedClaim, ...] = ()
    cause_indices: tuple[int, ...] = ()
    measure: Measure | None = None
    text: str = ""

    @property
    def facts(self) -> tuple[str, str, str, int, str, str, int]:
        """What is claimed, as :func:`..forms.list_facts` tells it of a step."""
        return (
            *(self.motion, self.part, self.side, self.person),
            *(self.target, self.direction, self.count),
        )

    def names(self, other: ParsedClaim) -> bool:
        """Whether this cause can mean that step: what it leaves out may be anything."""
        same = (self.motion, self.part, self.side, self.person, self.direction)
        target = self.target or (other.target if other.target in LEVELS else "")
        return (
            same == (other.motion, other.part, other.side, other.person, other.direction)
            and self.count in (1, other.count)
            and target == other.target
        )


def parse_claims(text: str) -> tuple[ParsedClaim, ...]:
    """The claims of a text of composed sentences, in their order.

    Capital letters, line breaks and white space do not matter; a line ``Label: x`` is left out.
    A sentence that no phrase of ours says gives one claim whose motion and role are ``unknown``, so
    that nothing is lost in silence.

    Args:
        text: A sentence, or the whole text of a rationale.

    Example:
        >>> found = parse_claims(
        ...     "The right elbow bends. Because the right elbow bends, the right hand rises "
        ...     "quickly to shoulder height three times. All is well. Label: wave"
        ... )
        >>> [claim.motion for claim in found]
        ['bend', 'raise', 'unknown']
        >>> found[1].part, found[1].side, found[1].target, found[1].count, found[1].cause_indices
        ('hand', 'right', 'shoulder', 3, (0,))
        >>> found[2].text
        'All is well.'
    """
    found: list[ParsedClaim] = []
    for sentence in split_sentences(text):
        for claim in _parse_sentence(sentence):
            indices = tuple(_find_named(cause, found) for cause in claim.causes)
            found.append(replace(claim, cause_indices=indices))
    return tuple(found)


def split_sentences(text: str) -> list[str]:
    """The sentences of a text without numbers and ``Label:``, white space made single."""
    text = _NUMBER.sub("", text)
    text = re.sub(r"(?<=[.!?])\s+(?=label\s*:)", "\n", text, flags=re.IGNORECASE)
    parts = _SENTENCE_END.split(LABEL.sub("", text))
    return [" ".join(part.split()) for part in parts if part and part.strip()]


def _find_named(cause: ParsedClaim, found: list[ParsedClaim]) -> int:
    for index in range(len(found) - 1, -1, -1):
        if found[index].role == "step" and cause.names(found[index]):
            return index
    return -1


@lru_cache(maxsize=_CACHED)
def _parse_sentence(sentence: str) -> tuple[ParsedClaim, ...]:
    text = sentence.casefold().rstrip(" .!?")
    for parse in (_parse_ordered, _parse_caused, _parse_gist, _parse_cast):
        if claims := parse(text):
            return tuple(replace(claim, text=sentence) for claim in claims)
    return (ParsedClaim("unknown", role="unknown", text=sentence),)


def _parse_ordered(text: str) -> tuple[ParsedClaim, ...]:
    for order, forms in ORDER.items():
        for form in forms:
            for slots in split_form(form, text):
                if claim := _parse_clause(slots["clause"], gerund=False):
                    return (replace(claim, order=order),)
    return ()


def _parse_caused(text: str) -> tuple[ParsedClaim, ...]:
    for forms, gerund in ((CAUSES, False), (GERUND_CAUSES, True)):
        for form in forms:
            for slots in split_form(form, text):
                effect = _parse_clause(slots["effect"], gerund=False)
                if effect and (causes := _parse_list(slots["cause"], gerund)):
                    return (replace(effect, causes=causes),)
    return ()


def list_halves(sentence: str) -> Iterator[tuple[ParsedClaim | tuple[ParsedClaim, ...], str]]:
    """Of a sentence that is not understood, a half that is, and the text of the other half.

    Args:
        sentence: With a cause, as the composer joins it.

    Yields:
        The effect and the text of the cause, or the causes and the text of the effect.
    """
    text = sentence.casefold().rstrip(" .!?")
    for forms, gerund in ((CAUSES, False), (GERUND_CAUSES, True)):
        for form in forms:
            for slots in split_form(form, text):
                if effect := _parse_clause(slots["effect"], gerund=False):
                    yield effect, slots["cause"]
                elif causes := _parse_list(slots["cause"], gerund):
                    yield causes, slots["effect"]


def _parse_gist(text: str) -> tuple[ParsedClaim, ...]:
    for form in GIST:
        for slots in split_form(form, text):
            if claims := _parse_list(slots["claims"], gerund=False):
                return tuple(replace(claim, role="summary") for claim in claims)
    return ()


def _parse_cast(text: str) -> tuple[ParsedClaim, ...]:
    for form in CAST:
        for slots in split_form(form, text):
            parts = [_parse_part(words) for words in re.split(r", | and ", slots["parts"])]
            if all(parts):
                return tuple(part for part in parts if part)
    return ()


def _parse_list(text: str, gerund: bool) -> tuple[ParsedClaim, ...]:
    """Clauses joined by commas and ``and``, which clauses hold themselves; empty if it is none."""
    for front, rest in _list_splits(text):
        if claim := _parse_clause(front, gerund=gerund):
            if not rest:
                return (claim,)
            if others := _parse_list(rest, gerund):
                return (claim, *others)
    return ()


def _list_splits(text: str) -> Iterator[tuple[str, str]]:
    yield text, ""
    for match in re.finditer(r", | and ", text):
        yield text[: match.start()], text[match.end() :]


def _parse_clause(text: str, *, gerund: bool) -> ParsedClaim | None:
    clause, measure = cut_measure(text)
    step = read_clause(clause, gerund=gerund)
    return replace(ParsedClaim(*list_facts(step)), measure=measure) if step else None


def _parse_part(words: str) -> ParsedClaim | None:
    part = read_part(words)
    if part is None:
        return None
    return ParsedClaim("other", part.part, part.side, part.person or 0, role="cast")
