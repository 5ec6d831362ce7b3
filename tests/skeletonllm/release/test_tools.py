"""Tools that others use read a release: DuckDB and ``mlcroissant`` by what stands on the card.

``datasets`` and ``webdataset`` are in ``test_features.py``.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skeletonllm.release import cut_release
from skeletonllm.shards import read_index
from skeletonllm.storage import read_json, read_table

THEIRS = "ignore::DeprecationWarning"
"""What mlcroissant 1.1.1 calls of rdflib and pandas; nothing that a release could mend."""
NOT_INSTALLED = "{} is not installed (extra dev)"


def blocks_of(release: Path, language: str) -> list[str]:
    card = (release / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", card, re.DOTALL)


@pytest.fixture
def published(tmp_path: Path, stages: dict[str, Any]) -> Path:
    given = {"published": "2026-11-27", **stages}
    return Path(cut_release(str(tmp_path), "toy", "1.0.0", code="test", **given))


def test_the_query_of_the_card_counts_clips_and_rationales(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    monkeypatch.chdir(published.parents[1])
    (query,) = blocks_of(published, "sql")
    found = duckdb.sql(query).to_arrow_table().to_pylist()
    clips = read_index(str(published)).to_pylist()
    told = read_table(str(published / "rationales.parquet")).to_pylist()
    label_of = {row["clip_id"]: row["label"] for row in clips}
    for row in found:
        own = [r for r in told if label_of[r["clip_id"]] == row["label"]]
        assert row["clips"] == sum(c["label"] == row["label"] for c in clips)
        assert row["rationales"] == len(own)
        mean = sum(r["grounded"] for r in own) / len(own)
        assert row["grounded"] == pytest.approx(mean, abs=6e-4)
    assert [row["clips"] for row in found] == sorted((r["clips"] for r in found), reverse=True)
    assert len(found) == len(set(label_of.values()))


def test_duckdb_reads_every_column_of_every_table(published: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason=NOT_INSTALLED.format("duckdb"))
    for path in sorted(published.glob("*.parquet")):
        ours = read_table(str(path))
        theirs = duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table()
        assert theirs.num_rows == ours.num_rows
        assert theirs.to_pylist() == ours.to_pylist(), path.name


@pytest.mark.filterwarnings(THEIRS)
def test_mlcroissant_reads_every_table_without_a_warning(
    published: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    croissant = pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    monkeypatch.chdir(published.parents[1])
    with caplog.at_level(logging.WARNING):
        data = croissant.Dataset("toy/1.0.0/croissant.json")
        for path in sorted(published.glob("*.parquet")):
            expected = flat_columns(path)
            rows = list(data.records(path.stem))
            assert len(rows) == expected.num_rows
            for row, ours in zip(rows, expected.to_pylist(), strict=True):
                assert {k.partition("/")[2]: plain(v) for k, v in row.items()} == {
                    k: plain(v) for k, v in ours.items()
                }
    assert data.metadata.ctx.issues.warnings == set()
    assert [record.getMessage() for record in caplog.records] == []


def flat_columns(path: Path) -> pa.Table:
    """What Croissant 1.0 can say of a table: no lists of structs, no hashes in bytes."""
    table = pq.read_table(path)
    odd = (pa.types.is_nested, pa.types.is_fixed_size_binary)
    return table.select([f.name for f in table.schema if not any(is_odd(f.type) for is_odd in odd)])


def plain(value: Any) -> Any:
    """Texts of ``mlcroissant`` are bytes, and some of its numbers those of NumPy."""
    if isinstance(value, bytes):
        return value.decode()
    return float(value) if isinstance(value, (int, float)) else value


@pytest.mark.filterwarnings(THEIRS)
def test_the_code_on_the_card_lists_all_clips(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    monkeypatch.chdir(published.parents[1])
    code = blocks_of(published, "python")[-1]
    found: dict[str, Any] = {}
    exec(code, found)
    assert found["clip_ids"] == read_index(str(published)).column("clip_id").to_pylist()


@pytest.mark.filterwarnings(THEIRS)
def test_without_a_day_mlcroissant_misses_the_day_alone(pristine: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason=NOT_INSTALLED.format("mlcroissant"))
    data = croissant.Dataset(str(pristine / "croissant.json"))
    (warning,) = data.metadata.ctx.issues.warnings
    assert "datePublished" in warning
    assert read_json(str(pristine / "croissant.json"))["citeAs"]
