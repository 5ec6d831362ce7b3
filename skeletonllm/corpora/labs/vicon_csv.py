"""Vicon Nexus' ASCII export: sections one after the other in one CSV, of which one has markers.

    Trajectories
    100
    ,,Ann:LASI,,,Ann:RASI,,,
    Frame,Sub Frame,X,Y,Z,X,Y,Z
    ,,mm,mm,mm,mm,mm,mm
    1,0,44.1,-276.8,675.6, ...

A blank line ends a section. Sections ``Devices``, ``Model Outputs`` and ``Joints`` are left out:
forces, angles, and what software made of the markers. The second line is the rate. Nexus' z is up;
where the body shows another axis, that is taken and flagged (Vicon Nexus User Guide, "Export data
to ASCII files").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import UNITS_M, Points, frame_numbers, record
from skeletonllm.corpora.labs.text_rows import (
    UNREAD_CELLS,
    Rows,
    leading_rows,
    read_table,
    split_rows,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.rigs.text_encoding import decode_any
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.errors import SourceError

ORIGIN = "the labels of a Vicon Nexus export"
_SECTION = re.compile(r"^\"?trajectories\"?[ \t,;]*$", re.IGNORECASE | re.MULTILINE)
_UNITS = re.compile(r"^\"?frame[^\n]*\n[^\n]*", re.IGNORECASE | re.MULTILINE)
_BLANK = re.compile(r"\n[ \t,;]*\n")
"""The end of a section."""


class ViconCsvReader:
    """Reader of the ``Trajectories`` in ``.csv`` files of Vicon Nexus."""

    name = "vicon_csv"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.csv`` files below ``root``."""
        return list_sources(root, ".csv")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file, a person for each prefix whose markers make a body."""
        data = load(source)
        found = record(parse_vicon(data), self.name, ORIGIN)
        yield clip_of(
            self, source, data, found.motion, frame_index=found.frame_index,
            person_ids=found.person_ids, flags=found.flags,
        )  # fmt: skip


def parse_vicon(data: bytes) -> Points:
    """The markers of a file.

    Raises:
        SourceError: ``format``, with what was found instead; ``no_frames``.
    """
    text = decode_any(data)
    section = _SECTION.search(text)
    if section is None:
        raise SourceError("format", "no section Trajectories", expected="an ASCII export of Nexus")
    head_end = _UNITS.search(text, section.end())  # the row of units may be blank, too
    end = _BLANK.search(text, head_end.end() if head_end else section.end())
    rows, decimal_comma = split_rows(text[section.start() : end.start() if end else len(text)])
    head = _head(rows)
    labels, columns = _labels(rows[head - 1], rows[head])
    units = {c for c in rows[head + 1][2:] if c} if head + 1 < len(rows) else set()
    unit = units.pop().lower() if len(units) == 1 else ""
    body = leading_rows(rows, head + 1 if _is_frame(rows, head + 1) else head + 2)
    table, unread = read_table(body, columns[-1] + 3, decimal_comma)
    if not len(table):
        raise SourceError("no_frames", "a section Trajectories without frames")
    at = [c + axis for c in columns for axis in range(3)]
    return Points(
        values=table[:, at].reshape(len(table), len(labels), 3),
        labels=labels,
        fps=_rate(rows[1 : head - 1], decimal_comma),
        numbers=frame_numbers(table[:, 0]),
        unit_m=UNITS_M.get(unit),
        up="+z",
        flags=(UNREAD_CELLS,) if unread else (),
    )


def _is_frame(rows: Rows, at: int) -> bool:
    """Whether the row of units is left out, so that frames follow the axes at once."""
    return at < len(rows) and bool(rows[at]) and rows[at][0].isdecimal()


def _head(rows: Rows) -> int:
    """The row that names the axes: ``Frame, Sub Frame, X, Y, Z, ...``."""
    for i in range(2, min(8, len(rows))):
        if rows[i] and rows[i][0].lower().startswith("frame"):
            return i
    raise SourceError("format", "a section Trajectories without a row Frame, Sub Frame, X, Y, Z")


def _labels(names: list[str], axes: list[str]) -> tuple[list[str], list[int]]:
    """The labels of markers with three axes, and the column of each x."""
    found = [
        (name, i)
        for i, name in enumerate(names)
        if name and [axis[:1].upper() for axis in axes[i : i + 3]] == ["X", "Y", "Z"]
    ]
    if not found:
        raise SourceError("format", "no marker above columns X, Y, Z")
    return [name for name, _ in found], [i for _, i in found]


def _rate(rows: Rows, decimal_comma: bool) -> float | None:
    for row in rows:
        try:
            return float(row[0].replace(",", ".") if decimal_comma else row[0])
        except (ValueError, IndexError):
            continue
    return None
