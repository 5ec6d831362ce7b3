"""One word of a true sentence changed to another: what a teacher gets wrong, by kind of word.

The tables are written here anew, not taken from what reads sentences: a reader must not be asked
only about words that it knows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_VERBS = (
    "rise raise lift climb ascend",
    "sink lower drop descend",
    "bend fold flex",
    "straighten extend unfold stretch",
    "lean tilt incline",
    "twist swivel",
    "swing sweep",
    "approach",
    "retreat withdraw",
    "touch",
    "clap",
    "circle",
    "shake wave oscillate",
    "turn pivot",
    "step",
    "walk stride",
    "run jog trot",
    "jump leap",
    "crouch squat",
    "sit",
    "lunge",
    "kick",
    "push press shove",
    "pull tug",
    "throw hurl fling",
    "pick scoop",
)
"""Verbs of one meaning a line."""
_PARTS = "hand elbow shoulder hip knee foot head torso"
_PLURALS = "hands elbows shoulders hips knees feet"
_LEVELS = "knee waist chest shoulder head"
_LEVEL = re.compile(
    rf"\b(?P<a>{'|'.join(_LEVELS.split())})(?= (?:height|level)\b)"
    r"|(?<=height of the )(?P<b>\w+)|(?<=level of the )(?P<c>\w+)|(?<=level with the )(?P<d>\w+)"
    r"|(?<=as high as the )(?P<e>\w+)|\b(?P<f>overhead)\b"
)
_SIDE = re.compile(r"\b(left|right)\b(?= (?:hand|elbow|shoulder|hip|knee|foot)\b)")
_BOTH = re.compile(
    r"\bboth(?: of (?:the \w+ person's|their|the \w+'s))? (hand|elbow|shoulder|knee)s"
)
_WAY = re.compile(
    r"\b(upward|downward|forward|backward|clockwise|counterclockwise)\b|\b(?<=o the )(left|right)"
    r"|(?<=toward the )(left|right)\b|\b(up and down|from side to side|to and fro)\b"
)
_WAYS = {
    "upward": "downward forward", "downward": "upward", "forward": "backward", "left": "right",
    "backward": "forward", "right": "left", "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
}  # fmt: skip
_RHYTHMS = ("up and down", "from side to side", "forward and backward")
_COUNT = re.compile(r"\b(twice|(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve) times)\b")
_COUNTS = ("twice", "three times", "four times", "five times", "seven times", "nine times")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?= (?:cm|m|degrees|s|%))")
_TARGETS = re.compile(
    r"(?<=the other )(hand|elbow|shoulder)\b|(?<=the other person's )(hand|head|torso|arm|leg)\b"
    r"|(?<=their own )(head|chest|stomach|knee|foot)\b"
)


@dataclass(frozen=True)
class Edit:
    """A sentence with one word changed.

    Args:
        kind: Of word: side, part, motion, target, count, direction or number.
        text: The sentence after the change.
        was: The word before.
        now: The word after.
    """

    kind: str
    text: str
    was: str
    now: str


def edit_sentence(text: str, rng: random.Random, kind: str) -> Edit | None:
    """A sentence with one word of a kind changed to another; None if it has no such word.

    Args:
        text: A composed sentence.
        rng: Chooses the word, and what it becomes.
        kind: Key of :data:`KINDS`.
    """
    places = list(KINDS[kind](text, rng))
    if not places:
        return None
    start, end, now = rng.choice(places)
    return Edit(kind, f"{text[:start]}{now}{text[end:]}", text[start:end], now)


Place = tuple[int, int, str]


def _edit_sides(text: str, rng: random.Random) -> Iterator[Place]:
    for match in _SIDE.finditer(text):
        yield *match.span(), "left" if match[0] == "right" else "right"
    for match in _BOTH.finditer(text):
        yield *match.span(), f"the {rng.choice(('left', 'right'))} {match[1]}"


def _edit_parts(text: str, rng: random.Random) -> Iterator[Place]:
    levels = [match.span() for match in _LEVEL.finditer(text)]
    for words in (_PARTS.split(), _PLURALS.split()):
        for match in re.finditer(rf"\b(?:{'|'.join(words)})\b", text):
            if not any(a <= match.start() < b for a, b in levels):
                yield *match.span(), rng.choice([w for w in words if w != match[0]])


def _edit_verbs(text: str, rng: random.Random) -> Iterator[Place]:
    for match in re.finditer(r"[a-z]+", text):
        for ending in ("s", "ing", ""):
            groups = [[_add(verb, ending) for verb in line.split()] for line in _VERBS]
            if any(match[0] in group for group in groups):
                others = [w for group in groups if match[0] not in group for w in group]
                yield *match.span(), rng.choice(others)
                break


def _add(verb: str, ending: str) -> str:
    if ending == "s":
        return f"{verb}es" if verb.endswith(("ch", "sh", "ss", "x")) else f"{verb}s"
    doubled = verb in ("drop", "clap", "step", "squat", "jog", "trot", "tug", "sit", "run")
    stem = f"{verb}{verb[-1]}" if doubled else verb.removesuffix("e")
    return f"{stem}ing" if ending else verb


def _edit_targets(text: str, rng: random.Random) -> Iterator[Place]:
    for match in _LEVEL.finditer(text):
        if match["f"]:
            yield *match.span(), "at chest height"
            continue
        names = [w for w in _LEVELS.split() if not match[0].startswith(w)]
        yield *match.span(), rng.choice(names)
    for match in _TARGETS.finditer(text):
        yield *match.span(), "head" if match[0] != "head" else "chest"


def _edit_counts(text: str, rng: random.Random) -> Iterator[Place]:
    for match in _COUNT.finditer(text):
        yield *match.span(), rng.choice([w for w in _COUNTS if w != match[0]])


def _edit_ways(text: str, rng: random.Random) -> Iterator[Place]:
    for match in _WAY.finditer(text):
        if match[0] in _WAYS:
            yield *match.span(), rng.choice(_WAYS[match[0]].split())
        else:
            yield *match.span(), rng.choice([w for w in _RHYTHMS if w != match[0]])


def _edit_numbers(text: str, rng: random.Random) -> Iterator[Place]:
    for match in _NUMBER.finditer(text):
        yield *match.span(), str(int(float(match[0])) + rng.randint(3, 40))


KINDS: dict[str, Callable[[str, random.Random], Iterator[Place]]] = {
    "side": _edit_sides,
    "part": _edit_parts,
    "motion": _edit_verbs,
    "target": _edit_targets,
    "count": _edit_counts,
    "direction": _edit_ways,
    "number": _edit_numbers,
}
"""Kind of word to the places where it stands, each with a word to put there."""
