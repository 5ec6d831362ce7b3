"""The keys of a layout's YAML: each with its line, taken one by one, and what is wrong with them.

People write ``units: MM``, ``up: Z`` or ``fps: 30 Hz``; where that can mean one thing only, it is
taken. Everything else is a fault that names the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import yaml

from skeletonllm.errors import SourceError

MAX_DEPTH = 16
"""Deepest nesting of a YAML; a layout needs three."""

FILL_IN = "fill in"
"""What a draft has where the user must say something."""

_MARKS = re.compile(r"(?:[-?:][ \t]+)+")
_TABS = re.compile(r"(?<=[:,\-\[{])\t+")
_RATE = re.compile(r"(\d+(?:[.,]\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?\s*(hz|hertz|fps|frames?/s(ec)?)?")


@dataclass
class Keys:
    """Keys not yet taken, and what was wrong with those that were.

    Args:
        content: Values by key.
        lines: Line of each key.
        faults: Sentences.
    """

    content: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def fault(self, key: str, sentence: str) -> None:
        """Add a fault of a key.

        Args:
            key: The key.
            sentence: What is wrong with it.
        """
        line = f"line {self.lines[key]}: " if key in self.lines else ""
        self.faults.append(f"{line}{key}: {sentence}")

    def take(self, key: str, default: Any, fits: Callable[[Any], bool], expected: str) -> Any:
        """The value of a key, or the default where it is absent or wrong.

        Args:
            key: The key.
            default: What holds without it.
            fits: Whether a value is right.
            expected: What would be.
        """
        value = self.content.pop(key, default)
        if fits(value):
            return value
        found = "missing" if value is None else shown(value)
        self.fault(key, f"{found}, expected {expected}")
        return default

    def word(self, key: str, default: str | None, known: dict[str, str]) -> Any:
        """One of the known words, in any case, with what it means.

        Args:
            key: The key.
            default: A meaning; empty where the key may be absent, None where it must not be.
            known: Meanings by word, in lower case.
        """
        value = self.content.get(key)
        if isinstance(value, str):
            self.content[key] = known.get(" ".join(value.lower().split()), value)
        meanings = tuple(dict.fromkeys(known.values()))
        expected = f"one of {', '.join(meanings)}"
        return self.take(
            key, default, lambda v: isinstance(v, str) and v in (*meanings, default), expected
        )

    def text(self, key: str) -> str:
        """A text, empty if absent."""
        return str(self.take(key, "", lambda value: isinstance(value, str), "a name"))

    def rate(self, key: str, *, needed: bool) -> float | None:
        """Frames a second, also as text: ``29.97``, ``30 Hz``, ``30000/1001``.

        Args:
            key: The key.
            needed: Whether it must be there.
        """
        value = self.content.get(key)
        match = _RATE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        if match:
            number = float(match[1].replace(",", "."))
            self.content[key] = number / float(match[2] or 1) if float(match[2] or 1) else 0
        if key not in self.content and not needed:
            return None
        rate = self.take(key, None, _is_rate, "frames a second, 0 to 10000")
        return None if rate is None else float(rate)


def parse_keys(text: str, where: str) -> Keys:
    """The keys of a YAML.

    Args:
        text: The YAML.
        where: Its name, for the sentence of an error.

    Raises:
        SourceError: ``format``, or ``unsafe`` for aliases (a few nested ones stand for more than
            fits into memory) and for what is nested too deeply.
    """
    text = _TABS.sub(" ", text)
    if _depth(text) > MAX_DEPTH:
        raise SourceError("unsafe", "a YAML nested too deeply to be read", where=where)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise SourceError("unsafe", "a YAML with aliases", expected="plain keys", where=where)
        content = yaml.safe_load(text)
        lines = _lines(text) if isinstance(content, dict) else {}
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # values of a wrong form make the parser raise what it likes
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        found = " ".join(f"{line}not YAML ({error})".split())[:500]
        raise SourceError("format", found, where=where) from None
    if not isinstance(content, dict):
        raise SourceError("format", f"a {type(content).__name__}", expected="keys", where=where)
    return Keys(content, lines)


def _lines(text: str) -> dict[str, int]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return {str(key.value): key.start_mark.line + 1 for key, _ in pairs}


def _depth(text: str) -> int:
    """At least how deep a YAML is nested; the parser takes time by the square of it."""
    open_brackets = accumulate((c in "[{") - (c in "]}") for c in text)
    marks = (len(match[0].split()) for match in _MARKS.finditer(text))
    return max(*open_brackets, *marks, 0, 0)


def shown(value: Any) -> str:
    """A value as it can stand in a sentence."""
    try:
        return repr(value)[:60]
    except ValueError:  # Python writes no more than 4300 digits
        return "a number without end"


def _is_rate(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= 10_000  # of any size, and NaN is not
