"""What a folder of clips gives of each published protocol, and what is off about it.

The clips of a part are chosen by the protocol's own views, so this counts exactly what training
and evaluation would be given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import CLIP, SAMPLE
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.protocols import Count, Protocol, get_protocol, list_protocols
from skeletonllm.shards.index import read_index
from skeletonllm.storage import exists, join, read_table, stage_of
from skeletonllm.storage.layout import INDEX, table_file
from skeletonllm.storage.plan import stated_parts
from skeletonllm.views.view import View

FIELDS = {"label": "labels", "subject": "subjects", "camera": "cameras", "setup": "setups"}
"""Column -> the field of a View that selects by it."""

COLUMNS = [
    *("clip_id", "motion_sha256", "corpus", "topology"),
    *("label_namespace", "label", "subject", "camera", "setup"),
]
OTHER_CLASS = "a class of no part"
OTHER_PART = "a class of one part, in the clips of the other"
BY_DESIGN = (OTHER_CLASS, OTHER_PART)
"""Clips that a protocol means to leave out, such as seen classes of test subjects."""

SHOWN = 5
"""Names listed in a sentence; of more, only these and how many there are."""


@dataclass(frozen=True)
class Coverage:
    """What a folder gives of one protocol.

    Args:
        protocol: Its name.
        train: Clips of the training part.
        test: Clips of the test part.
        published: What a whole corpus gives.
        without_clips: Column -> the names of that column that have no clip, of either part.
        neither: Why clips of the corpus are in no part, and how many each.
        both: Clips in both parts; the protocol itself would be wrong.
        same_motion: Pairs of a training and a test clip with the same numbers: leakage.
    """

    protocol: str
    train: int
    test: int
    published: tuple[Count, ...]
    without_clips: dict[str, dict[str, tuple[str, ...]]]
    neither: dict[str, int]
    both: tuple[str, ...]
    same_motion: tuple[tuple[str, str], ...]

    @property
    def whole(self) -> str | None:
        """Which published count this is, or None."""
        same = (c.of for c in self.published if (c.train, c.test) == (self.train, self.test))
        return next(same, None)

    def faults(self) -> list[str]:
        """What is off, as sentences; empty if the parts can be trusted as published."""
        return list(self._faults())

    def to_json(self) -> dict[str, Any]:
        """Plain data, with ``whole`` and ``faults``."""
        return {**asdict(self), "whole": self.whole, "faults": self.faults()}

    def leaks(self) -> list[str]:
        """What training sees of the test part, as sentences: clips, and motions."""
        found = [f"{len(self.both)} clips in both parts: {_few(self.both)}"] * bool(self.both)
        pairs = tuple(f"{train} = {test}" for train, test in self.same_motion)
        return found + [f"{len(pairs)} motions in both parts: {_few(pairs)}"] * bool(pairs)

    def _faults(self) -> Iterator[str]:
        yield from self.leaks()
        for part, columns in self.without_clips.items():
            gaps = (_gap(FIELDS[column], names) for column, names in columns.items())
            yield f"no {part} clip of {'; '.join(gaps)}"
        for why, clips in self.neither.items():
            if why not in BY_DESIGN:
                yield f"{clips} clips in no part: {why}"
        if self.published and self.whole is None:
            known = "; ".join(f"{c.train:,} / {c.test:,}, {c.of}" for c in self.published)
            yield f"{self.train:,} / {self.test:,} clips, where the whole has {known}"


def read_rows(folder: str) -> pa.Table:
    """A row a clip with :data:`COLUMNS`, of a normalize output, a release or a shards folder.

    Raises:
        ReleaseError: A part was changed since ``normalize`` finished it.
        UsageError: It is none of them, or ``normalize`` has not finished it.
        SchemaError: It is of another major version.
    """
    if stage_of(folder) == "normalize":
        none = pa.schema([SAMPLE.arrow.field(name) for name in COLUMNS]).empty_table()
        tables = [read_table(p, COLUMNS, CLIP) for p in stated_parts([folder], "normalize")]
        return pa.concat_tables([none, *(t.replace_schema_metadata(None) for t in tables)])
    if exists(join(folder, table_file(INDEX))) or exists(join(folder, INDEX)):
        return read_index(folder).select(COLUMNS)
    expected = "the output of normalize, or a release"
    raise UsageError("no clips here", expected=expected, where=folder)


def measure_coverage(rows: pa.Table) -> list[Coverage]:
    """Coverage of every protocol that has a clip among the rows, in the order of the protocols.

    Args:
        rows: As :func:`read_rows` gives them.
    """
    numbered = rows.append_column("row", pa.array(range(len(rows)), pa.int64()))
    protocols = map(get_protocol, list_protocols())
    here = set(pc.unique(rows.column("corpus")).to_pylist())
    covers = (cover_protocol(p, numbered) for p in protocols if here & set(p.train.corpora or here))
    return [cover for cover in covers if cover.train or cover.test]


def cover_protocol(protocol: Protocol, rows: pa.Table) -> Coverage:
    """What the rows give of one protocol.

    Args:
        protocol: The protocol.
        rows: As :func:`read_rows` gives them, numbered in a column ``row``.
    """
    train, test = (_select(view, rows) for view in (protocol.train, protocol.test))
    parts = {"train": (protocol.train, train), "test": (protocol.test, test)}
    empty = {part: _without_clips(view, chosen) for part, (view, chosen) in parts.items()}
    numbers = [chosen.column("row") for chosen in (train, test)]
    both = numbers[0].filter(pc.is_in(numbers[0], value_set=numbers[1]))
    inside = pa.chunked_array([chunk for column in numbers for chunk in column.chunks], pa.int64())
    return Coverage(
        protocol=protocol.name,
        train=len(train),
        test=len(test),
        published=protocol.counts,
        without_clips={part: names for part, names in empty.items() if names},
        neither=_neither(protocol, rows, inside),
        both=tuple(_list(rows.take(both), "clip_id")),
        same_motion=_same_motion(train, test),
    )


def _select(view: View, rows: pa.Table) -> pa.Table:
    try:
        return view.select(rows)
    except UsageError:  # nothing of it is here
        return rows.slice(0, 0)


def _without_clips(view: View, chosen: pa.Table) -> dict[str, tuple[str, ...]]:
    empty = {}
    for column, field in FIELDS.items():
        present = set(_list(chosen, column))
        names = tuple(name for name in getattr(view, field) or () if name not in present)
        if names:
            empty[column] = names
    return empty


def _neither(protocol: Protocol, rows: pa.Table, inside: pa.ChunkedArray) -> dict[str, int]:
    """Reason -> clips of the protocol's corpora that are in no part."""
    ours = pc.is_in(rows.column("corpus"), value_set=pa.array(protocol.train.corpora or ()))
    left = pc.invert(pc.is_in(rows.column("row"), value_set=inside))
    outside = rows.filter(pc.and_(ours, left))
    asked = [column for column in FIELDS if _asked(protocol, column)]
    reasons: Counter[str] = Counter()
    for group in outside.group_by(asked).aggregate([([], "count_all")]).to_pylist():
        reasons[_reason(protocol, group, asked)] += group["count_all"]
    return dict(sorted(reasons.items()))


def _reason(protocol: Protocol, group: dict[str, Any], asked: list[str]) -> str:
    for column in asked:
        name = group[column]
        if name is None:
            return f"no {column}"
        if not any(name in names for names in _asked(protocol, column)):
            return OTHER_CLASS if column == "label" else f"{column} {name} of no part"
    return OTHER_PART


def _asked(protocol: Protocol, column: str) -> list[tuple[str, ...]]:
    """The names that each part asks for; none if it does not go by the column."""
    names = [getattr(view, FIELDS[column]) for view in (protocol.train, protocol.test)]
    return [] if None in names else names


def _same_motion(train: pa.Table, test: pa.Table) -> tuple[tuple[str, str], ...]:
    trained = dict(zip(_list(train, "motion_sha256"), _list(train, "clip_id"), strict=True))
    tested = zip(_list(test, "motion_sha256"), _list(test, "clip_id"), strict=True)
    pairs = ((trained[sha], clip) for sha, clip in tested if sha in trained)
    return tuple(sorted(pair for pair in pairs if pair[0] != pair[1]))


def _list(table: pa.Table, column: str) -> list[Any]:
    values: list[Any] = table.column(column).to_pylist()
    return values


def _gap(field: str, names: tuple[str, ...]) -> str:
    """How many have no clip, and which if they are few."""
    return f"{len(names)} {field}" + (f" ({', '.join(names)})" if len(names) <= SHOWN else "")


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
