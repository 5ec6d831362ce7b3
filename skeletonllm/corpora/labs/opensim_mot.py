"""OpenSim's storage files, ``.mot`` and ``.sto``, as far as they hold positions.

    BodyKinematics_pos_global            (a name)
    version=1
    nRows=300
    nColumns=76
    inDegrees=yes
    endheader
    time  pelvis_X  pelvis_Y  pelvis_Z  pelvis_Ox  pelvis_Oy  pelvis_Oz  femur_r_X ...

Three columns that end in ``_X _Y _Z`` (BodyKinematics, PointKinematics) or ``_tx _ty _tz`` (model
markers of inverse kinematics) are a point; so is one column of three numbers (``DataType=Vec3``,
what the Moco and IMU tools write for markers). Metres, +y up. BodyKinematics gives the middle of
mass of a segment, so a femur is ``left_hip.femur``, not the hip.

A file of joint angles alone is refused: angles are those of a model, which stands in an ``.osim``
file, so export positions. Velocities, accelerations and forces are refused too (opensim-core,
Storage.cpp, BodyKinematics.cpp, STOFileAdapter.h).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import (
    Points,
    compare_counts,
    name_points,
    rate_of_times,
    record,
)
from skeletonllm.corpora.labs.segment_names import OPENSIM
from skeletonllm.corpora.labs.text_rows import (
    MAX_ROWS,
    UNREAD_CELLS,
    Rows,
    leading_rows,
    read_table,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.text_encoding import decode_any
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import IRREGULAR
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

ORIGIN = "the columns of an OpenSim storage file"
LEAST_POINTS = 3
"""Fewest points of a body: a file of angles has one, ``pelvis_tx`` to ``pelvis_tz``."""

HINT = (
    "Angles need the .osim model: in OpenSim run Analyze with BodyKinematics (positions), or take "
    "the model markers of Inverse Kinematics, and give that .sto."
)
_POINT = re.compile(r"(?P<name>.+?)[_./](?:t|pos_?|p)?(?P<axis>[xyz])(?:_pos)?", re.IGNORECASE)
_FORCE = re.compile(r".*(force|moment|torque|cop|grf).*", re.IGNORECASE)
_NOT_POSITIONS = re.compile(r"(veloc|accel|_vel_|_acc_|force|moment|power)", re.IGNORECASE)
_WHOLE = ("center_of_mass", "centerofmass", "com")
"""What BodyKinematics appends: the middle of mass of the whole body is no joint of it."""


class OpenSimReader:
    """Reader of positions in ``.mot`` and ``.sto`` files."""

    name = "opensim_mot"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.mot`` and ``.sto`` files below ``root``."""
        return list_sources(root, ".mot", ".sto")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        found = record(parse_storage(data), self.name, ORIGIN, name_bodies)
        yield clip_of(
            self, source, data, found.motion, frame_index=found.frame_index,
            person_ids=found.person_ids, flags=found.flags,
        )  # fmt: skip


def name_bodies(labels: list[str]) -> tuple[list[str], list[str]]:
    """A joint name for each body, marker or joint of OpenSim, and the labels not known.

    Example:
        >>> name_bodies(["femur_r", "R.ASIS"])[0][0]
        'right_hip.femur'
    """
    names, unknown = name_points([label.replace(".", "") for label in labels])
    for i, label in enumerate(labels):
        body = OPENSIM.get(label.rpartition("/")[2].lower())
        if body is not None and body not in names:
            names[i] = body
    known = set(OPENSIM)
    left = [label for label in labels if label.lower() not in known]
    return names, [label for label in left if label.replace(".", "") in unknown]


def parse_storage(data: bytes) -> Points:
    """The points of a file.

    Raises:
        SourceError: ``format`` where it holds no positions, with what it holds instead.
    """
    title, facts, rows = _split(data)
    head = rows[0]
    if _NOT_POSITIONS.search(title):
        raise SourceError("format", f"{title[:60]!a}", expected="positions", hint=HINT)
    if facts.get("datatype", "double").lower() == "vec3":
        labels, table, unread = _of_vectors(rows)
    else:
        labels, table, unread = _of_columns(head, rows)
    times, values = table[:, 0], table[:, 1:].reshape(len(table), -1, 3)
    steps = np.diff(times)
    uneven = len(steps) > 1 and float(np.ptp(steps)) > 0.1 * abs(float(np.median(steps)))
    stated = facts.get("nrows", "")
    number = float(stated) if stated.isascii() and stated.isdigit() else None
    flags = {IRREGULAR: uneven, UNREAD_CELLS: unread}
    return Points(
        values=values,
        labels=labels,
        fps=rate_of_times(times),
        unit_m=1.0,
        up="+y",
        flags=(
            *compare_counts(number, len(table)),
            *(flag for flag, holds in flags.items() if holds),
        ),
    )


def _split(data: bytes) -> tuple[str, dict[str, str], Rows]:
    """The first line, what the head states by name, and the rows from the names on."""
    lines = decode_any(data).split("\n")
    if len(lines) > MAX_ROWS:
        raise SourceError("unsafe", f"more than {MAX_ROWS} lines")
    end = next((i for i, line in enumerate(lines[:200]) if line.strip().lower() == "endheader"), -1)
    if end < 0:
        raise SourceError("format", "no line 'endheader'", expected="a storage file of OpenSim")
    parts = (line.partition("=") for line in lines[:end])
    facts = {name.strip().lower(): value.strip() for name, mark, value in parts if mark}
    rows = [[cell.strip() for cell in line.split("\t")] for line in lines[end + 1 :]]
    if rows and len(rows[0]) == 1:  # the names tell: an empty cell needs a tab to stand between
        rows = [line.split() for line in lines[end + 1 :]]
    rows = rows[next((i for i, row in enumerate(rows) if any(row)), 0) :]
    if not rows or rows[0][:1] != ["time"]:
        raise SourceError("format", "no column 'time' behind the head")
    return lines[0].strip(), facts, rows


def _of_columns(head: list[str], rows: Rows) -> tuple[list[str], Raw, bool]:
    """Labels, and [T, 1 + 3 N] times and coordinates, of columns for each axis."""
    points: dict[str, dict[str, int]] = {}
    for i, column in enumerate(head):
        match = _POINT.fullmatch(column)
        # pelvis_Ox is a turn, and ground_force_px the place of a force
        if i and match and not match["name"].endswith(("_O", "_o")) and not _FORCE.match(column):
            points.setdefault(match["name"], {})[match["axis"].lower()] = i
    whole = {
        name: [axes[a] for a in "xyz"]
        for name, axes in points.items()
        if len(axes) == 3 and name.rpartition("/")[2].lower() not in _WHOLE
    }
    if len(whole) < LEAST_POINTS:
        shown = ", ".join(head[1:6])
        found = f"columns {shown}, ..., of which {len(whole)} are points"[:200]
        raise SourceError("format", found, expected="positions of a body", hint=HINT)
    columns = [0, *(i for at in whole.values() for i in at)]
    table, unread = read_table(leading_rows(rows, 1), max(columns) + 1, decimal_comma=False)
    if not len(table):
        raise SourceError("no_frames", "a head without frames")
    return [name.rpartition("/")[2] for name in whole], table[:, columns], unread


def _of_vectors(rows: Rows) -> tuple[list[str], Raw, bool]:
    """The same of columns of three numbers each, parted by commas."""
    labels = [label for label in rows[0][1:] if label]
    body = leading_rows(rows, 1)
    flat = [[row[0], *(n for cell in row[1:] for n in _vector(cell))] for row in body]
    if not body:
        raise SourceError("no_frames", "a head without frames")
    table, unread = read_table(flat, 1 + 3 * len(labels), decimal_comma=False)
    return [label.rpartition("/")[2] for label in labels], table, unread


def _vector(cell: str) -> list[str]:
    parts = cell.strip("~[]() ").split(",")
    return parts if len(parts) == 3 else ["", "", ""]
