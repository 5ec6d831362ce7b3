"""Tables and arrays of files nobody vouches for: sizes are checked before they are read."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skeletonllm.corpora.arrays import MAX_POSITIONS, Raw
from skeletonllm.corpora.files import decode
from skeletonllm.corpora.generic_layout import Layout
from skeletonllm.corpora.npy import parse_npy
from skeletonllm.errors import SourceError

MAX_UNPACKED = 256 << 20
"""Most bytes that a compressed file may unpack to."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table: coordinates, then confidences, as float64 [N, C]; NaN where blank."""

    values: Raw
    frames: Raw | None
    persons: list[str] | None


def read_array(uri: str, data: bytes, key: str) -> np.ndarray[Any, np.dtype[Any]]:
    """The array of a ``.npy`` file, or the one called ``key`` of an ``.npz`` (if any, the only).

    Raises:
        SourceError: ``format``, ``truncated`` or ``unsafe``.
    """
    array = parse_npy(_member(data, key) if uri.lower().endswith(".npz") else data)
    if array.dtype.kind not in "fiu":
        raise SourceError("format", f"an array of {array.dtype}", expected="numbers")
    return array


def _member(data: bytes, key: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            wanted = f"{key}.npy" if key else names[0] if len(names) == 1 else ""
            if wanted not in names:
                found = f"the arrays {', '.join(names)[:200]}"
                raise SourceError("format", found, expected=f"array: {key or 'to say which'}")
            facts = archive.getinfo(wanted)
            if facts.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SourceError("format", "an .npz packed in a way that NumPy does not write")
            if facts.file_size > MAX_UNPACKED:
                raise SourceError("unsafe", f"{facts.file_size} bytes unpacked")
            with archive.open(wanted) as file:
                return file.read(MAX_UNPACKED)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise SourceError("format", f"not a whole .npz ({error})") from None


def read_table(uri: str, data: bytes, layout: Layout) -> Table:
    """The columns that a layout names.

    Raises:
        SourceError: ``format`` (all absent columns are named), ``encoding``, ``unsafe``.
    """
    wanted = [name for names in layout.columns for name in names] + [*layout.confidence]
    known = list(dict.fromkeys([*wanted, *filter(None, (layout.frame, layout.person))]))
    read = _parquet if uri.lower().endswith(".parquet") else _csv
    columns = read(data, known)
    values = np.array([_floats(name, columns[name]) for name in wanted]).T
    return Table(
        np.ascontiguousarray(values),
        _floats(layout.frame, columns[layout.frame]) if layout.frame else None,
        [str(name) for name in columns[layout.person]] if layout.person else None,
    )


def _csv(data: bytes, wanted: list[str]) -> dict[str, list[Any]]:
    lines = decode(data).splitlines()
    mark = max(",;\t", key=lines[0].count)
    try:
        head, *rows = csv.reader(lines, delimiter=mark)
    except csv.Error as error:
        raise SourceError("format", f"not CSV ({error})") from None
    head = [name.strip() for name in head]
    _refuse_absent(wanted, head)
    at = {name: head.index(name) for name in wanted}
    full = [row for row in rows if row]
    short = next((i for i, row in enumerate(full) if len(row) != len(head)), None)
    if short is not None:
        found = f"{len(full[short])} values"
        raise SourceError("format", found, expected=str(len(head)), where=f"row {short + 1}")
    return {name: [row[i].strip() for row in full] for name, i in at.items()}


def _parquet(data: bytes, wanted: list[str]) -> dict[str, list[Any]]:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _refuse_absent(wanted, file.schema_arrow.names)
        facts = file.metadata
        unpacked = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        if facts.num_rows * len(wanted) > 3 * MAX_POSITIONS or unpacked > MAX_UNPACKED:
            raise SourceError("unsafe", f"{facts.num_rows} rows, {unpacked} bytes unpacked")
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise SourceError("format", f"not Parquet ({str(error)[:200]})") from None
    return {name: table.column(name).to_pylist() for name in wanted}


def _refuse_absent(wanted: list[str], there: list[str]) -> None:
    absent = [name for name in wanted if name not in there]
    if absent:
        found = f"no column {', '.join(absent)[:400]}"
        raise SourceError("format", found, expected=f"those of the YAML, not {there[:8]}")


def _floats(name: str, values: list[Any]) -> Raw:
    """Numbers of a column; nothing at all is NaN."""
    try:
        return np.array([np.nan if v in ("", None) else float(v) for v in values], np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError("format", str(error)[:200], where=f"column {name}") from None
