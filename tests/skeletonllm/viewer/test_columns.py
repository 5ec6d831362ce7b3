from __future__ import annotations

import json

from skeletonllm.viewer.columns import COLUMNS, RowsBuilder


def test_rows_come_back_as_they_were_added() -> None:
    builder = RowsBuilder()
    added = [
        {"clip_id": "a/1", "label": "throw", "seconds": 1.5, "flags": ("x", "y"), "persons": 2},
        {"clip_id": "a/2", "label": None, "flags": (), "observed": 1 / 3},
        {"clip_id": "a/3", "label": "throw", "flags": ["y"], "splits": ["s train"]},
    ]
    for row in added:
        builder.add(row)
    rows = builder.build()
    assert len(rows) == 3
    assert rows.row(0)["flags"] == ["x", "y"]
    assert (rows.row(0)["seconds"], rows.row(0)["persons"]) == (1.5, 2)
    assert (rows.row(1)["label"], rows.row(1)["seconds"]) == (None, None)
    assert (rows.row(1)["observed"], rows.row(2)["splits"]) == (0.3333, ["s train"])


def test_the_block_is_plain_json_of_the_four_kinds() -> None:
    builder = RowsBuilder()
    builder.add({"clip_id": "<b>", "label": "é", "flags": ["f"], "fps": 30.0})
    builder.add({"clip_id": "c"})
    block = json.loads(json.dumps(builder.build().to_json(), allow_nan=False))
    assert block["n"] == 2
    assert set(block["columns"]) == {column.name for column in COLUMNS}
    assert block["columns"]["clip_id"] == {"kind": "text", "values": ["<b>", "c"]}
    assert block["columns"]["label"] == {"kind": "category", "words": ["é"], "codes": [0, -1]}
    assert block["columns"]["flags"] == {"kind": "set", "words": ["f"], "codes": [[0], []]}
    assert block["columns"]["fps"] == {"kind": "number", "values": [30, None]}


def test_a_column_says_its_unit_only_where_it_has_one() -> None:
    seconds = next(column for column in COLUMNS if column.name == "seconds")
    assert seconds.to_json()["unit"] == "s"
    assert "unit" not in COLUMNS[0].to_json()
