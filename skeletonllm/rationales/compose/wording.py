"""Facts as English: who, what, how far, where to, how fast.

Every choice of word follows from the fact (its size, pace and goal); ``variant`` only picks among
phrases that say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from skeletonllm.rationales.compose.salient_events import Fact

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
class Voice:
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
        """The one a fact of ``person`` is aimed at."""
        return self.who(1 - person) if self.persons == 2 else "another person"

    def part(self, fact: Fact) -> str:
        """``the right hand``, ``both knees``, ``the second person's trunk``."""
        e = fact.event
        noun = {"body": "pelvis", "torso": "trunk"}.get(e.part, e.part)
        if e.side == "both":
            noun = {"foot": "feet"}.get(e.part, f"{noun}s")
            return f"both {noun}{self._of(e.person)}"
        noun = f"{e.side} {noun}" if e.side in ("left", "right") else noun
        return f"the {noun}" if self.persons == 1 else f"{self.who(e.person)}'s {noun}"

    def _of(self, person: int) -> str:
        return "" if self.persons == 1 else f" of {self.who(person)}"


def clause(fact: Fact, voice: Voice) -> str:
    """The fact in a few words, as a cause is named: ``both knees bend``."""
    e = fact.event
    verb = _verb(fact, plural=e.side == "both")
    if e.motion == "step":
        walks = f"{voice.who(e.person)} walks" if fact.count > 1 else ""
        return walks or f"{voice.part(fact)} steps{_way(e.direction)}"
    if e.motion in ("approach", "retreat"):
        return f"{_mover(fact, voice)} {_goal(fact, voice, verb)}"
    if e.motion in ("swing", "turn") or e.part == "torso":
        return f"{voice.part(fact)} {verb}{_way(e.direction)}"
    return f"{voice.part(fact)} {verb}"


def main(fact: Fact, voice: Voice) -> str:
    """The fact with its measures: ``the right hand rises quickly by 62 cm to the waist``."""
    e = fact.event
    if fact.count > 1:
        return _repeated(fact, voice)
    if e.motion == "step":
        return f"{voice.part(fact)} steps{_way(e.direction)} by {size(e.amount, e.unit)}"
    if e.motion in ("approach", "retreat"):
        return _meeting(fact, voice)
    verb = _verb(fact, plural=e.side == "both")
    pace = _pace(fact)
    if e.unit == "degrees" and e.part in ("elbow", "knee"):
        return f"{voice.part(fact)} {verb}{pace} from {e.before:.0f} to {e.after:.0f} degrees"
    way = _way(e.direction) if e.motion in ("swing", "turn") or _leans(fact) else ""
    goal = _level(fact)
    return f"{voice.part(fact)} {verb}{pace}{way} by {size(e.amount, e.unit)}{goal}"


def again(fact: Fact, voice: Voice) -> str:
    """Like :func:`main`, of a part that was just named: ``it rises by 62 cm``."""
    text = main(fact, voice)
    name = _mover(fact, voice)
    return f"{'they' if fact.event.side == 'both' else 'it'}{text.removeprefix(name)}"


def size(amount: float, unit: str) -> str:
    """``62 cm``, ``2.1 m``, ``85 degrees`` or ``30 % of body height``."""
    if unit == "degrees":
        return f"{amount:.0f} degrees"
    if unit == "statures":
        return f"{100 * amount:.0f} % of body height"
    return f"{amount:.1f} m" if amount >= 0.995 else f"{100 * amount:.0f} cm"


def sentence(text: str) -> str:
    """Capital letter and full stop."""
    return f"{text[0].upper()}{text[1:]}."


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *front, last = words
    return f"{', '.join(front)} and {last}" if front else last


def _verb(fact: Fact, *, plural: bool) -> str:
    e = fact.event
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


def _leans(fact: Fact) -> bool:
    return fact.event.part == "torso" and fact.event.motion == "bend"


def _way(direction: str) -> str:
    return {
        "forward": " forward",
        "back": " back",
        "left": " to the left",
        "right": " to the right",
    }.get(direction, "")


def _pace(fact: Fact) -> str:
    """Only what stands out is said."""
    e = fact.event
    pace = e.amount / max(fact.seconds, 0.1)
    fast, slow = (230.0, 35.0) if e.unit == "degrees" else (1.2, 0.25)
    return " quickly" if pace > fast else " slowly" if pace < slow else ""


def _level(fact: Fact) -> str:
    e = fact.event
    if e.part != "hand" or e.motion not in ("raise", "lower"):
        return ""
    return f" {_LEVELS[e.target]}" if e.target in _LEVELS else ""


def _mover(fact: Fact, voice: Voice) -> str:
    if fact.event.motion not in ("approach", "retreat"):
        return voice.part(fact)
    return voice.who(fact.event.person) if fact.event.part == "body" else voice.part(fact)


def _goal(fact: Fact, voice: Voice, verb: str) -> str:
    e = fact.event
    to = "to" if e.motion == "approach" else "from"
    if e.target == "other hand":
        word = "meets" if e.motion == "approach" else "leaves"
        return f"{_plural(word)} each other" if e.side == "both" else f"{word} the other hand"
    if e.target == "head":
        return f"{verb} {to} the head"
    part = e.target.partition("'s ")[2]
    whom = voice.other(e.person)
    return f"{verb} {to} {whom}'s {part}" if part else f"{verb} {to} {whom}"


def _meeting(fact: Fact, voice: Voice) -> str:
    e = fact.event
    verb = _verb(fact, plural=e.side == "both")
    before, after = size(max(e.before, 0.0), e.unit), size(max(e.after, 0.0), e.unit)
    gap = f", from {before} to {after}"
    if e.part == "body":
        gap = f" by {size(e.amount, e.unit)}"
    return f"{_mover(fact, voice)} {_goal(fact, voice, verb)}{gap}"


def _repeated(fact: Fact, voice: Voice) -> str:
    e, times = fact.event, f"{fact.count} times"
    if e.motion == "step":
        each = f", each foot going about {size(e.amount, e.unit)} at a time"
        return f"{voice.who(e.person)} takes {fact.count} steps{_way(e.direction)}{each}"
    each = f", each time by about {size(e.amount, e.unit)}"
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
        pair += f" near the {e.target}" if e.target == "head" else f" near {voice.other(e.person)}"
    return f"{voice.part(fact)} {pair} {times}{each}"
