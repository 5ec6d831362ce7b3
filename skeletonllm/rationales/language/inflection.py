"""English verbs and nouns in the few forms that sentences need."""

from __future__ import annotations

import re

from skeletonllm.errors import UsageError

FORMS_OF_VERBS = ("singular", "plural", "gerund")
_IRREGULAR = {
    "be": ("is", "are", "being"),
    "have": ("has", "have", "having"),
    "lie": ("lies", "lie", "lying"),
}
_DOUBLED = frozenset(
    (
        "bob clap dip drop get hop jog let nod put run set shrug sit spin squat step stop "
        "tip trot tug whip"
    ).split()
)
"""Verbs whose last consonant is written twice before -ing."""
_PLURALS = {"foot": "feet", "body": "bodies", "upper body": "upper bodies"}
COUNT_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)


def inflect_verb(base: str, form: str) -> str:
    """A verb as its subject needs it: ``go`` to ``goes``, ``go`` or ``going``.

    Args:
        base: Without ending.
        form: One of :data:`FORMS_OF_VERBS`.

    Example:
        >>> [inflect_verb("carry", form) for form in FORMS_OF_VERBS]
        ['carries', 'carry', 'carrying']
    """
    place = FORMS_OF_VERBS.index(form)
    return _IRREGULAR.get(base, (_singular(base), base, _gerund(base)))[place]


def _singular(base: str) -> str:
    if re.search(r"[^aeiou]y$", base):
        return f"{base[:-1]}ies"
    return f"{base}es" if re.search(r"(s|sh|ch|x|z|o)$", base) else f"{base}s"


def _gerund(base: str) -> str:
    if base in _DOUBLED:
        return f"{base}{base[-1]}ing"
    return f"{base[:-1]}ing" if re.search(r"[^eoy]e$", base) else f"{base}ing"


def pluralize_noun(noun: str) -> str:
    """``hands`` of ``hand``, ``feet`` of ``foot``."""
    return _PLURALS.get(noun, f"{noun}s")


def spell_count(count: int) -> str:
    """``three``; digits above twelve, as people write them."""
    return COUNT_WORDS[count] if 0 <= count < len(COUNT_WORDS) else str(count)


def read_count(word: str) -> int:
    """The number that :func:`spell_count` spelled; digits too.

    Raises:
        UsageError: The word is no number up to twelve and no digits.
    """
    if word in COUNT_WORDS:
        return COUNT_WORDS.index(word)
    if not word.isdecimal():
        raise UsageError(f"the number {word!r}", expected="a word up to twelve, or digits")
    return int(word)


def capitalize_sentence(text: str) -> str:
    """Capital letter and full stop.

    Example:
        >>> capitalize_sentence("the head rises")
        'The head rises.'
    """
    return f"{text[0].upper()}{text[1:]}."


def join_words(words: list[str] | tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *front, last = words
    return f"{', '.join(front)} and {last}" if front else last
