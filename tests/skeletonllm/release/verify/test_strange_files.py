"""Files of forms that nobody writes: each is a fault, and nothing ends in a crash."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import NEGATIVE, QUESTION, RATIONALE, REJECT, SAMPLE
from skeletonllm.errors import SkeletonLLMError, StorageError
from skeletonllm.release import verify_release
from skeletonllm.release.verify import inspection, tars
from skeletonllm.storage import read_json, read_table, write_json, write_table
from tests.skeletonllm.release.verify.forge import edit_json, edit_samples, edit_text, readmit

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


def test_an_integer_beyond_all_floats_is_a_fault(asked: Path) -> None:
    edit_json(asked, "statistics.json", lambda told: told["frames"].update(max=10**400))
    assert any(f.startswith("statistics.json: frames.max is 1") for f in verify_release(str(asked)))


def test_a_key_that_is_no_text_of_any_encoding_is_a_fault(asked: Path) -> None:
    path = asked / "statistics.json"
    path.write_text(path.read_text().replace("{", '{"\\ud800": 1,', 1))
    readmit(asked, "statistics.json")
    assert any("\ud800 is 1" in fault for fault in verify_release(str(asked)))


@pytest.mark.parametrize("text", [None, 5])
def test_a_caption_without_text_of_a_clip_without_label_is_no_crash(asked: Path, text: Any) -> None:
    unlabelled = {"label": None, "label_id": None, "label_namespace": None, "rationales": []}
    caption = {"text": text, "start_s": 0.0, "end_s": 0.0}

    def change(meta: dict[str, Any]) -> None:
        meta.update(unlabelled, captions=[caption])

    edit_samples(asked, lambda members: edit_text(members["beta/001"], change))
    assert verify_release(str(asked))


@pytest.mark.parametrize(
    "change",
    [
        {"name": {}},
        {"name": 5},
        {"source": None},
        {"joints": [1]},
        {"bones": [[0, float("inf")]]},
        {"bones": [[0, float("nan")]]},
    ],
    ids=str,
)
def test_a_strange_skeleton_is_a_fault(asked: Path, change: dict[str, Any]) -> None:
    edit_json(asked, "topologies.json", lambda told: told["kinect_v2"].update(change))
    assert any(fault.startswith("topologies.json: ") for fault in verify_release(str(asked)))


def test_a_check_that_fails_on_what_it_reads_is_a_fault_of_it(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any check, so that no contents that nobody thought of end in a traceback."""

    def fail(*_: Any) -> Iterator[str]:
        yield "said before"
        raise KeyError("nobody thought of it")

    monkeypatch.setattr(inspection, "find_statistics_faults", fail)
    said = "statistics.json: cannot be checked (KeyError: 'nobody thought of it')"
    assert verify_release(str(asked)) == ["said before", said]


@pytest.mark.parametrize("error", [StorageError("no answer"), OSError("gone"), MemoryError()])
def test_what_says_nothing_of_the_release_is_no_fault_of_it(
    asked: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> Iterator[str]:
        raise error

    monkeypatch.setattr(inspection, "find_statistics_faults", fail)
    with pytest.raises(type(error)):
        verify_release(str(asked))


def test_samples_that_make_a_check_fail_are_a_fault_of_their_tar(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OverflowError("too much")

    monkeypatch.setattr(tars, "check_sample", fail)
    said = [fault for fault in verify_release(str(asked)) if "too much" in fault]
    assert said
    assert all(fault.startswith("shards/") for fault in said)


def test_what_no_check_foresaw_is_a_fault_of_the_release(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise TypeError("odd")

    monkeypatch.setattr(inspection, "count_classes", fail)
    assert verify_release(str(asked)) == [f"{asked}: cannot be checked (TypeError: odd)"]
