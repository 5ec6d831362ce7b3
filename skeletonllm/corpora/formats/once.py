"""What is parsed once though many readers ask for it: to identify a file, each of them tries it.

Twenty readers of JSON would parse the same megabytes twenty times. What is kept is shared, so no
reader may change what a parser gave it; none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from skeletonllm.errors import SourceError

Parsed = TypeVar("Parsed")

KEPT_BYTES = 8 << 20
"""Of all files that are kept; the last one is, whatever its size: it takes no more than when one
reader parses it."""

Entry = tuple[str, bytes, Any]
"""Name of the parser, the bytes, and what they hold, or why they hold nothing."""

_kept: ContextVar[list[Entry] | None] = ContextVar("kept", default=None)


@contextmanager
def parse_once() -> Iterator[None]:
    """Keep what the last files hold, for all readers that try them within this block."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


def parsed(parser: str, data: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    """What ``parse`` makes of some bytes, or what it made of the same bytes before.

    Args:
        parser: Name of the parser.
        data: The bytes.
        parse: The parser.

    Raises:
        SourceError: As of ``parse``.

    Example:
        >>> with parse_once():
        ...     parsed("size", b"abc", len), parsed("size", b"abc", lambda data: 99)
        (3, 3)
    """
    kept = _kept.get()
    if kept is None:
        return parse(data)
    known = next((e for e in kept if e[0] == parser and e[1] == data), None)
    if known is None:
        known = parser, data, _attempt(parse, data)
        kept.append(known)
        while len(kept) > 1 and sum(len(each) for _, each, _ in kept) > KEPT_BYTES:
            kept.pop(0)
    if isinstance(known[2], SourceError):
        raise known[2]
    held: Parsed = known[2]
    return held


def _attempt(parse: Callable[[bytes], Parsed], data: bytes) -> Parsed | SourceError:
    try:
        return parse(data)
    except SourceError as error:
        return error
