"""Records of batches: found again, replaced, removed, and refused when they are of another time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.endpoint.batches.records import (
    BatchRecord,
    place_records,
    read_records,
    refuse_batches,
    remove_record,
    write_record,
)
from skeletonllm.errors import SchemaError, UsageError

PLANNED = BatchRecord("token", "gpt-4o", {"a": 10, "b": 20})


def test_a_record_is_found_again_replaced_and_removed(tmp_path: Path) -> None:
    folder = place_records(str(tmp_path))
    assert read_records(folder) == []
    refuse_batches(str(tmp_path))  # there is none
    write_record(folder, PLANNED)
    made = replace(PLANNED, file_id="file-1", batch_id="batch_1")
    write_record(folder, made)
    assert read_records(folder) == [made]
    with pytest.raises(UsageError, match="batches under way: 1"):
        refuse_batches(str(tmp_path))
    remove_record(folder, made)
    remove_record(folder, made)  # it may be gone already
    assert read_records(folder) == []


def test_a_record_of_another_major_version_is_refused(tmp_path: Path) -> None:
    write_record(str(tmp_path), PLANNED)
    (file,) = tmp_path.iterdir()
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": "2.0.0"}))
    with pytest.raises(SchemaError, match=r"2\.0\.0"):
        read_records(str(tmp_path))


def test_a_damaged_record_is_refused_and_not_forgotten(tmp_path: Path) -> None:
    write_record(str(tmp_path), PLANNED)
    (file,) = tmp_path.iterdir()
    file.write_text(json.dumps({**json.loads(file.read_text()), "rows": None}))
    with pytest.raises(UsageError, match="'rows' is a NoneType; expected a batch under way"):
        read_records(str(tmp_path))
    file.write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        read_records(str(tmp_path))
