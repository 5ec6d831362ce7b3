"""Tables and arrays of files nobody vouches for: sizes are checked before they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import MAX_UNPACKED, Npz
from skeletonllm.corpora.formats.sheet import ROWS_SKIPPED, Sheet, parse_sheet
from skeletonllm.corpora.formats.sheet_numbers import decimal_of, drop_unit_rows, read_columns
from skeletonllm.corpora.generic.joints import split_unit
from skeletonllm.corpora.generic.layout import UNITS, Layout
from skeletonllm.corpora.generic.long_tables import widen
from skeletonllm.corpora.toolkit.moments import SHAPES, read_moments
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw
from skeletonllm.errors import SourceError

MAX_RATIO, FREE_BYTES = 200, 16 << 20
"""How much larger than its file a table may be in memory, and what is small enough anyway."""

RATES = ("fps", "frame_rate", "framerate", "mocap_framerate", "mocap_frame_rate")
"""Names of an array that holds the rate."""

_NAMED_FRAME = re.compile(r"(\d{1,15})(\.[a-zA-Z]\w*)?$")


@dataclass(frozen=True, eq=False)
class Table:
    """What a table holds, a row a frame or a row a frame and person.

    Args:
        values: Coordinates, float64 [N, joints * dims]; NaN where there is none.
        trust: Confidences, float64 [N, joints], if it has them.
        frames: Numbers of the frames, float64 [N], if it has them.
        times: Of the rows, float64 [N], in the unit of the table, if it has them.
        persons: Of the rows, if it has them.
        flags: What was seen and not said.
        bad: Sentences about the rows that could not be read.
        absent: Which of the rows these are, as far as they hold the place of a frame.
        in_seconds: Whether the times are seconds, for they were dates, clock times or timecodes.
        lines: In which line of the file each row stands, if it has lines.
    """

    values: Raw
    trust: Raw | None = None
    frames: Raw | None = None
    times: Raw | None = None
    persons: list[str] | None = None
    flags: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    absent: frozenset[int] = frozenset()
    in_seconds: bool = False
    lines: tuple[int, ...] = ()


def read_array(uri: str, data: bytes, key: str) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of a ``.npy`` file, or the one called ``key`` of an ``.npz`` (if any, the only).

    Args:
        uri: Name of the file.
        data: Its bytes.
        key: Which array of an NPZ; empty for the only one.

    Raises:
        SourceError: ``format``, ``truncated`` or ``unsafe``.
    """
    array = _member(Npz(data), key) if uri.lower().endswith(".npz") else parse_npy(data)
    if array.dtype.kind not in "fiu":
        raise SourceError("format", f"an array of {array.dtype}", expected="numbers")
    return array


def read_beside(uri: str, data: bytes, key: str, said: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Another array of an ``.npz``, of numbers.

    Args:
        uri: Name of the file.
        data: Its bytes.
        key: Which array.
        said: The key of the YAML that names it.

    Raises:
        SourceError: ``format`` where there is none.
    """
    if not uri.lower().endswith(".npz"):
        found = f"{said}: {key:.100} for a file of one array"
        raise SourceError("format", found, expected="an array of an .npz, or confidence: axis")
    return read_array(uri, data, key)


def read_rate(uri: str, data: bytes) -> float:
    """Frames a second, as an array of one number of an ``.npz`` states them.

    Args:
        uri: Name of the file.
        data: Its bytes.

    Raises:
        SourceError: ``format`` where there is none.
    """
    archive = Npz(data) if uri.lower().endswith(".npz") else None
    for name in RATES if archive else ():
        if archive and name in archive:
            rate = archive.array(name)
            if rate.size == 1 and rate.dtype.kind in "fiu" and 0 < float(rate.item()) <= 10_000:
                return float(rate.item())
    found = "fps: missing in the YAML, and no array fps"
    raise SourceError("format", found, expected="frames a second, 0 to 10000")


def _member(archive: Npz, key: str) -> np.ndarray[Any, np.dtype[Any]]:
    if not key and len(archive.names) != 1:
        found = f"the arrays {', '.join(archive.names)[:200]}"
        raise SourceError("format", found, expected="array: to say which")
    return archive.array(key or archive.names[0])


def read_table(uri: str, data: bytes, layout: Layout) -> Table:
    """The columns that a layout names.

    Args:
        uri: Name of the file.
        data: Its bytes.
        layout: What the YAML says.

    Raises:
        SourceError: ``format`` (all absent columns are named), ``encoding``, ``unsafe``.
    """
    return _parquet(data, layout) if uri.lower().endswith(".parquet") else _text(data, layout)


def _text(data: bytes, layout: Layout) -> Table:
    form = layout.form
    if form.header_rows == 0:
        sheet = parse_sheet(data, form, len)
        values, bad = read_columns(sheet, sheet.head, decimal_of(sheet, sheet.head))
        return _without(Table(values), sheet, bad)
    rows = layout.joints.rows
    sheet = parse_sheet(data, form, rows.count if rows else layout.joints.count)
    if rows:
        keys = [name for name in _others(layout) if name]
        sheet = widen(sheet, layout.joints, rows, keys)
    coordinates, trusts = layout.joints.find(sheet.head)
    frame, person, when = (_own(sheet.head, name, layout) for name in _others(layout))
    sheet, words = drop_unit_rows(sheet, coordinates)
    words += [unit for name in coordinates if (unit := split_unit(name)[1])]
    _refuse_other_unit(sheet, words, layout)
    decimal = decimal_of(sheet, [*coordinates, *trusts])
    names = [*coordinates, *trusts]
    values, bad = read_columns(sheet, names, decimal, layout.missing_words)
    frames = _column(sheet, frame, decimal, bad, _frames_of)[0] if frame else None
    times, worded = None, False
    if when:
        moments = partial(read_moments, fps=layout.fps)
        times, worded = _column(sheet, when, decimal, bad, moments)
    at = sheet.head.index(person) if person else 0
    persons = [_plain_id(row[at]) for row in sheet.rows] if person else None
    split = len(coordinates)
    trust = values[:, split:] if trusts else None
    table = Table(values[:, :split], trust, frames, times, persons, in_seconds=worded)
    return _without(table, sheet, bad)


def _without(table: Table, sheet: Sheet, bad: dict[int, str]) -> Table:
    """The table without its bad rows, with sentences about them.

    Where nothing but its place says which frame a row is, a bad row stays, as a frame of nobody.
    """
    expected, row_of = len(sheet.head), {line: row for row, line in enumerate(sheet.lines)}
    for line, count in sheet.wrong:
        bad[row_of[line]] = f"line {line}: {count} values; expected {expected}"
    good = [row for row in range(len(table.values)) if row not in bad]
    faults = tuple(bad[row] for row in sorted(bad))
    if faults and not good:
        raise SourceError("format", faults[0])
    flags = (ROWS_SKIPPED,) if sheet.skipped else ()
    table = replace(table, flags=flags, bad=faults, lines=tuple(sheet.lines))
    if table.frames is None and table.times is None:
        return replace(table, absent=frozenset(bad))
    return take_rows(table, good)


def take_rows(table: Table, rows: Sequence[int]) -> Table:
    """Some rows of a table.

    Args:
        table: The table.
        rows: Which, in order.
    """
    return replace(
        table,
        values=table.values[rows],
        trust=None if table.trust is None else table.trust[rows],
        frames=None if table.frames is None else table.frames[rows],
        times=None if table.times is None else table.times[rows],
        persons=None if table.persons is None else [table.persons[row] for row in rows],
        lines=tuple(table.lines[row] for row in rows) if table.lines else (),
    )


def _others(layout: Layout) -> tuple[str, str, str]:
    return layout.frame, layout.person, layout.time


def _own(head: Sequence[str], name: str, layout: Layout) -> str:
    """The column of a name that the YAML gives, in any case; empty if it gives none."""
    if not name or name in head:
        return name
    same = next((own for own in head if own.casefold() == name.casefold()), None)
    if same is None:
        key = {layout.frame: "frame", layout.person: "person", layout.time: "time"}[name]
        expected = f"one of {[*head][:8]}"
        raise SourceError("format", f"no column {name:.100} ({key}:)", expected=expected)
    return same


def _refuse_other_unit(sheet: Sheet, words: list[str], layout: Layout) -> None:
    """Refuse a row of units, or units in the head, that say another one than the YAML."""
    units = {UNITS.get(word.strip("[]() ").lower()) for word in words} - {None}
    if len(units) == 1 and units != {layout.units}:
        line = f"line {sheet.skipped[-1]}" if sheet.skipped else "the head"
        found = f"{line} gives the unit {units.pop()}"
        raise SourceError("format", found, expected=f"units: {layout.units}, as the YAML says")


def _column(
    sheet: Sheet, name: str, decimal: str, bad: dict[int, str], read: Any
) -> tuple[Raw, bool]:
    """A column of frames or times, and whether words are among them; rows without one are bad."""
    numbers, _ = read_columns(sheet, [name], decimal)
    values = numbers[:, 0]
    at = sheet.head.index(name)
    rows = np.flatnonzero(~np.isfinite(values)).tolist()
    known = read([sheet.rows[row][at] for row in rows])
    expected = "a frame" if read is _frames_of else SHAPES
    for row, value in zip(rows, known, strict=True):
        if value is None:
            word = f"line {sheet.lines[row]}, column {name}: {sheet.rows[row][at][:40]!r}"
            bad.setdefault(row, f"{word}; expected {expected}")
        else:
            values[row] = value
    return values, any(value is not None for value in known)


def _frames_of(words: list[str]) -> list[float | None]:
    """The numbers in the names of pictures."""
    matches = map(_NAMED_FRAME.search, words)
    return [float(match[1]) if match else None for match in matches]


def _plain_id(word: str) -> str:
    """A person's name; ``1.0`` is 1."""
    return re.sub(r"^(\d+)\.0+$", r"\1", word)


def _parquet(data: bytes, layout: Layout) -> Table:
    try:
        # words stay numbers into a list of words: a file of 1 kB can say 1 MB a thousand times
        file = pq.ParquetFile(pa.BufferReader(data))
        if layout.joints.rows:
            found = f"joint: {layout.joints.rows.joint} of a Parquet file"
            raise SourceError("format", found, expected="a row a frame")
        head = file.schema_arrow.names
        coordinates, trusts = layout.joints.find(head)
        frame, person, when = (_own(head, name, layout) for name in _others(layout))
        if person:
            file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=[person])
        wanted = list(dict.fromkeys([*coordinates, *trusts, *filter(None, (frame, person, when))]))
        _refuse_twice(wanted, head)
        _refuse_expanding(file.metadata, len(data), len(wanted))
        kinds = {name: file.schema_arrow.field(name).type for name in wanted}
        odd = [n for n, kind in kinds.items() if n != person and not _is_number(kind)]
        odd = [n for n in odd if n != when or not pa.types.is_temporal(kinds[n])]
        if odd:
            found = f"{kinds[odd[0]]} in the column {odd[0]}"
            raise SourceError("format", found[:200], expected="numbers")
        table = file.read(columns=wanted).unify_dictionaries()
        columns = {name: table.column(name).combine_chunks() for name in wanted}
        return Table(
            np.stack([_numbers(columns[name]) for name in coordinates], -1),
            np.stack([_numbers(columns[name]) for name in trusts], -1) if trusts else None,
            _numbers(columns[frame]) if frame else None,
            _times(columns[when]) if when else None,
            [_plain_id(word) for word in _words(columns[person])] if person else None,
            in_seconds=bool(when) and pa.types.is_temporal(kinds[when]),
        )
    except (pa.ArrowException, OSError, KeyError) as error:
        raise SourceError("format", f"not Parquet ({str(error)[:200]})") from None


def _times(column: Any) -> Raw:
    """Times of a column; of moments, their seconds."""
    if pa.types.is_timestamp(column.type) or pa.types.is_duration(column.type):
        scale = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}[column.type.unit]
        return _numbers(column.cast(pa.int64())) * scale
    if pa.types.is_temporal(column.type):
        raise SourceError("format", f"times as {column.type}", expected="numbers or timestamps")
    return _numbers(column)


def _refuse_twice(wanted: list[str], head: list[str]) -> None:
    twice = next((name for name in wanted if head.count(name) > 1), None)
    if twice is not None:
        raise SourceError("format", f"the column {twice!r:.200} twice")


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)


def _refuse_expanding(facts: Any, size: int, columns: int) -> None:
    """Refuse what is far larger in memory than as a file: no motion packs so well."""
    unpacked = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
    values = facts.num_rows * columns
    small = 8 * values <= max(MAX_RATIO * size, FREE_BYTES)
    if values > 3 * MAX_POSITIONS or unpacked > MAX_UNPACKED or not small:
        found = f"{facts.num_rows} rows, {unpacked} bytes unpacked, in a file of {size}"
        raise SourceError("unsafe", found)


def _numbers(column: Any) -> Raw:
    """Numbers of a column; null is NaN."""
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float64)


def _words(column: Any) -> list[str]:
    """What stands in a column of names or numbers, as text."""
    if not pa.types.is_dictionary(column.type):
        return [str(value) for value in column.to_pylist()]
    known = [str(word) for word in column.dictionary.to_pylist()]
    return ["None" if i is None else known[i] for i in column.indices.to_pylist()]
