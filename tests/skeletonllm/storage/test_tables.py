from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import NEGATIVE, REJECT
from skeletonllm.errors import SchemaError
from skeletonllm.storage import read_table, retries, tables, write_table
from skeletonllm.storage.files import read_bytes
from skeletonllm.storage.tables import TableFile, write_tables
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


def make_rejects(count: int) -> pa.Table:
    rows = [
        {"source_uri": f"raw/{i}", "stage": "s", "code": f"c{i % 3}", "message": "m"}
        for i in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=REJECT.arrow)


@pytest.mark.parametrize("step", [1, 7, 50])
def test_the_bytes_of_a_streamed_table_depend_on_its_rows_alone(tmp_path: Path, step: int) -> None:
    table = make_rejects(50)
    whole, parts = (str(tmp_path / name) for name in ("whole.parquet", "parts.parquet"))
    assert write_tables(whole, [table], REJECT.arrow, 8) == 50
    pieces = (table.slice(start, step) for start in range(0, 50, step))
    assert write_tables(parts, pieces, REJECT.arrow, 8) == 50
    assert Path(whole).read_bytes() == Path(parts).read_bytes()
    assert read_table(parts, schema=REJECT).equals(table)


def test_a_streamed_table_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[pa.Table]:
        yield make_rejects(20)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_tables(str(tmp_path / "a.parquet"), rows(), REJECT.arrow, 8)
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_many_files_is_read_by_rows_and_by_columns(tmp_path: Path) -> None:
    table = make_rejects(50)
    urls = [str(tmp_path / f"{n}.parquet") for n in range(3)]
    for url, start in zip(urls, (0, 20, 40), strict=True):
        write_table(url, table.slice(start, 20))
    file = TableFile(urls, REJECT)
    assert len(file) == 50
    assert [len(rows) for rows in file.batches(["code"], 15)] == [15, 5, 15, 5, 10]
    assert file.column("source_uri").to_pylist() == table.column("source_uri").to_pylist()
    assert file.select(REJECT.arrow.names).to_pylist() == table.to_pylist()
    less = TableFile(urls, REJECT, ("code", pa.array(["c1"])))
    assert len(less) == sum(code != "c1" for code in table.column("code").to_pylist())
    assert set(less.column("code").to_pylist()) == {"c0", "c2"}
    assert next(less.batches(["message"])).column_names == ["message"]
    assert len(TableFile([], REJECT)) == 0
    assert TableFile([], REJECT).select(["code"]).num_rows == 0


def test_a_file_of_another_table_is_refused_by_rows_too(tmp_path: Path) -> None:
    write_table(str(tmp_path / "a.parquet"), make_rejects(3))
    with pytest.raises(SchemaError, match=r"a\.parquet"):
        next(TableFile([str(tmp_path / "a.parquet")], NEGATIVE).batches())
