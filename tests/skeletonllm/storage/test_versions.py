"""Every table of ours is read across minor versions, both ways, and refused across major ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import (
    CLIP,
    CLIP_NEGATIVE,
    DUPLICATE,
    NEGATIVE,
    PREDICTION,
    QUALITY,
    RATIONALE,
    REJECT,
    SAMPLE,
    TableSchema,
)
from schemas.base import Column
from skeletonllm.errors import SchemaError
from skeletonllm.storage import iter_tables, read_table, write_table
from skeletonllm.storage.versions import check_version
from tests.schemas.test_quality import PAIR
from tests.schemas.test_quality import ROW as QUALITY_ROW
from tests.schemas.test_tables import (
    CLIP_NEGATIVE_ROW,
    CLIP_ROW,
    NEGATIVE_ROW,
    PREDICTION_ROW,
    RATIONALE_ROW,
    SAMPLE_ROW,
)

REJECT_ROW = {"source_uri": "a", "stage": "normalize", "code": "empty", "message": "0 bytes"}
TABLES: list[tuple[TableSchema, dict[str, Any]]] = [
    (CLIP, CLIP_ROW),
    (REJECT, REJECT_ROW),
    (NEGATIVE, NEGATIVE_ROW),
    (CLIP_NEGATIVE, CLIP_NEGATIVE_ROW),
    (PREDICTION, PREDICTION_ROW),
    (RATIONALE, RATIONALE_ROW),
    (SAMPLE, SAMPLE_ROW),
    (QUALITY, QUALITY_ROW),
    (DUPLICATE, PAIR),
]
every_table = pytest.mark.parametrize(
    ("schema", "row"), TABLES, ids=[schema.name for schema, _ in TABLES]
)


def grown(schema: TableSchema) -> TableSchema:
    """The next minor version: one column more, as a minor version may bring."""
    major, minor, _ = schema.version.split(".")
    more = Column("added", pa.string(), nullable=True)
    version = f"{major}.{int(minor) + 1}.0"
    return replace(schema, version=version, columns=(*schema.columns, more))


def written(path: Path, schema: TableSchema, row: dict[str, Any]) -> str:
    write_table(str(path), pa.Table.from_pylist([row], schema=schema.arrow))
    return str(path)


@every_table
def test_a_file_of_the_next_minor_version_is_read_here(
    schema: TableSchema, row: dict[str, Any], tmp_path: Path
) -> None:
    url = written(tmp_path / "a.parquet", grown(schema), {**row, "added": "x"})
    table = read_table(url, schema=schema)
    assert table.equals(pa.Table.from_pylist([row], schema=schema.arrow))
    assert schema.faults(table) == []


@every_table
def test_a_file_of_here_is_read_by_the_next_minor_version(
    schema: TableSchema, row: dict[str, Any], tmp_path: Path
) -> None:
    later, url = grown(schema), written(tmp_path / "a.parquet", schema, row)
    table = read_table(url, schema=later)
    assert table.equals(pa.Table.from_pylist([{**row, "added": None}], schema=later.arrow))
    assert later.faults(table) == []
    ((_, two),) = iter_tables(str(tmp_path), [schema.columns[0].name, "added"], later)
    assert two.column_names == [schema.columns[0].name, "added"]
    assert len(read_table(url, ["added"], later)) == 1


@every_table
def test_a_file_of_another_major_version_is_refused_with_both(
    schema: TableSchema, row: dict[str, Any], tmp_path: Path
) -> None:
    url = written(tmp_path / "a.parquet", replace(schema, version="9.1.0"), row)
    major = schema.version[0]
    said = (
        rf"a\.parquet: written in version 9\.1\.0 of the table '{schema.name}'; expected "
        rf"{schema.version} or another {major}\.x\. Run the job that makes it again.* later version"
    )
    with pytest.raises(SchemaError, match=said):
        read_table(url, ["clip_id"], schema)


def test_a_file_that_states_nothing_or_is_of_another_table_is_refused(tmp_path: Path) -> None:
    write_table(str(tmp_path / "a.parquet"), pa.table({"clip_id": ["a"]}))
    said = r"a\.parquet: no schema in its metadata; expected schema 'clip', version 2\.0\.0\. Give"
    with pytest.raises(SchemaError, match=said):
        read_table(str(tmp_path / "a.parquet"), schema=CLIP)
    url = written(tmp_path / "b.parquet", REJECT, REJECT_ROW)
    with pytest.raises(SchemaError, match="a table of schema 'reject'; expected schema 'clip'"):
        read_table(url, schema=CLIP)
    unversioned = REJECT.arrow.with_metadata({"skeletonllm.schema": "reject"})
    write_table(url, pa.Table.from_pylist([REJECT_ROW], schema=unversioned))
    with pytest.raises(SchemaError, match="written in version None of the table 'reject'"):
        read_table(url, schema=REJECT)


def test_a_column_that_no_version_lacks_is_missed(tmp_path: Path) -> None:
    url = str(tmp_path / "a.parquet")
    write_table(url, pa.Table.from_pylist([REJECT_ROW], REJECT.arrow).drop_columns(["code"]))
    with pytest.raises(SchemaError, match=r"a\.parquet: reject: missing columns \['code'\]\. Run"):
        read_table(url, schema=grown(REJECT))
    with pytest.raises(SchemaError, match=r"missing columns \['code'\]"):
        read_table(url, ["code"], REJECT)


def test_the_sentence_tells_earlier_from_later() -> None:
    with pytest.raises(SchemaError, match="read it with the earlier version of skeletonllm that"):
        check_version("a thing", "1.9.0", "2.0.0", "x.json")
    with pytest.raises(SchemaError, match="read it with the later version of skeletonllm that"):
        check_version("a thing", "10.0.0", "2.0.0", "x.json")
    check_version("a thing", "2.9.1", "2.0.0", "x.json")
