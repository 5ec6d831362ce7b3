"""Tables and arrays of files nobody vouches for: sizes are checked before they are read."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skeletonllm.corpora.files import decode
from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.corpora.formats.npz import MAX_UNPACKED, Npz
from skeletonllm.corpora.generic.layout import Layout
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw
from skeletonllm.errors import SourceError

MAX_RATIO, FREE_BYTES = 200, 16 << 20
"""How much larger than its file a table may be in memory, and what is small enough anyway."""

MAX_BLANK_LINES = 1000

Column = Raw | list[str]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table: coordinates, then confidences, as float64 [N, C]; NaN where blank."""

    values: Raw
    frames: Raw | None
    persons: list[str] | None


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
    wanted = [name for names in layout.columns for name in names] + [*layout.confidence]
    known = list(dict.fromkeys([*wanted, *filter(None, (layout.frame, layout.person))]))
    read = _parquet if uri.lower().endswith(".parquet") else _csv
    texts = {layout.person} - {""}
    columns = read(data, known, texts)
    persons = [str(name) for name in columns[layout.person]] if layout.person else None
    values = np.stack([columns[name] for name in wanted], -1)
    return Table(values, np.asarray(columns[layout.frame]) if layout.frame else None, persons)


def _csv(data: bytes, wanted: list[str], texts: set[str]) -> dict[str, Column]:
    text = decode(data).rstrip()
    if text.count("\n\n") + text.count("\n\r\n") > MAX_BLANK_LINES:
        raise SourceError("format", "blank lines without end between the rows")
    lines = text.splitlines()
    reader = csv.reader(lines, delimiter=max(",;\t", key=lines[0].count))
    try:
        head = [name.strip() for name in next(reader)]
        _refuse_absent(wanted, head)
        rows = list(_rows(reader, len(head)))
    except csv.Error as error:
        raise SourceError("format", f"not CSV ({error})") from None
    at = {name: i for i, name in enumerate(head)}
    columns = {name: [row[at[name]].strip() for row in rows] for name in wanted}
    return {n: words if n in texts else _floats(n, words) for n, words in columns.items()}


def _rows(reader: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    """The rows that are not blank, up to the first that is not as wide as the head."""
    for number, row in enumerate(filter(None, reader), 1):
        if len(row) != width:
            found = f"{len(row)} values"
            raise SourceError("format", found, expected=str(width), where=f"row {number}")
        yield row


def _parquet(data: bytes, wanted: list[str], texts: set[str]) -> dict[str, Column]:
    """Columns of numbers, and lists of words for those in ``texts``."""
    try:
        # words stay numbers into a list of words: a file of 1 kB can say 1 MB a thousand times
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=sorted(texts))
        _refuse_absent(wanted, file.schema_arrow.names)
        _refuse_expanding(file.metadata, len(data), len(wanted))
        kinds = {name: file.schema_arrow.field(name).type for name in wanted}
        odd = [name for name, kind in kinds.items() if name not in texts and not _is_number(kind)]
        if odd:
            found = f"{kinds[odd[0]]} in the column {odd[0]}"
            raise SourceError("format", found[:200], expected="numbers")
        table = file.read(columns=wanted).unify_dictionaries()
        columns = {name: table.column(name).combine_chunks() for name in wanted}
        return {n: _words(c) if n in texts else _numbers(c) for n, c in columns.items()}
    except (pa.ArrowException, OSError, KeyError) as error:
        raise SourceError("format", f"not Parquet ({str(error)[:200]})") from None


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


def _refuse_absent(wanted: list[str], there: list[str]) -> None:
    counts = Counter(there)
    twice = next((name for name in wanted if counts[name] > 1), None)
    if twice is not None:
        raise SourceError("format", f"the column {twice!r:.200} twice")
    absent = [name for name in wanted if not counts[name]]
    if absent:
        found = f"no column {', '.join(absent)[:400]}"
        raise SourceError("format", found, expected=f"those of the YAML, not {there[:8]}")


def _floats(name: str, values: list[str]) -> Raw:
    """Numbers of a column; nothing at all is NaN."""
    try:
        return np.array([float(v or "nan") for v in values], np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", str(error)[:200], where=f"column {name}") from None
