from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from schemas import RATIONALE, SAMPLE
from skeletonllm.release.verify import rows_of_tars
from skeletonllm.release.verify.rows_of_tars import IndexRows, ToldRows
from skeletonllm.shards import read_index
from skeletonllm.shards.index import write_index
from skeletonllm.storage import iter_tables, read_table
from skeletonllm.storage.tables import TableFile


def open_index(folder: Path, index: pa.Table) -> TableFile:
    write_index(str(folder / "index.parquet"), index)
    return TableFile([str(folder / "index.parquet")], SAMPLE)


def test_rows_of_a_tar_come_from_whichever_row_groups(
    tmp_path: Path, stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skeletonllm.shards.index.ROW_GROUP", 3)
    index = read_index(stages["shards_dir"])
    rows = IndexRows(open_index(tmp_path, index))
    assert list(rows.bounds.values()) == [(0, 5), (5, 10), (10, 11)]
    for start, end in [*rows.bounds.values(), (0, 11), (2, 4), (3, 3), (11, 11)]:
        found = rows.read(start, end).column("clip_id").to_pylist()
        assert found == index.column("clip_id").to_pylist()[start:end]


def test_an_index_in_another_order_is_put_in_order(tmp_path: Path, stages) -> None:
    index = read_index(stages["shards_dir"])
    mixed = index.take(np.random.default_rng(0).permutation(11))
    rows = IndexRows(open_index(tmp_path, mixed))
    for name, (start, end) in rows.bounds.items():
        own = rows.read(start, end)
        assert own.column("shard").unique().to_pylist() == [name]
        assert own.column("offset").to_pylist() == sorted(own.column("offset").to_pylist())


@pytest.mark.parametrize("group_rows", [1, 1 << 13])
def test_rationales_come_in_the_order_of_the_samples(
    tmp_path: Path, stages, monkeypatch: pytest.MonkeyPatch, group_rows: int
) -> None:
    monkeypatch.setattr(rows_of_tars, "GROUP_ROWS", group_rows)
    index = IndexRows(open_index(tmp_path, read_index(stages["shards_dir"])))
    tables = [t for _, t in iter_tables(stages["rationales_dir"] + "/parts", schema=RATIONALE)]
    rows = pa.concat_tables(tables).to_pylist()
    for i, row in enumerate(rows):
        row["status"] = "rejected" if i == 2 else row["status"]
    again = [{**row, "rationale_id": f"{row['clip_id']}#1", "attempt": 1} for row in rows]
    ghost = [{**rows[0], "rationale_id": "x#0", "clip_id": "x"}]
    mixed = pa.Table.from_pylist([*rows[::-1], *ghost, *again], RATIONALE.arrow)
    told = ToldRows(str(tmp_path), index.clips, mixed)
    kept = [
        r["rationale_id"]
        for pair in zip(rows, again, strict=True)
        for r in pair
        if r["status"] != "rejected"
    ]
    assert told.read(0, 11).column("rationale_id").to_pylist() == kept
    assert told.read(5, 7).column("clip_id").unique().to_pylist() == ["alpha/005", "alpha/006"]
    assert told.read(8, 11).num_rows == 0
    assert len(list(tmp_path.glob("*.arrows"))) == (1 if group_rows > 1 else 8)
    schema = read_table(str(tmp_path / "index.parquet")).schema
    assert "_at" not in schema.names
