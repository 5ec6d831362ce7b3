"""From the words of a table to numbers: decimal marks, words for no number, rows of units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skeletonllm.corpora.formats.sheet import Sheet
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.errors import SourceError

MISSING = frozenset(
    "na n/a nan null none nil - -- . #n/a #na <na> missing nd n.d. nan(ind) -nan -1.#ind 1.#qnan"
    " 1.#ind -1.#qnan".split()
) | {""}
"""Words that stand for no number, in lower case."""

MAX_UNIT_ROWS = 3
"""Rows of words that may lie between the head and the numbers."""

_NUMBER = re.compile(r"[+-]?(\d[\d.,]*|[.,]\d+)([eE][+-]?\d+)?")


def drop_unit_rows(sheet: Sheet, names: Sequence[str]) -> tuple[Sheet, list[str]]:
    """The sheet without the rows of words right under its head, and those words.

    Args:
        sheet: The table.
        names: Columns of numbers.
    """
    at = [sheet.head.index(name) for name in names]
    count, words = 0, list[str]()
    for row in sheet.rows[:MAX_UNIT_ROWS]:
        cells = [row[i] for i in at if row[i]]
        if not cells or any(is_cell(cell) for cell in cells):
            break
        words += cells
        count += 1
    if not count:
        return sheet, []
    skipped = (*sheet.skipped, *sheet.lines[:count])
    rows, lines = sheet.rows[count:], sheet.lines[count:]
    return replace(sheet, rows=rows, lines=lines, skipped=skipped), words


def is_cell(word: str) -> bool:
    """Whether a word is a number with any decimal mark, or one for no number."""
    return bool(_NUMBER.fullmatch(word)) or word.lower() in MISSING or _plain(word) is not None


def decimal_of(sheet: Sheet, names: Sequence[str]) -> str:
    """The decimal mark of some columns.

    Args:
        sheet: The table.
        names: Columns of numbers.

    Raises:
        SourceError: ``format`` where points and commas both stand in numbers, so that one of them
            may part thousands.
    """
    if sheet.decimal:
        return sheet.decimal
    at = [sheet.head.index(name) for name in names]
    comma = point = None
    for line, row in zip(sheet.lines, sheet.rows, strict=True):
        for i in at:
            word = row[i]
            if "," in word and word.rfind(",") > word.rfind("."):
                comma = comma or (line, word)
            elif "." in word and word.lower() not in MISSING:
                point = point or (line, word)
        if comma and point:
            found = f"{comma[1][:20]!r} in line {comma[0]}, {point[1][:20]!r} in line {point[0]}"
            raise SourceError("format", found, expected="decimal: to say which mark is which")
    return "," if comma else "."


def read_columns(
    sheet: Sheet, names: Sequence[str], decimal: str, missing: frozenset[str] = MISSING
) -> tuple[Raw, dict[int, str]]:
    """Columns as numbers float64 [N, C], NaN where there is none; and what is wrong, by row.

    Args:
        sheet: The table.
        names: Columns of numbers.
        decimal: Their decimal mark; the other one parts thousands.
        missing: Words for no number, in lower case.
    """
    values = np.full((len(sheet.rows), len(names)), np.nan)
    bad: dict[int, str] = {}
    for c, name in enumerate(names):
        at = sheet.head.index(name)
        words = [row[at] for row in sheet.rows]
        try:
            if decimal == ".":
                values[:, c] = [float(word or "nan") for word in words]
                continue
        except ValueError:
            pass
        for r, word in enumerate(words):
            number = _plain(_pointed(word, decimal))
            if number is not None:
                values[r, c] = number
            elif word.lower() not in missing:
                bad.setdefault(r, f"line {sheet.lines[r]}, column {name}: {word[:40]!r}")
    return values, bad


def _pointed(word: str, decimal: str) -> str:
    return word.replace(".", "").replace(",", ".") if decimal == "," else word


def _plain(word: str) -> float | None:
    try:
        return None if "_" in word else float(word)
    except ValueError:
        return None
