"""Which rows a query asks for, in which order: masks over columns, all in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skeletonllm.errors import UsageError

MOST_WINDOW = 1000
"""Rows of one answer."""
_MOST_TEXT = 1000
"""Letters of a query's text."""


@dataclass(frozen=True)
class Query:
    """What somebody looks for.

    Args:
        text: Words; all must occur.
        where: Column -> words, of which one must be there.
        within: Column -> lowest and highest number; None is no bound.
        sort: Column by which rows are sorted; None keeps their order.
        down: Highest first.
        offset: First row of the window.
        limit: Rows of the window.
        place_of: A row whose place among those that fit is asked for.
    """

    text: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    within: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    sort: str | None = None
    down: bool = False
    offset: int = 0
    limit: int = 100
    place_of: int | None = None


def parse_query(text: str) -> Query:
    """A query as the page sends it.

    Raises:
        UsageError: It is no query.

    Example:
        >>> parse_query('{"where": {"label": ["throw"]}, "sort": ["seconds", "down"]}').down
        True
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise UsageError(f"query {text[:80]!r}", expected="a JSON object")
    try:
        return _read(data)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"query {text[:80]!r} ({error})", expected="a query") from None


def _read(data: Mapping[str, Any]) -> Query:
    sort = data.get("sort")
    column, way = (None, "up") if sort is None else sort
    if way not in ("up", "down") or not isinstance(column, str | None):
        raise ValueError("sort")
    text = data.get("text") or ""
    if not isinstance(text, str):
        raise ValueError("text")
    place_of = data.get("place_of")
    return Query(
        text=text[:_MOST_TEXT],
        where={
            str(n): tuple(map(str, words))
            for n, words in (data.get("where") or {}).items()
            if words != []
        },
        within={str(n): _read_range(*ends) for n, ends in (data.get("range") or {}).items()},
        sort=column,
        down=way == "down",
        offset=max(int(data.get("offset") or 0), 0),
        limit=min(max(int(data.get("limit", 100)), 0), MOST_WINDOW),
        place_of=None if place_of is None else int(place_of),
    )


def _read_range(low: Any, high: Any) -> tuple[float | None, float | None]:
    ends = [None if end is None else float(end) for end in (low, high)]
    if any(end is not None and math.isnan(end) for end in ends):
        raise ValueError("range")
    return ends[0], ends[1]
