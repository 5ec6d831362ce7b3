"""Tables of Ultralytics: ``Results.to_csv()``, a person a row, with what JSON would have in a cell.

    name,class,confidence,box,keypoints
    person,0,0.92,"{'x1': 1.0, ...}","{'x': [1.0, ...], 'y': [...], 'visible': [...]}"

Some versions have a column of lists each: ``keypoints.x`` or ``keypoints_x``. Cells are written as
Python or as JSON writes them, and read as JSON: nothing is executed. Who puts the pictures of a
video into one table may add a column with the frame.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from skeletonllm.corpora.formats.json_text import parse_json
from skeletonllm.corpora.formats.sheet import decode_table
from skeletonllm.corpora.pose.detections import whole_number
from skeletonllm.corpora.pose.numbered_files import MAX_FRAMES
from skeletonllm.errors import SourceError

FRAMES = ("frame", "frame_id", "frame_number", "frame_idx", "frame_index", "image_id", "image")
AXES = ("x", "y", "visible")

Person = dict[str, Any]


def read_people(data: bytes) -> tuple[list[Person], list[int | None]]:
    """The people of a table, each as JSON has them, and the frame of each if it is said.

    Args:
        data: Bytes of the file.

    Raises:
        SourceError: ``format``: no column holds keypoints; ``unsafe``; ``encoding``, ``empty``.
    """
    try:
        lines = csv.reader(StringIO(decode_table(data), newline=""))
        head = next(lines, [])
        columns = _columns(head)
        rows = [{name: line[i] for name, i in columns.items() if i < len(line)} for line in lines]
    except csv.Error as error:
        raise SourceError("format", f"no table ({error})"[:200]) from None
    if len(rows) > MAX_FRAMES:
        raise SourceError("unsafe", f"{len(rows)} rows", expected=f"at most {MAX_FRAMES}")
    rows = [row for row in rows if row]
    if not rows:
        raise SourceError("format", "a head without rows", expected="a person a row")
    frame = next((name for name in FRAMES if name in columns), "")
    return [_person(row) for row in rows], [whole_number(row.get(frame)) for row in rows]


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Where the columns that are read stand; other tables are refused by their head alone."""
    read = {"keypoints", "track_id", *FRAMES, *(f"keypoints{m}{a}" for m in "._" for a in AXES)}
    known = {name: i for i, name in enumerate(head) if name in read}
    if not {"class", "confidence"} <= {*head} or not ("keypoints" in known or _split(known)):
        found = f"the columns {', '.join(head)[:120]}"
        raise SourceError("format", found, expected="class, confidence, keypoints")
    return known


def _split(row: Mapping[str, Any]) -> dict[str, str]:
    """Columns of x, y and visibility by axis."""
    known = {axis: f"keypoints{mark}{axis}" for axis in AXES for mark in "._"}
    known |= {axis: f"keypoints.{axis}" for axis in AXES if f"keypoints.{axis}" in row}
    return {axis: name for axis, name in known.items() if name in row}


def _person(row: Mapping[str, Any]) -> Person:
    """A row as a person of JSON; a cell that cannot be read stays text, which costs the person."""
    columns = _split(row)
    points = {axis: _value(row[name]) for axis, name in columns.items()} if columns else None
    keypoints = points if points is not None else _value(row.get("keypoints"))
    track = whole_number(row.get("track_id"))
    return {"keypoints": keypoints} | ({} if track is None else {"track_id": track})


def _value(cell: Any) -> Any:
    """What a cell holds; None where it is empty."""
    if not isinstance(cell, str) or not cell.strip():
        return None
    text = cell.replace("'", '"').replace("None", "null").replace("nan", "NaN")
    try:
        return parse_json(text.encode())
    except SourceError:
        return cell
