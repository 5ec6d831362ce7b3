"""A text as sentences, and a sentence as the stems of its words.

"She drank, and is drinking" says one stem twice: ``drink``. Forms that follow a rule are cut by
Snowball's stemmer of English, the others are looked up in ``vocabulary.json``.
"""

from __future__ import annotations

import json
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import snowballstemmer

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_END = re.compile(
    r"(?<=[.!?;])\s+"  # not within 1.5
    r"|\n\s*(?=\n|[-*\d]|[A-Z])"  # a line that begins anew, not one that was only wrapped
)


@cache
def load_vocabulary() -> dict[str, Any]:
    """Lists of words by kind, and tables of irregular forms and of compounds."""
    text = files("skeletonllm.views").joinpath("vocabulary.json").read_text("utf-8")
    lists: dict[str, Any] = json.loads(text)
    return {k: frozenset(v.split()) if isinstance(v, str) else v for k, v in lists.items()}


def split_sentences(text: str) -> list[str]:
    """The sentences of a text; a line ends one too, unless it was only wrapped.

    Example:
        >>> split_sentences("It rises by 1.5 m. Then it falls\\nagain.\\nLabel: jump up")
        ['It rises by 1.5 m.', 'Then it falls\\nagain.', 'Label: jump up']
    """
    return [part for part in _END.split(text) if part.strip()]


def split_words(text: str) -> list[str]:
    """The words of a text in lower case, numbers apart from letters, without a possessive s.

    Example:
        >>> split_words("Someone's RUBIK'S cube, walk_02")
        ['someone', 'rubik', 'cube', 'walk', '02']
    """
    words: list[str] = _WORD.findall(text.casefold())
    if "'" in text or "\u2019" in text:
        return [_POSSESSIVE.sub("", word) for word in words]
    return words


@lru_cache(maxsize=65536)
def stem_word(word: str) -> str:
    """The stem that all forms of a word share.

    Example:
        >>> [stem_word(word) for word in ("waving", "waves", "thrown", "threw", "doffs", "doffing")]
        ['wave', 'wave', 'throw', 'throw', 'dof', 'dof']
    """
    base = _bases().get(word, word)
    with _LOCK:
        stem: str = _stemmer().stemWord(base)
    # The stemmer undoubles "doffing" and leaves "doff": cut here, both are one.
    doubled = len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeiou"
    return stem[:-1] if doubled else stem


@lru_cache(maxsize=65536)
def stems_in(word: str) -> frozenset[str]:
    """The stem of a word, and of what it is compounded of: ``handshake`` says ``shake`` too."""
    return frozenset(map(stem_word, (word, *take_apart(word))))


@lru_cache(maxsize=65536)
def take_apart(word: str) -> tuple[str, ...]:
    """What a compound says beside parts of the body; the word itself where it is none.

    Example:
        >>> take_apart("pickup"), take_apart("handshaking"), take_apart("handed")
        (('pick', 'up'), ('shaking',), ('handed',))
    """
    lists = load_vocabulary()
    for whole in (word, word.removesuffix("s")):
        if whole in lists["compounds"]:
            return tuple(lists["compounds"][whole].split())
    rests = [word.removeprefix(part) for part in lists["parts"] if word.startswith(part)]
    long = [rest for rest in rests if len(rest) > _SHORT and rest not in lists["endings"]]
    known = word in lists["parts"] | lists["directions"] | lists["modifiers"]
    return (min(long, key=len),) if long and not known else (word,)


_SHORT = 3
"""Letters of a rest that is hardly a word: ``leg-end``, ``ear-th``."""


def join_parts(words: list[str]) -> list[str]:
    """Each part of the body and its next word as one, as others write them: ``headphones``.

    Args:
        words: Of one sentence, as :func:`split_words` gives them.

    Example:
        >>> join_parts(["his", "head", "phones"])
        ['headphones']
    """
    parts = part_names()
    return [a + b for a, b in pairwise(words) if a in parts and b.isalpha()]


@cache
def part_names() -> frozenset[str]:
    """Words for parts of the body."""
    parts: frozenset[str] = load_vocabulary()["parts"]
    return parts


@cache
def _bases() -> dict[str, str]:
    irregular: dict[str, str] = load_vocabulary()["irregular"]
    return {form: base for base, forms in irregular.items() for form in forms.split()}


_LOCK = threading.Lock()
"""The stemmer keeps the word in itself while it works, and batches are read in threads."""


@cache
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")
