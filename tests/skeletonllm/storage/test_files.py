from __future__ import annotations

import hashlib
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.storage import files


def test_writes_are_whole_and_leave_no_partials(tmp_path: Path) -> None:
    url = str(tmp_path / "deep" / "a.txt")
    files.write_bytes(url, b"one")
    files.write_bytes(url, b"two")
    assert files.read_bytes(url) == b"two"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.txt"]


def test_partials_are_invisible_and_removable(tmp_path: Path) -> None:
    (tmp_path / f".a.txt{files.PARTIAL}123").write_text("half")
    (tmp_path / "b.txt").write_text("whole")
    assert files.list_files(str(tmp_path)) == ["b.txt"]
    files.remove_partials(str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_other_file_systems_work_too() -> None:
    files.write_bytes("memory://stage/x/a.json", b"{}")
    assert files.exists("memory://stage/x/a.json")
    assert files.read_json("memory://stage/x/a.json") == {}
    assert files.list_files("memory://stage") == ["x/a.json"]


def test_json_is_canonical(tmp_path: Path) -> None:
    one, two = str(tmp_path / "1"), str(tmp_path / "2")
    files.write_json(one, {"b": 1, "a": "é"})
    files.write_json(two, {"a": "é", "b": 1})
    assert files.read_bytes(one) == files.read_bytes(two)


def test_missing_and_broken_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        files.read_bytes(str(tmp_path / "none"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        files.read_json(str(tmp_path / "bad.json"))


def test_tables_are_compressed_for_floats_and_same_bytes(tmp_path: Path) -> None:
    walk = np.cumsum(np.random.default_rng(0).normal(size=3000)).astype(np.float32)
    table = pa.table(
        {"name": ["a"], "joints": pa.array([walk], pa.large_list(pa.float32()))},
        schema=pa.schema([("name", pa.string()), ("joints", pa.large_list(pa.float32()))]),
    )
    one, two = str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")
    files.write_table(one, table)
    files.write_table(two, table)
    assert files.read_bytes(one) == files.read_bytes(two)
    assert files.read_table(one).equals(table)
    assert files.count_rows(one) == 1
    column = pq.ParquetFile(one).metadata.row_group(0).column(1)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert column.compression == "ZSTD"


def test_hash_and_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    expected = hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert files.sha256_of(str(tmp_path / "a")) == (expected, 3_000_000)


def test_a_new_folder_is_durable_in_the_one_that_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = files._sync_folder
    monkeypatch.setattr(files, "_sync_folder", lambda folder: (synced.append(folder), sync(folder)))
    files.write_bytes(str(tmp_path / "a" / "b" / "c.txt"), b"1")
    assert synced == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")]
    files.write_bytes(str(tmp_path / "a" / "b" / "d.txt"), b"1")
    assert synced[3:] == [str(tmp_path / "a" / "b")]


@pytest.mark.parametrize("url", ["a/b", "/x//y/", "~/z", "./k/../m", "file:///q/w", "memory://a/b"])
def test_the_place_of_a_url_is_the_one_that_fsspec_finds(url: str) -> None:
    assert files.filesystem(url) == fsspec.core.url_to_fs(url)
