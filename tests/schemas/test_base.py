from __future__ import annotations

from dataclasses import replace

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
    stated_name,
    stated_version,
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


def test_the_version_in_the_metadata_is_optional_and_may_be_no_text() -> None:
    bare = TOY.arrow.with_metadata(None)
    assert (stated_name(bare), stated_version(bare)) == (None, None)
    odd = TOY.arrow.with_metadata({b"skeletonllm.schema_version": b"\xff"})
    assert stated_version(odd) == "\ufffd"


GROWN = replace(
    TOY,
    version="1.3.0",
    columns=(
        Column("note", pa.string(), nullable=True),
        *TOY.columns,
        Column("flags", pa.list_(pa.string()), default=[]),
    ),
)
"""The next minor version of TOY: a column that may be null, and one with a default."""


def test_a_table_of_an_earlier_minor_version_is_filled() -> None:
    filled = GROWN.conform(table(GOOD, {**GOOD, "id": "b"}))
    assert filled.column_names == GROWN.arrow.names
    assert filled.column("note").to_pylist() == [None, None]
    assert filled.column("flags").to_pylist() == [[], []]
    assert filled.drop_columns(["note", "flags"]).equals(table(GOOD, {**GOOD, "id": "b"}))
    assert GROWN.faults(filled) == []
    assert GROWN.conform(table(GOOD), ["flags", "id"]).column_names == ["flags", "id"]


def test_a_column_without_null_or_default_is_never_made_up() -> None:
    without = table(GOOD).drop_columns(["colour", "low"])
    assert GROWN.conform(without).column_names == [
        name for name in GROWN.arrow.names if name != "colour"
    ]


def test_a_table_of_a_later_minor_version_loses_what_is_unknown() -> None:
    row = {**GOOD, "note": "n", "flags": ["a"], "colour": "green"}
    later = pa.Table.from_pylist([row], schema=GROWN.arrow)
    known = TOY.conform(later)
    assert known.column_names == TOY.arrow.names
    assert TOY.faults(known) == []  # green is a word that 1.3.0 may know
    assert TOY.faults(table({**GOOD, "colour": "green"})) != []
    (fault,) = TOY.faults(
        TOY.conform(pa.Table.from_pylist([{**row, "rows": 0, "values": []}], schema=GROWN.arrow))
    )
    assert fault.startswith("toy.rows: '0' fails")


def test_a_table_of_this_version_stays_as_it_is() -> None:
    odd = table(GOOD).append_column("x", pa.array([1])).drop_columns(["low"])
    assert TOY.conform(odd).equals(odd)


def test_a_column_of_bytes_of_one_length_is_checked_though_pandera_cannot() -> None:
    schema = TableSchema("hashed", "1.0.0", (Column("hash", pa.binary(4)),))
    good = pa.table([pa.array([b"abcd"], pa.binary(4))], schema=schema.arrow)
    assert schema.faults(good) == []
    shorter = pa.table({"hash": pa.array([b"abc"], pa.binary(3))})
    (said,) = schema.faults(shorter)
    assert said == "hashed.hash: type fixed_size_binary[3], expected fixed_size_binary[4]"
    (said,) = schema.faults(pa.table({"hash": pa.array([None], pa.binary(4))}))
    assert said == "hashed.hash: 1 nulls in a column without nulls"
