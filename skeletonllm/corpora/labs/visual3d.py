"""Positions in Visual3D's ASCII export, which is how Theia3D's joints are passed on as text.

Five lines of head, parted by tabs, the first cell of each empty, then a row a frame:

            walk1.c3d     walk1.c3d     walk1.c3d
            RTHProxEndPos RTHProxEndPos RTHProxEndPos
            KINETIC_KINEMATIC ...
            ORIGINAL      ...
    ITEM    X             Y             Z
    1       0.512         1.023         0.934

Signals of type TARGET and LANDMARK are points; of KINETIC_KINEMATIC and LINK_MODEL_BASED those
called position or centre are, such as ``RTHProxEndPos``, the right hip, and not angles, moments or
velocities. A file may hold several recordings side by side: each is a clip. Metres; z up unless the
body shows another axis. The rate is not in the file: 100 frames a second, flagged (HAS-Motion wiki,
"Export Data to ASCII File"; the segments' names are those of Visual3D's and Theia3D's models).

Theia3D itself exports C3D with rotations instead of points: load it into Visual3D, compute the ends
of segments (``Segment Proximal Joint``), and export them as ASCII.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import Points, frame_numbers, name_points, record
from skeletonllm.corpora.labs.segment_names import VISUAL3D
from skeletonllm.corpora.labs.text_rows import (
    UNREAD_CELLS,
    Rows,
    leading_rows,
    parse_rows,
    read_table,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

ORIGIN = "the signals of a Visual3D export"
HEAD = 5
HINT = (
    "Export positions from Visual3D: TARGET or LANDMARK signals, or the ends of segments "
    "(KINETIC_KINEMATIC ProxEndPos)."
)
POINTS = ("target", "landmark")
_PLACE = re.compile(r"pos(ition)?$|_pos_|cent(er|re)|_jc$|origin$", re.IGNORECASE)
_NO_PLACE = re.compile(r"angle|moment|force|power|veloc|accel|torque|cgpos|compos", re.IGNORECASE)


class Visual3DReader:
    """Reader of positions in ``.txt`` files of Visual3D."""

    name = "visual3d"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.txt`` files below ``root``."""
        return list_sources(root, ".txt")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """A clip for each recording in a file."""
        data = load(source)
        rows, table, flags = _parse(data)
        recordings = _recordings(rows)
        for number, (name, columns) in enumerate(recordings.items()):
            part = f"/{number}-{_stem(name)}" if len(recordings) > 1 else ""
            at = [c + axis for c in columns.values() for axis in range(3)]
            values = table[:, at].reshape(len(table), len(columns), 3)
            numbers = frame_numbers(table[:, 0])
            points = Points(values, list(columns), None, numbers, 1.0, "+z", flags)
            try:
                found = record(points, self.name, ORIGIN, name_ends)
            except SourceError as error:
                if not part:
                    raise
                yield Reject.of(f"{source.uri}#{name}", error)
                continue
            yield clip_of(
                self, source, data, found.motion,
                clip_id=f"{self.name}/{source.source_id}{part}", frame_index=found.frame_index,
                person_ids=found.person_ids, flags=found.flags,
            )  # fmt: skip


def name_ends(labels: list[str]) -> tuple[list[str], list[str]]:
    """A joint name for each signal, an end of a segment or a marker, and those not known.

    Example:
        >>> name_ends(["RTHProxEndPos", "RTHDistEndPos"])[0]
        ['right_hip', 'right_knee']
    """
    names, unknown = name_points(labels)
    for i, label in enumerate(labels):
        end = VISUAL3D.get(re.sub(r"[^a-z0-9]", "", label.lower()))
        if end is not None:
            names[i] = end if end not in names else f"{end}.{label}"
            unknown = [other for other in unknown if other != label]
    return names, unknown


def _parse(data: bytes) -> tuple[Rows, Raw, tuple[str, ...]]:
    rows, _ = parse_rows(data, most=HEAD)
    head = rows[HEAD - 1] if len(rows) >= HEAD else []
    if not head or head[0].upper() != "ITEM" or {a.upper() for a in head[1:]} - {*"XYZ", "", "0"}:
        found = f"a fifth line that starts with {(head or [''])[0][:40]!a}"
        raise SourceError("format", found, expected="ITEM, X, Y, Z: an ASCII export of Visual3D")
    rows, decimal_comma = parse_rows(data)
    table, unread = read_table(leading_rows(rows, HEAD), len(head), decimal_comma)
    if not len(table):
        raise SourceError("no_frames", "a head without frames")
    return rows[:HEAD], table, (UNREAD_CELLS,) if unread else ()


def _recordings(head: Rows) -> dict[str, dict[str, int]]:
    """The column of x of each signal that is a place, by the file that it is of.

    Raises:
        SourceError: ``format`` where none is.
    """
    files, signals, kinds, _, axes = head
    found: dict[str, dict[str, int]] = {}
    others: dict[str, None] = {}
    for i in range(1, min(map(len, (files, signals, kinds, axes)))):
        if [axis.upper() for axis in axes[i : i + 3]] != ["X", "Y", "Z"]:
            continue
        place = kinds[i].lower() in POINTS or _PLACE.search(signals[i])
        if place and not _NO_PLACE.search(signals[i]):
            found.setdefault(files[i], {}).setdefault(signals[i], i)
        else:
            others[signals[i]] = None
    if not found:
        text = f"signals {', '.join([*others][:6]) or 'of no name'}"[:200]
        raise SourceError("format", text, expected="positions of points", hint=HINT)
    return found


def _stem(name: str) -> str:
    """The name of a recording as a part of an id."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)[:60]
    return plain or hashlib.sha256(name.encode()).hexdigest()[:8]
