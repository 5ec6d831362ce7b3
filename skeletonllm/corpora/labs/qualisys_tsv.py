"""TSV of Qualisys Track Manager: the markers of a measurement.

    NO_OF_FRAMES    6916
    NO_OF_CAMERAS   13
    NO_OF_MARKERS   10
    FREQUENCY       120
    ...
    DATA_INCLUDED   3D
    MARKER_NAMES    Wrist_L     Hip_L       ...
    TRAJECTORY_TYPES  Measured  Measured    ...     (newer versions)
    Frame  Time  Wrist_L X  Wrist_L Y  Wrist_L Z    (a head of columns, if it was asked for)
    1  0.00000  -473.521  191.980  613.382  ...     (frame and time, if they were)

Three numbers a marker, in millimetres; a marker that is missing is blank, ``NULL`` or at zero. The
z of a measurement is up by default; where the body shows another axis, that is taken and flagged.
Exports of rigid bodies (``DATA_INCLUDED 6D``) and of skeletons (``SOLVER``) are refused (Qualisys
Track Manager user manual, "TSV file formats").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import Points, compare_counts, frame_numbers, record
from skeletonllm.corpora.labs.text_rows import (
    UNREAD_CELLS,
    Rows,
    parse_rows,
    read_table,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import settle_rate
from skeletonllm.errors import SourceError

ORIGIN = "the markers of a Qualisys TSV file"
STARTS = ("no_of_frames", "file_version")
MM = 1e-3
MAX_HEAD = 2000
"""Lines above the numbers: some 12, and one for each event."""

OTHER_MARKERS = "other_markers_than_declared"
"""Flag: the file names another number of markers than it states."""


class QualisysReader:
    """Reader of ``.tsv`` and ``.txt`` files of Qualisys Track Manager."""

    name = "qualisys_tsv"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.tsv`` and ``.txt`` files below ``root``."""
        return list_sources(root, ".tsv", ".txt")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        found = record(parse_qualisys(data), self.name, ORIGIN)
        yield clip_of(
            self, source, data, found.motion, frame_index=found.frame_index,
            person_ids=found.person_ids, flags=found.flags,
        )  # fmt: skip


def parse_qualisys(data: bytes) -> Points:
    """The markers of a file.

    Raises:
        SourceError: ``format``, with what was found instead; ``no_frames``.
    """
    first = parse_rows(data, most=1)[0][0][0]
    if first.lower() not in STARTS:
        found = f"a file that starts with {first[:40]!a}"
        raise SourceError("format", found, expected="NO_OF_FRAMES: a TSV of Qualisys")
    rows, decimal_comma = parse_rows(data)
    facts = {row[0].lower(): row[1:] for row in reversed(rows[:MAX_HEAD]) if row and row[0]}
    labels = _labels(facts)
    body = _numbers(rows)
    width = max((i + 1 for row in body[:100] for i, cell in enumerate(row) if cell), default=0)
    before = _columns_before(width, len(labels), rows)
    table, unread = read_table(body, before + 3 * len(labels), decimal_comma)
    times = table[:, 1] if before == 2 else table[:, 0][:0]
    numbers = frame_numbers(table[:, 0]) if before else None
    stated, markers, frequency = (
        _number(facts, key) for key in ("no_of_frames", "no_of_markers", "frequency")
    )
    rate, contradicted = settle_rate(frequency or None, times, numbers)
    flags = {
        OTHER_MARKERS: markers is not None and markers != len(labels),
        UNREAD_CELLS: unread,
    }
    told = tuple(flag for flag, holds in flags.items() if holds)
    return Points(
        values=table[:, before:].reshape(len(table), len(labels), 3),
        labels=labels,
        fps=rate,
        numbers=numbers,
        unit_m=MM,
        up="+z",
        flags=(*compare_counts(stated, len(table)), *contradicted, *told),
    )


def _labels(facts: Mapping[str, list[str]]) -> list[str]:
    """The names of the markers; exports of other things are refused."""
    labels = [name for name in facts.get("marker_names", []) if name]
    included = " ".join(facts.get("data_included", [])).strip()
    if not labels or included.upper() not in ("", "3D"):
        kind = "a skeleton (SOLVER)" if "solver" in facts else f"DATA_INCLUDED {included or 'none'}"
        found = f"a Qualisys TSV of {kind}, {len(labels)} names of markers"
        hint = "Export 3D data as TSV, or C3D, from Qualisys Track Manager."
        raise SourceError("format", found[:200], expected="3D data and MARKER_NAMES", hint=hint)
    return labels


def _numbers(rows: Rows) -> Rows:
    """The rows of numbers below the head; one of blank cells is a frame of nobody."""
    names = next(i for i, row in enumerate(rows) if row and row[0].lower() == "marker_names")
    body = rows[names + 1 :]
    start = next((i for i, row in enumerate(body[:MAX_HEAD]) if _is_frame(row)), len(body))
    frames = [row for row in body[start:] if len(row) > 1]
    if not any(map(any, frames)):
        raise SourceError("no_frames", "a head without frames")
    return frames


def _is_frame(row: list[str]) -> bool:
    return len(row) > 2 and all(map(_is_cell, row))


def _is_cell(cell: str) -> bool:
    try:
        float(cell.replace(",", ".") or "nan")
    except ValueError:
        return cell.lower() == "null"
    return True


def _columns_before(width: int, markers: int, rows: Rows) -> int:
    """How many columns stand before the markers: none, a frame, or a frame and a time."""
    head = next((row for row in rows[:MAX_HEAD] if row and row[0].lower() == "frame"), None)
    named = None if head is None else 1 + (head[1:2] != [] and head[1].lower() == "time")
    likely = [named] if named is not None else [0, 1, 2]
    at_most = [before for before in likely if before + 3 * markers >= width]
    if not at_most or width <= 3 * markers - 3:
        found = f"rows of {width} numbers for {markers} markers"
        raise SourceError("format", found, expected=f"{3 * markers}, or frame and time before them")
    return at_most[0]


def _number(facts: Mapping[str, list[str]], key: str) -> float | None:
    try:
        return float((facts.get(key) or [""])[0].replace(",", "."))
    except ValueError:
        return None
