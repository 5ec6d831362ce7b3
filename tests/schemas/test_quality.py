"""The rules of the tables of a quality report, one broken row each."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from schemas import DUPLICATE, QUALITY, TableSchema

ROW: dict[str, Any] = {
    "clip_id": "toy/1",
    "corpus": "toy",
    "source_uri": "1.json",
    "motion_sha256": "a" * 64,
    "topology": "kinect_v1",
    "space": "camera",
    "metric": True,
    "flags": [],
    "fps": 30.0,
    "frames": 20,
    "seconds": 0.7,
    "persons": 1,
    "empty_frames": 0,
    "missing": 0.0,
    "missing_each": [0.0],
    "unsure": 0.0,
    "heights": [1.7],
    "swapped_frames": 0,
    "handedness": 0.5,
    "handedness_frames": 20,
    "repeated_frames": 0,
    "frozen_frames": 1,
    "outside": 0.0,
    "label_conflict": False,
    "faults": [],
}
PAIR: dict[str, Any] = {
    "clip_id": "toy/2",
    "same_as": "toy/1",
    "kind": "near",
    "distance": 0.001,
    "label_conflict": False,
    "differ": [],
}
CASES: list[tuple[TableSchema, dict[str, Any], dict[str, Any], str]] = [
    (QUALITY, ROW, {"motion_sha256": "short"}, "motion_sha256"),
    (QUALITY, ROW, {"missing": 1.5}, "missing"),
    (QUALITY, ROW, {"handedness": -2.0}, "handedness"),
    (QUALITY, ROW, {"jumps": 1}, "jumps and speed together"),
    (QUALITY, ROW, {"same_as": "toy/0"}, "same_as and same_kind together"),
    (DUPLICATE, PAIR, {"kind": "perhaps"}, "kind"),
    (DUPLICATE, PAIR, {"same_as": "toy/2"}, "a clip is no duplicate of itself"),
]


@pytest.mark.parametrize(("schema", "row", "change", "said"), CASES)
def test_rule(schema: TableSchema, row: dict[str, Any], change: dict[str, Any], said: str) -> None:
    assert schema.faults(pa.Table.from_pylist([row], schema=schema.arrow)) == []
    (fault,) = schema.faults(pa.Table.from_pylist([{**row, **change}], schema=schema.arrow))
    assert said in fault
