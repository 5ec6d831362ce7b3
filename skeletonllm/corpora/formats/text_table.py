"""Tables of numbers in text: rows of equal width, from text to one array, with faults by line."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO, TextIOWrapper

import numpy as np

from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError


def parse_table(text: str, columns: int, *, delimiter: str | None = None) -> Raw:
    """A text of ``columns`` numbers a line, as float64 [lines, columns].

    Blank lines are allowed at the end only. ``nan`` and ``inf`` are numbers here; who reads the
    table says what they mean.

    Args:
        text: The lines; LF or CRLF.
        columns: Numbers of every line.
        delimiter: What stands between numbers; None for any run of blanks.

    Raises:
        SourceError: ``format`` where a line is not what it should be, ``truncated`` where that is
            the last line, since a file that was cut ends within a number or a row.

    Example:
        >>> parse_table("1 2 3\\n4 5 6\\n", 3).tolist()
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    """
    text = text.rstrip()
    rows = text.count("\n") + 1
    if not text or len(text) + 1 < 2 * rows * columns:  # a digit and what parts it from the next
        raise _fault(text, columns, delimiter)
    try:
        # the C parser of NumPy reads line by line: no list of lines, which takes 20 times the text
        table = np.loadtxt(_file(text), delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        raise _fault(text, columns, delimiter) from None
    if table.shape != (rows, columns):
        raise _fault(text, columns, delimiter)
    return table


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1."""
    for number, line in enumerate(_file(text), 1):
        if line.strip():
            yield number, line.strip()


def _file(text: str) -> TextIOWrapper:
    """The lines, one after the other; StringIO would hold four bytes a character."""
    return TextIOWrapper(BytesIO(text.encode()), "utf-8", newline="\n")


def _fault(text: str, columns: int, delimiter: str | None) -> SourceError:
    """The error of the first line that does not fit."""
    for number, line in enumerate(_file(text), 1):
        fields = line.strip().split(delimiter, columns)  # no more of a line without end
        bad = next((field for field in fields if not _is_number(field)), None)
        of_width = len(fields) == columns
        if of_width and bad is None:
            continue
        count = f"{len(fields)} numbers" if len(fields) <= columns else f"more than {columns}"
        found = count if bad is None or not of_width else f"{bad[:40]!r}"
        cut = number > 1 and not line.endswith("\n") and len(fields) <= columns
        return SourceError(
            "truncated" if cut else "format",
            found,
            expected="a number" if of_width else f"{columns}",
            where=f"line {number}",
        )
    return SourceError("format", "lines that are no numbers", expected=f"{columns} a line")


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return field.isascii() and "_" not in field
