"""Which texts tell the name of an unseen class.

A sentence tells a name if it holds the stem of its action, or all stems of its content, in any
form and order. Parts of the body, sides and directions are no content: "hand waving" is ``wave``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from skeletonllm.views.stems import (
    join_parts,
    load_vocabulary,
    part_names,
    split_sentences,
    split_words,
    stem_word,
    stems_in,
    take_apart,
)

Stems = frozenset[str]
Names = tuple[str, ...]

_REMARK = re.compile(r"\(([^)]*)\)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AND = re.compile(r"\b(?:and|then|while)\b|[&+,;]")
_TO = re.compile(r"^\s*(\w+) to (\w+)\s*$")
""""sit to stand": two actions."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana, Han."""


@dataclass(frozen=True)
class NameRules:
    """What tells a name, as sets of stems; a sentence that holds all of one set tells it.

    Args:
        name: Of a class.
        actions: The stem of each of its actions; with its object where the verb alone says little.
        contents: All content of each wording.
    """

    name: str
    actions: tuple[Stems, ...]
    contents: tuple[Stems, ...]

    @property
    def sets(self) -> tuple[Stems, ...]:
        """Those that matter: none holds another."""
        every = {*self.actions, *self.contents}
        return tuple(
            sorted((s for s in every if not any(other < s for other in every)), key=sorted)
        )


@lru_cache(maxsize=4096)
def derive_rules(name: str) -> NameRules:
    """What tells a name; docs/SPLITS.md says how it is found, with examples.

    Example:
        >>> [sorted(stems) for stems in derive_rules("put on hat/cap").sets]
        [['cap', 'put'], ['hat', 'put']]
        >>> [sorted(stems) for stems in derive_rules("hands up").sets]
        [['hand', 'up']]
    """
    plain = _CAMEL.sub(" ", name)
    remarks = [word for remark in _REMARK.findall(plain) for word in _spell_out(remark)]
    found = [_read(wording) for wording in _spell_out(_REMARK.sub("", plain))]
    extra = [_read_remark(split_words(remark)) for remark in remarks]
    actions = [stems for actions, _ in found for stems in actions]
    contents = [stems for stems in (*(whole for _, whole in found), *extra) if stems]
    return NameRules(name, tuple(dict.fromkeys(actions)), tuple(dict.fromkeys(contents)))


def _spell_out(text: str) -> Iterator[str]:
    """Each wording of a name with alternatives: "hat/cap" and "hat or cap" are two."""
    text = re.sub(r"\s*/\s*|\s+or\s+", "/", text.strip())
    for words in product(*(token.split("/") for token in text.split())):
        yield " ".join(words)
    sides = text.split("/")
    if len(sides) > 1 and len(sides[-1].split()) > 1:  # "make a phone call/answer phone"
        yield from sides


def _read(wording: str) -> tuple[list[Stems], Stems]:
    """The actions of one wording, and all its content."""
    pieces = _TO.match(wording)
    parts = list(pieces.groups()) if pieces else _AND.split(wording)
    contents = [_content(split_words(part)) for part in parts]
    whole = _stems([word for content in contents for word in content])
    if not _without(whole, "light_verbs", "empty_verbs"):
        # Parts and directions are all that it says: "hands up", "give thumbs up".
        whole = _fall_back(split_words(wording)) or whole
        return ([whole] if whole else []), whole
    pairs = zip(contents, map(split_words, parts), strict=True)
    return [s for content, words in pairs for s in _find_actions(content, words)], whole


def _read_remark(words: Sequence[str]) -> Stems:
    """What a remark says if it is another wording ("bow (bend forward)"), parts and all.

    None where it says a direction alone, or how or with what: "(clockwise)", "(from watch)".
    """
    how = _stems(words[:1]) <= _kind("function") | _kind("directions")
    if not words or how or not _content(words):
        return frozenset()
    return _without(_stems(_take_apart(words)), "function", "placeholders", "numbers")


def _content(words: Sequence[str]) -> list[str]:
    """Words that say what is done and to what, in their order, compounds taken apart."""
    nothing = ("function", "placeholders", "numbers", "parts", "directions")
    apart = _take_apart(words)
    return [word for word in apart if not word.isdigit() and _without(_stems([word]), *nothing)]


def _take_apart(words: Sequence[str]) -> list[str]:
    return [part for word in words for part in take_apart(word)]


def _fall_back(words: Sequence[str]) -> Stems:
    """What a name without content says all the same, from most to least telling."""
    every = _stems(_take_apart(words))
    verbs = ("light_verbs", "empty_verbs")
    steps = (("function", "placeholders", *verbs), ("function", "placeholders"), ())
    return next((told for kinds in steps if (told := _without(every, *kinds))), frozenset())


def _find_actions(content: Sequence[str], words: Sequence[str]) -> Iterator[Stems]:
    """The action among the content of a name: the -ing word, or the first that is no sport.

    Args:
        content: Its content, in order.
        words: All its words: an article makes "take a photo" another thing than "take off hat".
    """
    if not content:
        return
    lists = load_vocabulary()
    doing = [w for w in content if w.endswith("ing") and w not in lists["not_ing"]]
    named = [w for w in content if w not in lists["modifiers"]] or list(content)
    action = stem_word((doing or named)[0])
    others = _stems(content) - {action}
    if action in _kind("empty_verbs") and others:
        yield _stems(named) - {action} or others  # "make ok sign" is an ok sign
    elif action in _kind("light_verbs") and others:
        if {*words[1:2]} & {"a", "an"}:
            yield frozenset({stem_word(named[-1])})  # "take a selfie" is a selfie
        else:
            yield from (frozenset({action, other}) for other in sorted(others))
    else:
        yield frozenset({action})


def _stems(words: Sequence[str]) -> Stems:
    return frozenset(map(stem_word, words))


def _without(stems: Stems, *kinds: str) -> Stems:
    return stems.difference(*map(_kind, kinds))


@cache
def _kind(kind: str) -> Stems:
    return _stems(sorted(load_vocabulary()[kind]))


class UnseenNames:
    """Names that no text may tell.

    Args:
        names: Of the classes.

    Example:
        >>> hidden = UnseenNames(("drink water", "hand waving"))
        >>> hidden.find_told("She waves a hand."), hidden.find_told("She raises a hand.")
        ('hand waving', None)
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._single: dict[str, str] = {}
        self._several: dict[str, list[tuple[Stems, str]]] = {}
        self._phrases = [(name.casefold(), name) for name in names if _UNSPACED.search(name)]
        for name in names:
            for stems in derive_rules(name).sets:
                self._add(stems, name)
        self._stems = frozenset(self._single).union(
            *(stems for sets in self._several.values() for stems, _ in sets)
        )
        # Where a name has a word such as "handbag", which is also written as two.
        self._joins = any(
            s.startswith(part) and s != part for s in self._stems for part in part_names()
        )
        self._hits = lru_cache(maxsize=65536)(self._find_hits)

    def __reduce__(self) -> tuple[type[UnseenNames], tuple[Names]]:
        """Names alone go to another process; what was looked up stays."""
        return UnseenNames, (self._names,)

    def _find_hits(self, word: str) -> Stems:
        """The stems of a word that are in any rule; of most words, none."""
        return stems_in(word) & self._stems

    def _add(self, stems: Stems, name: str) -> None:
        longest = max(sorted(stems), key=len)
        if len(stems) == 1:
            self._single.setdefault(longest, name)
        else:
            # Kept under its longest stem, which is likely the rarest.
            self._several.setdefault(longest, []).append((stems, name))

    def find_told(self, text: str, own: str = "") -> str | None:
        """The first unseen name that a sentence of the text tells; None if none.

        Args:
            text: Of any number of sentences.
            own: Name of the text's own class: as a phrase it tells nothing else, even where an
                unseen name is part of it ("drink" in "drink water").
        """
        # Most texts hold no stem of any rule: found out before they are cut into sentences.
        if self._joins or any(map(self._hits, split_words(text))):
            for sentence in split_sentences(text):
                if name := self._find_in(split_words(sentence), own):
                    return name
        return self._find_phrase(text)

    def _find_in(self, words: list[str], own: str) -> str | None:
        said = _cut_phrase(words, split_own(own)) if own else words
        if self._joins:
            said = said + join_parts(said)
        stems = frozenset().union(*map(self._hits, said))
        for stem in stems & self._single.keys():
            return self._single[stem]
        for stem in stems & self._several.keys():
            for needed, name in self._several[stem]:
                if needed <= stems:
                    return name
        return None

    def _find_phrase(self, text: str) -> str | None:
        if not self._phrases:
            return None
        folded = text.casefold()
        return next((name for phrase, name in self._phrases if phrase in folded), None)


@lru_cache(maxsize=4096)
def split_own(name: str) -> tuple[str, ...]:
    """The words of a class's name, as they stand in a text."""
    return tuple(split_words(name))


def _cut_phrase(words: list[str], phrase: Sequence[str]) -> list[str]:
    """The words without the phrase, wherever it stands as a whole."""
    if not phrase or phrase[0] not in words:
        return words
    kept: list[str] = []
    at = 0
    while at < len(words):
        if tuple(words[at : at + len(phrase)]) == tuple(phrase):
            at += len(phrase)
        else:
            kept.append(words[at])
            at += 1
    return kept


@lru_cache(maxsize=64)
def hide_names(names: tuple[str, ...]) -> UnseenNames:
    """The names that no text may tell; kept, since a view asks for every sample.

    Example:
        >>> hide_names(("jump up",)).find_told("He jumped.")
        'jump up'
    """
    return UnseenNames(names)
