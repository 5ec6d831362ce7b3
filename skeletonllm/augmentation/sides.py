"""Left and right exchanged in words, and nothing else: ``bright``, ``right away`` are no sides.

A text in which a word may or may not be a side is not exchanged at all. No guess is made: a false
text would teach the opposite of what is seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from skeletonllm.augmentation.side_words import (
    AFTER,
    AFTER_OWNED,
    CONTRACTED,
    DESCRIBING,
    LINKS,
    NO_SIDE,
    NO_SIDE_BEFORE,
    OWNERS,
    TOWARDS,
    WAYS,
    may_follow,
    moving_verbs,
    sided_nouns,
)
from skeletonllm.views.stems import stem_word

_TURN = re.compile(r"\b(?P<counter>(?:counter|anti)[- ]?)?(?P<base>clockwise)\b", re.IGNORECASE)
_COUNTERS = ("counter", "counter ", "counter-", "anti", "anti-")
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+|[.,;:!?()/\n\"]")
_HINT = re.compile(r"left|right|clockwise", re.IGNORECASE)
_COMPOUND = re.compile(r"(left|right)(ward|wards|most|hand|handed|side|sided|foot|footed)$")
_SIDE = re.compile(
    r"(?<![^\W_])(left|right)"
    r"(?=(?:ward|wards|most|hand|handed|side|sided|foot|footed)?(?![^\W_]))",
    re.IGNORECASE,
)
"""In the name of a class no word around it is asked for: the other name must exist, too."""
_INNOCENT = re.compile(
    r"(\w*(b|f|w)right\w*|(up|out|down|forth|birth|copy|al)right\w*|right(ly|ful\w*|eous\w*)"
    r"|leftovers?|cleft\w*)$"
)
_CHIRAL = re.compile(
    r"(?<![^\W_])[LR](?![^\W_]|['\u2019])"
    r"|\b(?i:southpaws?|lefty|lefties|righty|righties|starboard|o['\u2019]clock|letters?|digits?"
    r"|ticks?|check ?marks?)\b"
)
"""What no exchange of two words mirrors: abbreviations, and shapes that a mirror makes others."""


def exchange_sides(text: str, names: Collection[str] = ()) -> str | None:
    """The text as it is true of the mirrored motion; None if that is not certain.

    Args:
        text: Sentences, or the name of a class.
        names: Classes that may be named. Where one stands in the text, the one that a mirror shows
            takes its place, as it is written ("counter clockwise").

    Example:
        >>> exchange_sides("The Left hand swings leftwards, right away: a bright idea.")
        'The Right hand swings rightwards, right away: a bright idea.'
        >>> exchange_sides("Nothing is left.") is None
        True
    """
    if text in names:
        return mirror_name(text, names)
    if is_chiral(text):
        return None
    if not _HINT.search(text):
        return text
    mirrored = {name.casefold(): mirror_name(name, names) for name in _find_sided(tuple(names))}
    pattern = "|".join(re.escape(name) for name in sorted(mirrored, key=len, reverse=True))
    pieces = re.split(rf"(?<!\w)({pattern})(?!\w)", text, flags=re.I) if mirrored else [text]
    # re.split gives what lies between names, and names, in turn.
    told = [
        mirrored[piece.casefold()] if i % 2 else _exchange_piece(piece)
        for i, piece in enumerate(pieces)
    ]
    found = [piece for piece in told if piece is not None]
    return "".join(found) if len(found) == len(told) else None


def mirror_name(name: str, names: Collection[str]) -> str | None:
    """The class that a mirror shows: itself if its name has no side; None if there is none.

    Args:
        name: Of a class.
        names: All classes that may be named.

    Example:
        >>> mirror_name("swipe left", ("swipe left", "swipe right", "clap"))
        'swipe right'
        >>> mirror_name("push right", ("push right", "clap")) is None
        True
    """
    swapped = _SIDE.sub(lambda found: _swap(found[0]), name)
    turns = [_swap_turns(swapped, counter) for counter in _COUNTERS]
    if turns[0] == name:
        return name
    return next((turned for turned in turns if turned in names), None)


def is_chiral(text: str) -> bool:
    """Whether a text names what no exchange of words mirrors: ``L``, a tick, three o'clock.

    Example:
        >>> is_chiral("draw tick"), is_chiral("draw circle")
        (True, False)
    """
    return bool(_CHIRAL.search(text))


@lru_cache(maxsize=256)
def _find_sided(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names that a mirror changes and has a name for."""
    return tuple(n for n in names if _HINT.search(n) and mirror_name(n, names) not in (n, None))


def _exchange_piece(text: str) -> str | None:
    tokens = list(_TOKEN.finditer(text))
    words = [token[0].lower().replace("\u2019", "'") for token in tokens]
    out, end = [], 0
    for i, token in enumerate(tokens):
        kind = _judge(words, i) if "left" in words[i] or "right" in words[i] else "other"
        if kind == "unsure":
            return None
        out.append(text[end : token.start()])
        out.append(_swap(token[0]) if kind == "side" else token[0])
        end = token.end()
    return _swap_turns("".join([*out, text[end:]]), _COUNTERS[0])


def _swap(word: str) -> str:
    """A word that begins with a side, with the other one; its case is kept."""
    old, new = ("left", "right") if word.lower().startswith("left") else ("right", "left")
    head, tail = word[: len(old)], word[len(old) :]
    return _keep_case(head, new) + tail


def _swap_turns(text: str, counter: str) -> str:
    """The text with each sense of rotation the other one, ``counter`` before the second."""

    def swap(found: re.Match[str]) -> str:
        return _keep_case(found[0], "clockwise" if found["counter"] else f"{counter}clockwise")

    return _TURN.sub(swap, text)


def _keep_case(old: str, new: str) -> str:
    if old.isupper():
        return new.upper()
    return new.capitalize() if old[0].isupper() else new


def _judge(words: Sequence[str], i: int) -> str:
    """``side``, ``other`` (certainly no side) or ``unsure``."""
    word = words[i]
    if word not in ("left", "right"):
        if _COMPOUND.match(word):
            return "side"
        return "other" if _INNOCENT.match(word) else "unsure"
    before, after = (["\n", "\n", *words][i : i + 2], [*words, "\n", "\n"][i + 1 : i + 3])
    if after == ["side", "up"]:
        return "unsure"
    if _names_part(after) or _is_of_pair(before, after) or _is_direction(before[1], after[0]):
        return "side"
    no_side = after[0] in NO_SIDE or (before[1] in NO_SIDE_BEFORE and may_follow(after[0], AFTER))
    return "other" if word == "right" and no_side else "unsure"


def _names_part(after: Sequence[str]) -> bool:
    """``left hand``, ``left upper arm``."""
    first, second = after
    nouns = sided_nouns()
    return stem_word(first) in nouns or (first in DESCRIBING and stem_word(second) in nouns)


def _is_of_pair(before: Sequence[str], after: Sequence[str]) -> bool:
    """``left and right``: the first of two, or the second where no noun need follow."""
    sides = ("left", "right")
    first = after[0] in LINKS and after[1] in sides
    return first or (before[1] in LINKS and before[0] in sides and may_follow(after[0], AFTER))


def _is_direction(before: str, after: str) -> bool:
    """``to the left``, ``the person's right``, ``turns left``."""
    owner = before in OWNERS or (before.endswith("'s") and before not in CONTRACTED)
    if owner or before in TOWARDS:
        return may_follow(after, AFTER_OWNED)
    return may_follow(after, AFTER) and (before in WAYS or stem_word(before) in moving_verbs())


def names_hidden(text: str, hidden: Collection[str]) -> bool:
    """Whether a text tells the name of a hidden class that has a side, all its words in any form.

    Names without a side are told or not told by the mirrored text as by the text itself.

    Args:
        text: That was exchanged.
        hidden: Names of classes that no text may tell.
    """
    sided = [name for name in hidden if _HINT.search(name)]
    told = _stems(text) if sided else frozenset()
    return any(_stems(name) <= told for name in sided)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    words = (word.lower() for word in _TOKEN.findall(_TURN.sub(_join_turn, text.replace("_", " "))))
    return frozenset(stem_word(word) for word in words if word[0].isalpha())


def _join_turn(found: re.Match[str]) -> str:
    return "counterclockwise" if found["counter"] else "clockwise"
