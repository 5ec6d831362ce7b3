"""Files of forms that nobody writes: each is a fault, and nothing ends in a crash."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, SAMPLE
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.release import verify_release
from skeletonllm.storage import read_json, read_table, write_json, write_table
from tests.skeletonllm.release.verify.forge import readmit

STRANGE: tuple[Any, ...] = (None, [], ["a"], {}, {"a": [None]}, 3, -1.5, "x", True)
TABLES = {
    "index": SAMPLE,
    "negatives": NEGATIVE,
    "questions": QUESTION,
    "rationales": RATIONALE,
    "rejects": REJECT,
}


def list_places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Each value of a tree of JSON: what holds it, and under which key or number."""
    keys = list(data) if isinstance(data, dict) else range(len(data))
    for key in keys:
        yield data, key
        if isinstance(data[key], dict | list):
            yield from list_places(data[key])


def put_strange(data: Any, rng: random.Random) -> None:
    holder, key = rng.choice(list(list_places(data)))
    others = [v for v in STRANGE if (type(v), v) != (type(holder[key]), holder[key])]
    holder[key] = rng.choice(others)


@pytest.mark.parametrize("name", ["croissant.json", "licences.json", "statistics.json"])
def test_strange_values_in_a_description_are_faults(asked: Path, name: str) -> None:
    original = read_json(str(asked / name))
    for seed in range(12):
        data = read_json(str(asked / name))
        put_strange(data, random.Random(seed))
        write_json(str(asked / name), data)
        readmit(asked, name)
        assert verify_release(str(asked)), (seed, data)
        write_json(str(asked / name), original)
    readmit(asked, name)
    assert verify_release(str(asked)) == []


def test_strange_values_in_a_manifest_never_end_in_a_crash(asked: Path) -> None:
    """Some are taken on trust: of the stages, nothing is in a release."""
    path, found = str(asked / "manifest.json"), 0
    original = read_json(path)
    for seed in range(24):
        data = read_json(path)
        put_strange(data, random.Random(seed))
        write_json(path, data)
        try:
            found += bool(verify_release(str(asked)))
        except SkeletonLLMError:
            found += 1
        write_json(path, original)
    assert found > 12


@pytest.mark.parametrize("name", TABLES)
def test_a_null_in_any_column_is_no_crash(asked: Path, name: str) -> None:
    path = str(asked / f"{name}.parquet")
    table = read_table(path)
    for column in TABLES[name].columns:
        at = table.schema.get_field_index(column.name)
        values = [None, *table.column(column.name).to_pylist()[1:]]
        if values == table.column(column.name).to_pylist():
            continue
        field = pa.field(column.name, column.type)
        write_table(path, table.set_column(at, field, pa.array(values, column.type)))
        readmit(asked, f"{name}.parquet")
        faults = verify_release(str(asked))
        if not column.nullable:
            said = f"{name}.parquet: {TABLES[name].name}.{column.name}: 1 nulls in a column without"
            assert any(fault.startswith(said) for fault in faults), column.name


@pytest.mark.parametrize(
    ("column", "strange", "said"),
    [
        ("views", [{"name": None, "sha256": None}], "rule 'each view has a name' broken in 1 rows"),
        ("views", [None], "rule 'each view has a name' broken in 1 rows"),
        ("steps", [None], "broken in 1 rows"),
        ("steps", [{"id": None, "causes": [None]}], "broken in 1 rows"),
    ],
)
def test_a_null_within_a_rationale_is_a_fault(
    asked: Path, column: str, strange: Any, said: str
) -> None:
    path = str(asked / "rationales.parquet")
    table = read_table(path)
    rows = table.to_pylist()
    rows[0][column] = strange
    write_table(path, pa.Table.from_pylist(rows, schema=table.schema))
    readmit(asked, "rationales.parquet")
    faults = verify_release(str(asked))
    assert faults[0].startswith("rationales.parquet: rationale: rule ")
    assert said in faults[0]


def test_ids_that_are_no_text_are_a_fault(asked: Path) -> None:
    path = str(asked / "index.parquet")
    table = read_table(path)
    at = table.schema.get_field_index("clip_id")
    numbers = pa.array(range(len(table)), pa.int64())
    write_table(path, table.set_column(at, pa.field("clip_id", pa.int64(), False), numbers))
    readmit(asked, "index.parquet")
    said = "index.parquet: sample.clip_id: type int64, expected string"
    assert said in verify_release(str(asked))


def test_text_that_is_no_utf8_is_a_fault(asked: Path) -> None:
    path = str(asked / "index.parquet")
    table = read_table(path)
    at = table.schema.get_field_index("clip_id")
    raw = pa.array([f"clip{row}".encode() + b"\xff" for row in range(len(table))], pa.binary())
    field = table.schema.field("clip_id")
    write_table(path, table.set_column(at, field, raw.view(pa.string())))
    readmit(asked, "index.parquet")
    assert any(fault.startswith("index.parquet: ") for fault in verify_release(str(asked)))
