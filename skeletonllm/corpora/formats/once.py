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

Entry = tuple[bytes, dict[str, Any]]
"""The bytes of a file, and by parser what they hold, or why they hold nothing."""

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
    held = _entry(kept, data)
    if parser not in held:
        held[parser] = _attempt(parse, data)
    if isinstance(held[parser], SourceError):
        raise held[parser]
    found: Parsed = held[parser]
    return found


def _entry(kept: list[Entry], data: bytes) -> dict[str, Any]:
    """What is kept of some bytes; those of the first files make room for it."""
    for known, held in kept:
        if known == data:
            return held
    kept.append((data, {}))
    while len(kept) > 1 and sum(len(known) for known, _ in kept) > KEPT_BYTES:
        kept.pop(0)
    return kept[-1][1]


def _attempt(parse: Callable[[bytes], Parsed], data: bytes) -> Parsed | SourceError:
    try:
        return parse(data)
    except SourceError as error:
        return error
