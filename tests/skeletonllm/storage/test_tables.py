from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skeletonllm.storage import retries, tables
from skeletonllm.storage.files import read_bytes
from skeletonllm.testing.faulty_store import FaultyStore


def test_tables_are_compressed_for_floats_and_same_bytes(tmp_path: Path) -> None:
    walk = np.cumsum(np.random.default_rng(0).normal(size=3000)).astype(np.float32)
    table = pa.table(
        {"name": ["a"], "joints": pa.array([walk], pa.large_list(pa.float32()))},
        schema=pa.schema([("name", pa.string()), ("joints", pa.large_list(pa.float32()))]),
    )
    one, two = str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")
    tables.write_table(one, table)
    tables.write_table(two, table)
    assert read_bytes(one) == read_bytes(two)
    assert tables.read_table(one).equals(table)
    assert tables.count_rows(one) == 1
    column = pq.ParquetFile(one).metadata.row_group(0).column(1)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert column.compression == "ZSTD"


def test_a_table_of_a_store_in_trouble_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    table = pa.table({"a": [1, 2, 3]})
    tables.write_table(str(tmp_path / "a.parquet"), table)
    with FaultyStore(tmp_path, faults=["cut"]) as store:
        assert tables.read_table(f"{store.url}/a.parquet").equals(table)
        assert tables.count_rows(f"{store.url}/a.parquet") == 3
        store.plan(["reset"])
        assert [name for name, _ in tables.iter_tables(store.url)] == ["a.parquet"]
