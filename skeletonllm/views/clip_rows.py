"""Rows of a table by clip, which stay in Arrow."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import pyarrow as pa


class ClipRows:
    """Rows of a table by clip; they stay in Arrow, and only those asked for become plain data.

    Args:
        table: Of any schema with a column ``clip_id``, sorted by it.

    Example:
        >>> ClipRows(pa.table({"clip_id": ["lab/1", "lab/1"], "n": [1, 2]})).of("lab/1")[1]["n"]
        2
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._clips = table.column("clip_id")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._table)

    def of(self, clip_id: str) -> tuple[dict[str, Any], ...]:
        """The rows of a clip, in their order, as plain data; none if there are none."""
        # A search in the column and no dict of all clips: that would hold 100 bytes a clip.
        start = bisect_left(self._clips, clip_id, key=_text)
        end = bisect_right(self._clips, clip_id, lo=start, key=_text)
        if start == end:  # of nearly all clips, where rows are rare: to make no list takes 0.1 ms
            return ()
        return tuple(self._table.slice(start, end - start).to_pylist())


def _text(value: pa.StringScalar) -> str:
    return str(value.as_py())
