"""TRC, the markers of OpenSim, Cortex and Pose2Sim as text.

    PathFileType  4  (X/Y/Z)  walk.trc
    DataRate  CameraRate  NumFrames  NumMarkers  Units  OrigDataRate  OrigDataStartFrame  ...
    100       100         652        51          mm     100           1                   652
    Frame#  Time  LASI          RASI          ...
                  X1  Y1  Z1    X2  Y2  Z2    ...

    1       0.00  733.7  80.9  191.8  ...

Cells are parted by tabs, or by commas where a spreadsheet wrote the file. Empty cells are missing
markers. The unit and the rate are the file's; where its times have another rate, that is taken and
flagged. Where it states another number of frames than it holds, that is flagged. OpenSim's y is up,
other programs write z: the body tells, else y is taken and flagged (OpenSim documentation,
"Marker (.trc) Files"; opensim-core, TRCFileAdapter.cpp).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from skeletonllm.clip import Clip
from skeletonllm.corpora.files import list_sources, load
from skeletonllm.corpora.labs.points import (
    UNITS_M,
    Points,
    compare_counts,
    frame_numbers,
    rate_of_times,
    record,
)
from skeletonllm.corpora.labs.text_rows import (
    UNREAD_CELLS,
    Rows,
    leading_rows,
    parse_rows,
    read_table,
)
from skeletonllm.corpora.reader import Reject, Source
from skeletonllm.corpora.toolkit.clips import clip_of
from skeletonllm.corpora.toolkit.clock import settle_rate
from skeletonllm.errors import SourceError

ORIGIN = "the labels of a TRC file"


class TrcReader:
    """Reader of ``.trc`` files."""

    name = "trc"
    licence = "unknown"
    label_names: Mapping[str, tuple[str, ...]] = {}

    def sources(self, root: str) -> list[Source]:
        """All ``.trc`` files below ``root``."""
        return list_sources(root, ".trc")

    def read(self, source: Source) -> Iterator[Clip | Reject]:
        """The one clip of a file."""
        data = load(source)
        found = record(parse_trc(data), self.name, ORIGIN)
        yield clip_of(
            self, source, data, found.motion, frame_index=found.frame_index,
            person_ids=found.person_ids, flags=found.flags,
        )  # fmt: skip


def parse_trc(data: bytes) -> Points:
    """The markers of a file.

    Raises:
        SourceError: ``format``, ``no_frames``, or ``truncated`` where the file ends in its head.
    """
    rows, decimal_comma = parse_rows(data, "pathfiletype")
    head = next((i for i, row in enumerate(rows[:12]) if _starts(row, "frame")), None)
    if head is None:
        code = "truncated" if len(rows) < 6 else "format"
        raise SourceError(code, "no line of marker names", expected="one that starts with Frame#")
    facts = _facts(rows[:head])
    labels, columns = _labels(rows, head)
    axes = rows[head + 1 : head + 2]
    first = head + 1 if axes and axes[0] and axes[0][0] else head + 2  # some leave X1 Y1 Z1 out
    table, unread = read_table(leading_rows(rows, first), columns[-1] + 3, decimal_comma)
    if not len(table):
        raise SourceError("no_frames", "a head without frames")
    at = [c + axis for c in columns for axis in range(3)]
    rate = _number(facts.get("datarate"), decimal_comma)
    stated = _number(facts.get("numframes"), decimal_comma)
    numbers = frame_numbers(table[:, 0])
    rate, contradicted = settle_rate(rate, table[:, 1], numbers)
    return Points(
        values=table[:, at].reshape(len(table), len(labels), 3),
        labels=labels,
        fps=rate if rate and rate > 0 else rate_of_times(table[:, 1]),
        numbers=numbers,
        unit_m=UNITS_M.get(facts.get("units", "").lower()),
        up="+y",
        flags=(
            *compare_counts(stated, len(table)),
            *contradicted,
            *((UNREAD_CELLS,) if unread else ()),
        ),
    )


def _starts(row: list[str], word: str) -> bool:
    return bool(row) and row[0].lower().startswith(word)


def _facts(head: Rows) -> dict[str, str]:
    """What the second and third line state, by name in lower case."""
    for names, values in pairwise(head):
        if _starts(names, "datarate"):
            return dict(zip(map(str.lower, names), values, strict=False))
    return {}


def _labels(rows: Rows, head: int) -> tuple[list[str], list[int]]:
    """The names of the markers and the column of each x.

    A name stands above its x, the two columns beside it are empty; some writers leave these out,
    and then the names follow one another.
    """
    named = [(i, name) for i, name in enumerate(rows[head]) if i >= 2 and name]
    if not named:
        raise SourceError("format", "a line of marker names without any")
    spread = all(i == 2 + 3 * k for k, (i, _) in enumerate(named))
    dense = all(i == 2 + k for k, (i, _) in enumerate(named))
    if not spread and not dense:
        axes = rows[head + 1] if head + 1 < len(rows) else []
        known = all(axes[i : i + 1] and axes[i][:1].upper() == "X" for i, _ in named)
        if not known:
            found = f"marker {named[0][1]!a:.60} in column {named[0][0] + 1}"
            raise SourceError("format", found, expected="every marker above three columns")
        return [name for _, name in named], [i for i, _ in named]
    return [name for _, name in named], [2 + 3 * k for k in range(len(named))]


def _number(text: str | None, decimal_comma: bool) -> float | None:
    try:
        return float((text or "").replace(",", ".") if decimal_comma else text or "")
    except ValueError:
        return None
