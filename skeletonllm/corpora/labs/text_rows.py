"""Rows of what laboratory software exports as text, and the numbers in them.

Cells are parted by tabs, semicolons or commas, whichever the first long line has most of; a comma
is a decimal mark where cells are parted by something else. A cell that holds no number is missing,
and counted: one bad cell is not worth a recording.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from skeletonllm.corpora.rigs.text_encoding import decode_any, missing_as_nan
from skeletonllm.corpora.toolkit.validation import MAX_POSITIONS, Raw
from skeletonllm.errors import SourceError

UNREAD_CELLS = "unread_cells"
"""Flag: cells that should hold a number hold something else; they count as missing."""

MAX_UNREAD = 0.2
"""Largest share of cells without a number, beside empty ones; beyond, it is no table of numbers."""

MAX_BLANK_LINES = 1000
MAX_ROWS = 400_000
"""Most lines of one table: an hour at 100 frames a second."""

MAX_COLUMNS = 1 << 16
"""Most cells of a line: 4096 points take 12,288, or 28,672 with turns."""

_MARKS = "\t;,"
_MISSING = frozenset(("", "nan", "na", "n/a", "none", "null", "-", "--"))

Rows = list[list[str]]


def parse_rows(data: bytes, start: str = "", most: int = -1) -> tuple[Rows, bool]:
    """The cells of a text by row, blanks around them taken off, and whether commas are decimal.

    Args:
        data: The file.
        start: What its first line starts with, in lower case: else it is another format.
        most: Rows that are wanted, for a look at the head; all by default.

    Raises:
        SourceError: ``empty``, or ``format`` for another start or unclosed quotes.
    """
    return split_rows(decode_any(data), start, most)


def split_rows(text: str, start: str = "", most: int = -1) -> tuple[Rows, bool]:
    """Like :func:`parse_rows`, of text with line ends of one kind.

    Args:
        text: The lines.
        start: What the first starts with, in lower case.
        most: Rows that are wanted.

    Raises:
        SourceError: ``format``, or ``unsafe`` for lines or cells without end.
    """
    first = text[:200].lstrip('\ufeff" \n').lower()
    if start and not first.startswith(start):
        found = text[:40].split("\n", maxsplit=1)[0]
        raise SourceError("format", f"a file that starts with {found!a}", expected=repr(start))
    if text.count("\n\n") > MAX_BLANK_LINES:
        raise SourceError("format", "blank lines without end")
    if text.count("\n") > MAX_ROWS:
        raise SourceError("unsafe", f"more than {MAX_ROWS} lines")
    lines = text.split("\n", max(most, 8))[:most] if most > 0 else text.split("\n")
    longest = max(lines[:8], key=len)
    mark = max(_MARKS, key=longest.count)
    if longest.count(mark) > MAX_COLUMNS:
        raise SourceError("unsafe", f"a line of more than {MAX_COLUMNS} cells")
    if not longest.count(mark):
        rows = [line.split() for line in lines]
    else:
        try:
            rows = list(csv.reader(lines, delimiter=mark))
        except csv.Error as error:
            raise SourceError("format", f"no table ({error})") from None
    return [[cell.strip() for cell in row] for row in rows], mark != ","


def read_table(
    rows: Rows, width: int, decimal_comma: bool, most: float = MAX_UNREAD
) -> tuple[Raw, bool]:
    """Rows of numbers as float64 [N, width], NaN where there is none, and whether cells were bad.

    Rows may be shorter, since exporters leave out empty cells at the end, and longer by empty ones.

    Args:
        rows: Cells.
        width: How many count.
        decimal_comma: Whether a comma in a cell is its decimal mark.
        most: Share of cells without a number from which on it is refused.

    Raises:
        SourceError: ``unsafe`` for more than is believable, ``format`` where hardly a cell is a
            number.
    """
    if len(rows) * width > 3 * MAX_POSITIONS:
        raise SourceError("unsafe", f"{len(rows)} rows of {width} numbers")
    table = np.full((len(rows), width), np.nan)
    bad = 0
    for t, row in enumerate(rows):
        try:
            table[t, : len(row)] = row[:width]
        except (ValueError, OverflowError):
            values, unread = _numbers(row[:width], decimal_comma)
            table[t, : len(values)] = values
            bad += unread
    infinite = np.isinf(table)
    table[infinite] = np.nan
    bad += int(infinite.sum())
    if bad > most * max(table.size, 1):
        raise SourceError("format", f"{bad} of {table.size} cells hold no number")
    return table, bool(bad)


def _numbers(cells: Sequence[str], decimal_comma: bool) -> tuple[list[float], int]:
    values, bad = [], 0
    for cell in cells:
        try:
            values.append(float(cell.replace(",", ".") if decimal_comma else cell))
        except ValueError:
            values.append(np.nan)
            bad += cell.lower() not in _MISSING and missing_as_nan(cell) == cell
    return values, bad


def leading_rows(rows: Rows, start: int) -> Rows:
    """The rows from ``start`` on whose first cell is a number, up to the first other one.

    Blank rows at the start are passed over.

    Args:
        rows: Cells.
        start: Where the numbers may begin.
    """
    while start < len(rows) and not any(rows[start]):
        start += 1
    end = start
    while end < len(rows) and rows[end] and _is_number(rows[end][0]):
        end += 1
    return rows[start:end]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
