"""Salient events as English: who, what, how far, where to, how fast.

Every choice of word follows from the salient event (its size, pace and goal); ``variant`` only
picks among phrases that say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from skeletonllm.rationales.compose.salient_events import SalientEvent

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_LEVELS = {
    "the floor": "towards the floor",
    "knee": "to the height of the knees",
    "waist": "to the waist",
    "chest": "in front of the chest",
    "shoulder": "to shoulder height",
    "head": "to the height of the head",
    "overhead": "above the head",
}


@dataclass(frozen=True)
class Phrasing:
    """How to speak in one clip: of how many persons, and which of several phrases."""

    persons: int
    variant: int = 0

    def pick(self, key: str, *phrases: str) -> str:
        """One of the phrases, by variant and key alone."""
        digest = hashlib.sha256(f"{self.variant}\0{key}".encode()).digest()
        return phrases[digest[0] % len(phrases)]

    def who(self, person: int) -> str:
        """``the person``, or ``the second person`` where there are several."""
        if self.persons == 1:
            return "the person"
        name = _ORDINALS[person] if person < len(_ORDINALS) else f"{person + 1}th"
        return f"the {name} person"

    def other(self, person: int) -> str:
        """The one a salient event of ``person`` is aimed at."""
        return self.who(1 - person) if self.persons == 2 else "another person"

    def part(self, salient_event: SalientEvent) -> str:
        """``the right hand``, ``both knees``, ``the second person's trunk``."""
        e = salient_event.event
        noun = {"body": "pelvis", "torso": "trunk"}.get(e.part, e.part)
        if e.side == "both":
            noun = {"foot": "feet"}.get(e.part, f"{noun}s")
            return f"both {noun}{self._of(e.person)}"
        noun = f"{e.side} {noun}" if e.side in ("left", "right") else noun
        return f"the {noun}" if self.persons == 1 else f"{self.who(e.person)}'s {noun}"

    def _of(self, person: int) -> str:
        return "" if self.persons == 1 else f" of {self.who(person)}"


def name_event(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    """The salient event in a few words, as a cause is named: ``both knees bend``.

    Args:
        salient_event: What is named.
        phrasing: How persons are called.
    """
    e = salient_event.event
    verb = _verb(salient_event, plural=e.side == "both")
    if e.motion == "step":
        walks = f"{phrasing.who(e.person)} walks" if salient_event.count > 1 else ""
        return walks or f"{phrasing.part(salient_event)} steps{_way(e.direction)}"
    if e.motion in ("approach", "retreat"):
        return f"{_mover(salient_event, phrasing)} {_goal(salient_event, phrasing, verb)}"
    if e.motion in ("swing", "turn") or e.part == "torso":
        return f"{phrasing.part(salient_event)} {verb}{_way(e.direction)}"
    return f"{phrasing.part(salient_event)} {verb}"


def describe_event(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    """The salient event with its measures: ``the right hand rises quickly by 62 cm to the waist``.

    Args:
        salient_event: What is described.
        phrasing: How persons are called.
    """
    e, part = salient_event.event, phrasing.part(salient_event)
    amount = format_amount(e.amount, e.unit)
    if salient_event.count > 1:
        return _repeated(salient_event, phrasing)
    if e.motion == "step":
        return f"{part} steps{_way(e.direction)} by {amount}"
    if e.motion in ("approach", "retreat"):
        return _meeting(salient_event, phrasing)
    verb = _verb(salient_event, plural=e.side == "both")
    pace = _pace(salient_event)
    if e.unit == "degrees" and e.part in ("elbow", "knee"):
        return f"{part} {verb}{pace} from {e.before:.0f} to {e.after:.0f} degrees"
    way = _way(e.direction) if e.motion in ("swing", "turn") or _leans(salient_event) else ""
    goal = _level(salient_event)
    return f"{part} {verb}{pace}{way} by {amount}{goal}"


def describe_same_part(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    """Like :func:`describe_event`, of a part that was just named: ``it rises by 62 cm``.

    Args:
        salient_event: What is described.
        phrasing: How persons are called.
    """
    text = describe_event(salient_event, phrasing)
    name = _mover(salient_event, phrasing)
    return f"{'they' if salient_event.event.side == 'both' else 'it'}{text.removeprefix(name)}"


def format_amount(amount: float, unit: str) -> str:
    """``62 cm``, ``2.1 m``, ``85 degrees`` or ``30 % of body height``.

    Args:
        amount: Not negative.
        unit: ``metres``, ``statures`` or ``degrees``.
    """
    if unit == "degrees":
        return f"{amount:.0f} degrees"
    if unit == "statures":
        return f"{100 * amount:.0f} % of body height"
    return f"{amount:.1f} m" if amount >= 0.995 else f"{100 * amount:.0f} cm"


def format_sentence(text: str) -> str:
    """Capital letter and full stop."""
    return f"{text[0].upper()}{text[1:]}."


def join_words(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *front, last = words
    return f"{', '.join(front)} and {last}" if front else last


def _verb(salient_event: SalientEvent, *, plural: bool) -> str:
    e = salient_event.event
    word = {
        "raise": "rises" if e.part != "foot" else "lifts off",
        "lower": "sinks" if e.part == "body" else "comes down",
        "bend": "leans" if e.part == "torso" else "folds" if e.after < 60 else "bends",
        "extend": "straightens" if e.after > 150 or e.part == "torso" else "opens",
        "swing": "swings",
        "turn": "turns",
        "approach": "comes closer",
        "retreat": "moves away",
        "step": "steps",
    }[e.motion]
    return _plural(word) if plural else word


def _plural(word: str) -> str:
    first, _, rest = word.partition(" ")
    irregular = {"rises": "rise", "closes": "close", "reaches": "reach"}
    stem = irregular.get(first, first.removesuffix("s"))
    return f"{stem} {rest}".strip()


def _leans(salient_event: SalientEvent) -> bool:
    return salient_event.event.part == "torso" and salient_event.event.motion == "bend"


def _way(direction: str) -> str:
    return {
        "forward": " forward",
        "back": " back",
        "left": " to the left",
        "right": " to the right",
    }.get(direction, "")


def _pace(salient_event: SalientEvent) -> str:
    """Only what stands out is said."""
    e = salient_event.event
    pace = e.amount / max(salient_event.seconds, 0.1)
    fast, slow = (230.0, 35.0) if e.unit == "degrees" else (1.2, 0.25)
    return " quickly" if pace > fast else " slowly" if pace < slow else ""


def _level(salient_event: SalientEvent) -> str:
    e = salient_event.event
    if e.part != "hand" or e.motion not in ("raise", "lower"):
        return ""
    return f" {_LEVELS[e.target]}" if e.target in _LEVELS else ""


def _mover(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    if salient_event.event.motion not in ("approach", "retreat"):
        return phrasing.part(salient_event)
    return (
        phrasing.who(salient_event.event.person)
        if salient_event.event.part == "body"
        else phrasing.part(salient_event)
    )


def _goal(salient_event: SalientEvent, phrasing: Phrasing, verb: str) -> str:
    e = salient_event.event
    to = "to" if e.motion == "approach" else "from"
    if e.target == "other hand":
        word = "meets" if e.motion == "approach" else "leaves"
        return f"{_plural(word)} each other" if e.side == "both" else f"{word} the other hand"
    if e.target == "head":
        return f"{verb} {to} the head"
    part = e.target.partition("'s ")[2]
    whom = phrasing.other(e.person)
    return f"{verb} {to} {whom}'s {part}" if part else f"{verb} {to} {whom}"


def _meeting(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    e = salient_event.event
    verb = _verb(salient_event, plural=e.side == "both")
    before, after = (
        format_amount(max(e.before, 0.0), e.unit),
        format_amount(max(e.after, 0.0), e.unit),
    )
    gap = f", from {before} to {after}"
    if e.part == "body":
        gap = f" by {format_amount(e.amount, e.unit)}"
    return f"{_mover(salient_event, phrasing)} {_goal(salient_event, phrasing, verb)}{gap}"


def _repeated(salient_event: SalientEvent, phrasing: Phrasing) -> str:
    e, times = salient_event.event, f"{salient_event.count} times"
    if e.motion == "step":
        each = f", each foot going about {format_amount(e.amount, e.unit)} at a time"
        return (
            f"{phrasing.who(e.person)} takes {salient_event.count} steps{_way(e.direction)}{each}"
        )
    each = f", each time by about {format_amount(e.amount, e.unit)}"
    both = e.side == "both"
    pair = {
        "raise": ("goes up and down", "go up and down"),
        "lower": ("goes down and up", "go down and up"),
        "bend": ("bends and straightens", "bend and straighten"),
        "extend": ("straightens and bends", "straighten and bend"),
        "approach": ("comes and goes", "come and go"),
        "retreat": ("goes and comes", "go and come"),
        "swing": ("swings to and fro", "swing to and fro"),
    }[e.motion][both]
    if e.target == "other hand":
        pair = "come together and part" if both else "comes to the other hand and leaves it"
    elif e.motion in ("approach", "retreat"):
        pair += (
            f" near the {e.target}" if e.target == "head" else f" near {phrasing.other(e.person)}"
        )
    return f"{phrasing.part(salient_event)} {pair} {times}{each}"
