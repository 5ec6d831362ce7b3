"""The slots of phrases: what is written there for a claim, and what is read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from skeletonllm.rationales.language.inflection import COUNT_WORDS, read_count, spell_count
from skeletonllm.rationales.language.lexicon import (
    AGAINST,
    AT,
    PACE,
    ROUNDS,
    STEPS,
    TARGETS,
    TARGETS_OF_BOTH,
    TARGETS_OF_FOOT,
    TIMES,
    TO,
    WAYS,
)
from skeletonllm.rationales.language.phrasing import Phrasing
from skeletonllm.rationales.rationale import Step

_NUMBERS = rf"(?:{'|'.join(COUNT_WORDS[1:])}|\d+)"


@dataclass(frozen=True)
class Slot:
    """A place in a phrase for one fact.

    Args:
        field: Of the claim that it tells.
        words: Value of the field to its phrases.
        needed: Whether the phrase makes no sense without it.
    """

    field: str
    words: Mapping[str, tuple[str, ...]]
    needed: bool = False

    def write(self, step: Step, phrasing: Phrasing, place: str) -> str | None:
        """The words for a claim, with the space before them; None if they cannot tell it.

        Args:
            step: The claim.
            phrasing: Which phrase is taken.
            place: Of the sentence in the rationale.
        """
        value = getattr(step, self.field)
        if not value:
            return None if self.needed else ""
        if value not in self.words:
            return None
        return f" {phrasing.pick(f'{place} {self.field}', self._suited(value, phrasing))}"

    def _suited(self, value: str, phrasing: Phrasing) -> tuple[str, ...]:
        """Of one person, ``the head`` can only be the own one; of two, it must be said."""
        phrases = self.words[value]
        return (phrases[-1:] if phrasing.persons > 1 else phrases[:1]) if self.needed else phrases

    def pattern(self) -> str:
        """A regular expression for what :meth:`write` writes, with a group of the field."""
        words = sorted({w for phrases in self.words.values() for w in phrases}, key=len)
        group = rf" (?P<{self.field}>{'|'.join(map(re.escape, reversed(words)))})"
        return group if self.needed else f"(?:{group})?"

    def read(self, words: str) -> str:
        """The value that these words tell."""
        return next(value for value, phrases in self.words.items() if words in phrases)


@dataclass(frozen=True)
class CountSlot:
    """A place for how often, in several forms of words.

    Args:
        forms: With ``{n}`` for the number.
    """

    forms: tuple[str, ...]
    field: str = "count"

    def write(self, step: Step, phrasing: Phrasing, place: str) -> str | None:
        """See :meth:`Slot.write`; a count of one is not told."""
        if step.count == 1:
            return ""
        told = phrasing.pick(f"{place} count", self.forms).format(n=spell_count(step.count))
        return f" {told.replace('two times', 'twice')}"

    def pattern(self) -> str:
        """See :meth:`Slot.pattern`."""
        forms = "|".join(form.format(n=_NUMBERS) for form in self.forms)
        twice = sorted({f.replace("{n} times", "twice") for f in self.forms if "times" in f})
        once = ("once", *twice)
        return rf"(?: (?P<count>{forms}|{'|'.join(sorted(once, key=len, reverse=True))}))?"

    def read(self, words: str) -> int:
        """The number that these words tell."""
        if words.startswith(("once", "twice")):
            return 1 if words == "once" else 2
        found = re.search(rf"\b{_NUMBERS}\b", words)
        assert found, words
        return read_count(found[0])


SLOTS: dict[str, Slot | CountSlot] = {
    "way": Slot("direction", WAYS),
    "to": Slot("target", TO),
    "at": Slot("target", AT),
    "push": Slot("target", {**AT, **AGAINST}),
    "target": Slot("target", TARGETS, needed=True),
    "times": CountSlot(TIMES),
    "steps": CountSlot(STEPS),
    "rounds": CountSlot(ROUNDS),
}
"""By the name that phrases use; ``part``, ``own``, ``who`` and ``pace`` are written apart."""
_OF_BOTH = Slot("target", TARGETS_OF_BOTH, needed=True)
_OF_FOOT = Slot("target", {**TARGETS, **TARGETS_OF_FOOT}, needed=True)
_OF_FEET = Slot("target", {**TARGETS_OF_BOTH, "foot": ("each other",)}, needed=True)


def find_slot(name: str, part: str, side: str) -> Slot | CountSlot:
    """The slot of a name for claims about a part: both hands approach *each other*.

    Args:
        name: Key of :data:`SLOTS`.
        part: Of the claim.
        side: Of the claim.
    """
    if name != "target":
        return SLOTS[name]
    if part == "foot":
        return _OF_FEET if side == "both" else _OF_FOOT
    return _OF_BOTH if side == "both" else SLOTS[name]


_ADVERBS = sorted({w for words in PACE.values() for w in words} | {"fast"}, key=len, reverse=True)
_PACE = re.compile(rf" (?:{'|'.join(_ADVERBS)})\b")


def write_pace(pace: str, phrasing: Phrasing, place: str) -> str:
    """An adverb with the space before it, or nothing.

    Args:
        pace: ``quickly``, ``slowly`` or empty; any other adverb of theirs is written as it is.
        phrasing: Which synonym is taken.
        place: Of the sentence in the rationale.
    """
    return f" {phrasing.pick(f'{place} pace', PACE.get(pace, (pace,)))}" if pace else ""


def remove_pace(text: str) -> str:
    """A sentence without its adverbs of pace, which are no part of its claim."""
    return _PACE.sub("", text)
