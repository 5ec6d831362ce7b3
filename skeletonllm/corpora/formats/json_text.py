"""JSON of files that nobody vouches for: parsed with a bound on memory, and nothing guessed.

A key that stands twice in an object is refused, since parsers differ in which one counts. NaN and
Infinity, which JSON does not know but many programs write, are kept as numbers: readers decide.
"""

from __future__ import annotations

import gc
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from skeletonllm.corpora.files import decode
from skeletonllm.corpora.formats.once import parsed
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

MAX_MEMORY = 1 << 30
"""Most bytes that what is parsed may take, by :func:`cost`."""


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes, *, memory: int = MAX_MEMORY) -> Any:
    """What a JSON text holds.

    Args:
        data: UTF-8, with or without a byte order mark.
        memory: Most bytes that the result may take.

    Raises:
        SourceError: ``empty``, ``encoding``, ``truncated``, ``unsafe`` (too large once parsed, or
            too deep), or ``format``.

    Example:
        >>> parse_json(b'{"a": [1, NaN]}')
        {'a': [1, nan]}
    """
    return parsed(f"json {memory}", data, partial(_parse, memory=memory))


def _parse(data: bytes, memory: int) -> Any:
    text = decode(data)
    if cost(data) > memory:
        found = f"some {cost(data) >> 20} MB once it is parsed"
        raise SourceError("unsafe", found, expected=f"at most {memory >> 20} MB")
    try:
        with _uncollected():
            content = json.loads(text, object_pairs_hook=_object)
        if _SURROGATE.search(text):  # half a letter, which no file can hold, unless the other is by
            json.dumps(content, ensure_ascii=False).encode()
        return content
    except UnicodeEncodeError as error:
        raise SourceError("encoding", f"half a letter, {error.object[error.start]!a}") from None
    except RecursionError:
        raise SourceError("unsafe", "JSON nested too deeply to be read") from None
    except ValueError as error:
        start, end = text.lstrip()[0], text.rstrip()[-1]
        cut = (start == "{" and end != "}") or (start == "[" and end != "]")
        found = f"not JSON ({str(error)[:200]})"
        raise SourceError("truncated" if cut else "format", found) from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: it would walk all that was parsed again and again.

    Millions of small lists take six times as long with it.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def cost(data: bytes) -> int:
    """About how many bytes the Python objects of a JSON text take.

    A value takes some 40 bytes with its place in a list, a list or object some 100 more.
    """
    return 40 * data.count(b",") + 100 * (data.count(b"[") + data.count(b"{")) + len(data)


_ROW = re.compile(rb"\S[^\r\n]*")


def list_rows(data: bytes) -> list[bytes]:
    """The lines that are not blank, without the blanks before them: of JSON, one text a line.

    A file may have millions of blank lines; they cost next to nothing here.

    Example:
        >>> list_rows(b"{}\\r\\n\\n [1]\\n")
        [b'{}', b'[1]']
    """
    return parsed("rows", data, lambda data: _ROW.findall(data.removeprefix(BOM_UTF8)))


def read_numbers(values: Any, what: str) -> Raw:
    """A list of numbers as float64 [N]; null is NaN.

    Args:
        values: As JSON has them.
        what: Their name, for the sentence of the error.

    Raises:
        SourceError: ``format``, naming ``what``.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", f"{what} is no list of numbers ({error})") from None
    if array.ndim != 1 or not isinstance(values, list):
        raise SourceError("format", f"{what} is no list of numbers")
    return array


def parse_described(content: Any, depth: int = 3) -> str:
    """What a JSON value is, for messages: ``a list of 3 objects with the keys a, b``.

    Args:
        content: Parsed JSON.
        depth: How many levels are described.
    """
    if isinstance(content, list):
        first = f", the first {parse_described(content[0], depth - 1)}" if content and depth else ""
        return f"a list of {len(content)}{first}"
    if isinstance(content, dict):
        keys = ", ".join(key[:40] for key in sorted(content)[:8])
        more = ", ..." if len(content) > 8 else ""
        return f"an object with the keys {keys}{more}" if content else "an empty object"
    return "null" if content is None else f"a {type(content).__name__}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise SourceError("format", f"the key {twice[:80]!r} twice in one object")
    return found
