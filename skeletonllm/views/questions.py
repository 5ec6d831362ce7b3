"""The questions of a release by clip, from the table beside its tars."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import QUESTION
from skeletonllm.storage import exists, join, read_table
from skeletonllm.storage.layout import table_file

QUESTIONS = table_file("questions")
"""Of a release and beside shards: rows of :data:`schemas.QUESTION`, sorted by clip."""


def has_questions(folder: str) -> bool:
    """Whether a release, or a folder of shards, has a table of questions.

    Args:
        folder: Of a release, or of a shards stage.
    """
    return exists(join(folder, QUESTIONS))


def sort_questions(table: pa.Table) -> pa.Table:
    """The table in the order in which it is looked up: by clip, then by question.

    Args:
        table: Rows of :data:`schemas.QUESTION`; those that are in order are not copied.
    """
    clips = table.column("clip_id")
    if len(table) < 2 or pc.all(pc.less_equal(clips[:-1], clips[1:])).as_py():
        return table
    return table.sort_by([("clip_id", "ascending"), ("question_id", "ascending")])


class Questions:
    """All questions of a release; they stay in Arrow, and rows are made of those asked for.

    Args:
        table: Rows of :data:`schemas.QUESTION`, in any order.

    Example:
        >>> Questions(QUESTION.arrow.empty_table()).of("lab/1")
        ()
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = sort_questions(table)
        self._clips = self._table.column("clip_id")

    @classmethod
    def open(cls, folder: str) -> Questions:
        """Those of a release, or of a folder of shards.

        Args:
            folder: Of a release, or of a shards stage.

        Raises:
            SchemaError: The table is of another major version.
        """
        return cls(read_table(join(folder, QUESTIONS), schema=QUESTION))

    def __len__(self) -> int:
        """Number of questions."""
        return len(self._table)

    def of(self, clip_id: str) -> tuple[dict[str, Any], ...]:
        """The questions about a clip, as plain data; none if there are none."""
        # A search in the column and no dict of all clips: that would hold 100 bytes a clip.
        start = bisect_left(self._clips, clip_id, key=_text)
        end = bisect_right(self._clips, clip_id, lo=start, key=_text)
        return tuple(self._table.slice(start, end - start).to_pylist())


def count_questions(table: pa.Table) -> dict[str, int]:
    """Number of questions of each clip that has any.

    Args:
        table: Rows of :data:`schemas.QUESTION`.
    """
    counts = pc.value_counts(table.column("clip_id")).to_pylist()
    return {row["values"]: row["counts"] for row in counts}


def _text(value: pa.StringScalar) -> str:
    return str(value.as_py())
