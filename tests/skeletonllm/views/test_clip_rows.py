from __future__ import annotations

import pyarrow as pa
import pytest

from skeletonllm.views.clip_rows import ClipRows

ROWS = [{"clip_id": c, "n": n} for n, c in enumerate(["a/1", "a/1", "a/10", "b", "b", "b"])]


@pytest.mark.parametrize("batch", [1, 2, 6])
def test_rows_of_a_clip_come_in_their_order(batch: int) -> None:
    parts = [pa.Table.from_pylist(ROWS[i : i + batch]) for i in range(0, len(ROWS), batch)]
    rows = ClipRows(pa.concat_tables(parts))
    assert len(rows) == 6
    for clip, numbers in {"a/1": [0, 1], "a/10": [2], "b": [3, 4, 5], "a": [], "c": []}.items():
        assert [row["n"] for row in rows.of(clip)] == numbers
