"""The one JSON object in what a model wrote; a cut one is refused, not completed.

``json_repair`` would close whatever is open: an answer that was cut after its second step would
pass for a chain of two steps. So brackets are counted first.
"""

from __future__ import annotations

import json
from typing import Any

import json_repair

from skeletonllm.errors import SourceError

_CLOSES = {"}": "{", "]": "["}


def load_object(text: str) -> dict[str, Any]:
    """The JSON object of an answer, whatever stands around it.

    Raises:
        SourceError: ``not_structured``: there is none, or it does not end.
    """
    thought = text.rpartition("</think>")[2]  # models that reason aloud write braces there, too
    try:
        plain = json.loads(thought)
    except (ValueError, RecursionError):
        plain = _repair(find_object(thought))
    if not isinstance(plain, dict):
        raise refuse(f"the answer is a JSON {type(plain).__name__}")
    return plain


def find_object(text: str) -> str:
    """The longest outermost ``{...}`` of a text.

    Raises:
        SourceError: ``not_structured``: there is none, or one does not end.
    """
    found, open_brackets, start = "", list[str](), 0
    in_string = escaped = False
    for place, letter in enumerate(text):
        if in_string:
            in_string = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == "{" and not open_brackets:
            start, open_brackets = place, ["{"]
        elif not open_brackets:
            continue  # prose: its quotes and brackets are not ours
        elif letter == '"':
            in_string = True
        elif letter in "{[":
            open_brackets.append(letter)
        elif letter in _CLOSES:
            if open_brackets.pop() != _CLOSES[letter]:
                raise refuse("its brackets do not match")
            if not open_brackets:
                found = max(found, text[start : place + 1], key=len)
    if open_brackets:
        raise refuse("it ends inside its JSON object")
    if not found:
        raise refuse("it holds no JSON object")
    return found


def refuse(*faults: str) -> SourceError:
    """The error of an answer that is not of its form; all faults are in its text."""
    return SourceError("not_structured", "; ".join(faults), expected="the JSON object asked for")


def _repair(text: str) -> Any:
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError):
        raise refuse("its JSON object cannot be read") from None
