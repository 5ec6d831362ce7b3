"""Matching: which class a generated text names, by a rule that has a name.

Two rules. ``exact`` takes the whole text for the name of a class. ``published`` is the rule of the
published code, eval/calculate_ntu_accuracy.py: right is any text in which the name occurs, be it
within another name, so that "throw" is right about "throw up cap/hat". Figures by the two rules
must not be compared.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence

from skeletonllm.errors import UsageError
from skeletonllm.tasks.rationale import LABEL, read_label

_EDGE = string.punctuation + string.whitespace + "“”‘’«»…。"  # noqa: RUF001 - quotes of any kind


def match_exact(text: str, names: Sequence[str]) -> str:
    """The class that the whole text names; empty if it names none.

    Case does not count, nor white space, nor punctuation around the name. Of a text whose last line
    is ``Label: ...``, what that line concludes.

    Args:
        text: What a model wrote.
        names: The classes that it may name.

    Raises:
        UsageError: Two classes have the same name by this rule.

    Example:
        >>> match_exact(' "Hand waving." ', ["hand waving", "clapping"])
        'hand waving'
        >>> match_exact("I think it is hand waving", ["hand waving", "clapping"])
        ''
    """
    by_form: dict[str, str] = {}
    for name in names:
        other = by_form.setdefault(_normalize(name), name)
        if other != name:
            raise UsageError(
                f"classes {other!r} and {name!r}",
                expected="names that differ in more than case, white space and outer punctuation",
                hint="By this rule a text cannot tell them apart: rename one.",
            )
    last = text.strip().rpartition("\n")[2].strip()
    said = read_label(text) if last.startswith(LABEL.strip()) else text
    return by_form.get(_normalize(said), "") if said.strip() else ""


def match_published(text: str, names: Sequence[str]) -> str:
    """The longest of the names that the published rule finds in a text; empty if it finds none.

    The published code names no class: it asks :func:`is_right_published` about the right one alone.
    Of equally long names, the first.

    Args:
        text: What a model wrote.
        names: The classes that it may name.

    Example:
        >>> match_published("They throw up cap/hat.", ["throw", "throw up cap/hat"])
        'throw up cap/hat'
    """
    found = [name for name in names if is_right_published(text, name)]
    return max(found, key=len, default="")


def is_right_published(text: str, target: str) -> bool:
    """Whether the published code counts a text as right.

    It does if the lower-cased name occurs anywhere in the lower-cased text, even inside a word or
    another name, and "error" does not. Its file of answers holds one line a clip, so that it never
    sees what follows the first line of a text.

    Args:
        text: What a model wrote, once about the clip.
        target: The right class.

    Example:
        >>> is_right_published("throw up cap/hat", "throw")
        True
    """
    line = text.replace("\r\n", "\n").replace("\r", "\n").partition("\n")[0]
    said = line.lower().strip()
    return "error" not in said and target.lower() in said


MATCHERS: Mapping[str, Callable[[str, Sequence[str]], str]] = {
    "exact": match_exact,
    "published": match_published,
}
"""Each rule by its name."""


def _normalize(text: str) -> str:
    """The text in one form; a text of punctuation alone stays, since it may be a name."""
    folded = " ".join(text.casefold().split())
    return folded.strip(_EDGE) or folded
