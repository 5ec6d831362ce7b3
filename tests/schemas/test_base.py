from __future__ import annotations

import pyarrow as pa
import pytest

from schemas.base import (
    Column,
    TableSchema,
    at_least,
    between,
    length,
    null_together,
    one_of,
    ordered,
    sha256,
)

TOY = TableSchema(
    name="toy",
    version="1.2.3",
    columns=(
        Column("id", pa.string()),
        Column("colour", pa.string(), checks=(one_of("red", "blue"),)),
        Column("rows", pa.int32(), checks=(at_least(1),)),
        Column("share", pa.float64(), checks=(between(0, 1),)),
        Column("hash", pa.string(), nullable=True, checks=(sha256(),)),
        Column("values", pa.large_list(pa.float32()), nullable=True),
        Column("low", pa.int32(), nullable=True),
        Column("high", pa.int32(), nullable=True),
    ),
    rules=(
        ("values is [rows, 2]", length("values", "rows", 2)),
        ("low and high together", null_together("low", "high")),
        ("low <= high", ordered("low", "high")),
    ),
    unique=("id",),
)
GOOD = {
    "id": "a",
    "colour": "red",
    "rows": 2,
    "share": 0.5,
    "hash": "0" * 64,
    "values": [1.0, 2.0, 3.0, 4.0],
    "low": 1,
    "high": 1,
}


def table(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=TOY.arrow)


def test_a_good_table_has_no_faults() -> None:
    assert TOY.faults(table(GOOD, {**GOOD, "id": "b", "hash": None, "values": None})) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "green"}, "toy.colour: 'green' fails isin"),
        ({"rows": 0, "values": []}, "toy.rows: '0' fails greater_than_or_equal_to(1)"),
        ({"share": 1.5}, "toy.share: '1.5' fails in_range"),
        ({"hash": "xyz"}, "toy.hash: 'xyz' fails str_matches"),
        ({"values": [1.0]}, "toy: rule 'values is [rows, 2]' broken in 1 rows, first [0]"),
        ({"low": None}, "toy: rule 'low and high together' broken"),
        ({"low": 5}, "toy: rule 'low <= high' broken"),
        ({"colour": None}, "toy.colour: 1 nulls in a column without nulls"),
    ],
)
def test_each_rule_is_enforced(change: dict[str, object], said: str) -> None:
    faults = TOY.faults(table({**GOOD, **change}))
    assert len(faults) == 1
    assert faults[0].startswith(said)


def test_all_faults_are_said_at_once() -> None:
    bad = {**GOOD, "colour": "green", "share": 2.0, "values": [1.0]}
    assert len(TOY.faults(table(bad, {**bad}))) >= 4  # the id is there twice as well


def test_unique_columns() -> None:
    assert any("'a' fails field_uniqueness" in fault for fault in TOY.faults(table(GOOD, GOOD)))


def test_missing_unknown_and_mistyped_columns() -> None:
    good = table(GOOD)
    assert "missing columns ['id']" in TOY.faults(good.drop_columns(["id"]))[0]
    assert "unknown columns ['x']" in TOY.faults(good.append_column("x", pa.array([1])))[0]
    at = good.schema.get_field_index("rows")
    wide = good.set_column(at, "rows", good.column("rows").cast(pa.int64()))
    assert TOY.faults(wide) == ["toy.rows: type int64, expected int32"]


def test_files_know_their_schema() -> None:
    assert TOY.arrow.metadata == {
        b"skeletonllm.schema": b"toy",
        b"skeletonllm.schema_version": b"1.2.3",
    }
