from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.pose.networks.ultralytics_tables import read_people
from skeletonllm.corpora.reader import read_clips
from skeletonllm.errors import SourceError

Write = Callable[[str, str | bytes], Path]


def points(x: float, y: float = 20.0) -> dict[str, list[float]]:
    joints = range(17)
    return {
        "x": [x + j for j in joints],
        "y": [y + 2 * j for j in joints],
        "visible": [0.9] * len(joints),
    }


def table(*people: dict[str, Any]) -> str:
    text = StringIO()
    rows = [
        {"name": "person", "class": 0, "confidence": 0.9, "box": "{'x1': 1}"} | p for p in people
    ]
    writer = csv.DictWriter(text, [*rows[0]])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def test_cells_of_python_and_of_json_and_columns_of_lists() -> None:
    one = points(10)
    for cell in (str(one), json.dumps(one)):
        (person,), (frame,) = read_people(table({"keypoints": cell}).encode())
        assert (person, frame) == ({"keypoints": one}, None)
    for mark in "._":
        parts = {f"keypoints{mark}{axis}": str(values) for axis, values in one.items()}
        (person,), (frame,) = read_people(table(parts | {"track_id": 3, "frame": 7}).encode())
        assert (person, frame) == ({"keypoints": one, "track_id": 3}, 7)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("epoch,train/box_loss\n1,0.5\n", "format"),
        ("name,class,confidence,box\nperson,0,0.9,{}\n", "format"),
        ("name,class,confidence,keypoints\n", "format"),
    ],
)
def test_other_tables_are_refused(text: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_people(text.encode())
    assert caught.value.code == code


def test_rows_are_frames_where_someone_moves(write: Write, tmp_path: Path) -> None:
    write("walk.csv", table(*({"keypoints": str(points(10 + t))} for t in range(6))))
    write("crowd.csv", table(*({"keypoints": str(points(10 + 200 * i))} for i in range(6))))
    stated = [{"keypoints": str(points(10 + 300 * (i % 2))), "frame": i // 2} for i in range(6)]
    write("two.csv", table(*stated, {"keypoints": "{'x': [", "frame": 2}))
    reader = get_reader("ultralytics")
    sources = {source.source_id: source for source in reader.sources(str(tmp_path))}
    shapes = {}
    for name, source in sources.items():
        (clip,), rejects = read_clips(reader, source)
        flagged = "video_assumed" in clip.flags
        shapes[name] = (clip.motion.num_frames, clip.motion.num_persons, flagged, len(rejects))
    assert shapes == {
        "walk": (6, 1, True, 0),
        "crowd": (1, 6, False, 0),
        "two": (3, 2, False, 1),
    }
    ((clip,), _) = read_clips(reader, sources["walk"])
    np.testing.assert_array_equal(clip.motion.joints[2, 0, 3, :2], [15, 26])
    assert check_reader(reader, str(tmp_path)) == []


def test_what_training_writes_beside_labels_is_left(write: Write, tmp_path: Path) -> None:
    write("results.csv", "epoch,loss\n1,0.5\n")
    write("walk.json", json.dumps([{"name": "person", "keypoints": points(10)}]))
    found = get_reader("ultralytics").sources(str(tmp_path))
    assert [source.source_id for source in found] == ["walk"]
