"""Tables in text as labs write them: CSV, TSV and kin, from bytes to a head and rows of words.

The encoding (UTF-8, UTF-16 and UTF-32 with a mark or without, else Windows' Western European), the
mark between values, the decimal mark and the line of the head are seen from the file where nobody
states them. Who reads a table says what columns it looks for: the head is the line, and the mark
the one, that give the most of them. What lies before the head is left out and said; so are rows of
units under it. A row of another width costs that row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from skeletonllm.errors import SourceError

MARKS = (",", ";", "\t", "|", " ")
"""What may stand between values; a blank stands for any run of blanks."""

COMMENTS = ("#", "%", "//")
"""What a line that is no part of the table starts with, where nobody states it."""

MAX_ABOVE = 20
"""Lines that may lie above the head."""

MAX_BLANK_LINES = 1000
MAX_WRONG = 10_000
"""Rows of another width than the head; where there are more, it is no table of that head."""

MAX_LINE, MAX_LINES = 1 << 19, 1_000_000
"""Characters of a line, of which 553 landmarks of five numbers take 50,000; and lines of a file."""

MIN_COLUMNS = 2
"""Columns from which on a line may be the head."""

ROWS_SKIPPED = "rows_skipped"
"""Flag: lines above the head, comments or rows of units were left out, as seen from the file."""

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_LINES = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Form:
    """How a table is written, as far as somebody states it; the rest is seen from the file.

    Args:
        separator: One of :data:`MARKS`.
        decimal: ``.`` or ``,``.
        comments: What lines that are left out start with.
        skip_rows: Lines above the head.
        header_rows: Lines of the head; 0 for none, and then columns are called ``0``, ``1``, ...
        encoding: As Python names it.
    """

    separator: str = ""
    decimal: str = ""
    comments: str = ""
    skip_rows: int | None = None
    header_rows: int = 1
    encoding: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table of words.

    Args:
        head: Names of the columns.
        rows: Words, as many as the head has.
        lines: In which line of the file each row stands.
        separator: What stands between values.
        decimal: What parts a number from its decimals, if somebody stated it.
        skipped: Lines above the head that were left out without being told.
        wrong: Rows of another width, which are blank here: line, and how many values.
    """

    head: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    separator: str
    decimal: str
    skipped: tuple[int, ...]
    wrong: tuple[tuple[int, int], ...]


def decode_table(data: bytes, encoding: str = "") -> str:
    """The text of a table.

    Args:
        data: Its bytes.
        encoding: As Python names it; empty to see it from the bytes.

    Raises:
        SourceError: ``encoding``, or ``empty`` for blanks only.
    """
    named = encoding or next((name for mark, name in _BOMS if data.startswith(mark)), "")
    for name in [named] if named else [*_without_mark(data), "utf-8", "cp1252"]:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError) as error:
            fault = str(error)
            continue
        if not text.strip("\ufeff\0 \r\n\t"):
            raise SourceError("empty", "nothing but blanks")
        if "\0" in text:
            raise SourceError("encoding", "a text with NUL bytes", expected="a table of text")
        return text.removeprefix("\ufeff").rstrip("\x1a")
    raise SourceError("encoding", fault[:200], expected=named or "a table of text")


def _without_mark(data: bytes) -> list[str]:
    """UTF-16 where every second byte of the start is 0: Latin letters and digits."""
    start = data[:400]
    if len(start) < 4 or 0 not in start:
        return []
    even, odd = start[::2].count(0), start[1::2].count(0)
    return ["utf-16-le" if odd > even else "utf-16-be"]


def parse_sheet(
    data: bytes,
    form: Form,
    count: Callable[[Sequence[str]], int],
    check_head: Callable[[tuple[str, ...]], object] = tuple,
) -> Sheet:
    """The table of a file.

    Args:
        data: Its bytes.
        form: What is stated of it.
        count: How many of the columns that are looked for a head has.
        check_head: Raises where the head is not what is looked for, before rows are looked at.

    Raises:
        SourceError: ``encoding``, ``empty``, or ``format``; what ``check_head`` raises.
    """
    text = decode_table(data, form.encoding)
    if text.count("\n") + text.count("\r") > 2 * MAX_LINES:
        raise SourceError("unsafe", f"{text.count(chr(10))} lines", expected=f"at most {MAX_LINES}")
    if len(re.findall(r"\n[ \t\r]*(?=\n)", text.rstrip())) > MAX_BLANK_LINES:
        raise SourceError("format", "blank lines without end between the rows")
    lines = [*enumerate(_LINES.split(text), 1)]
    lines = [(n, line) for n, line in lines[form.skip_rows or 0 :] if line.strip()]
    number, longest = max(lines, key=lambda pair: len(pair[1]), default=(0, ""))
    if len(longest) > MAX_LINE:
        said = f"line {number} of {len(longest)} characters"
        raise SourceError("unsafe", said, expected=f"at most {MAX_LINE}")
    marks = (form.comments,) if form.comments else COMMENTS
    body = [(n, line) for n, line in lines if not line.lstrip().startswith(marks)]
    if not form.comments and lines:
        body = _with_marked_head(lines, body, marks, form, count)
    if not body:
        raise SourceError("format", "a table of comments only", expected="a head and rows")
    if form.header_rows == 0:
        return _headless(lines, body, form)
    at, mark = _find_head(body, form, count)
    head = _head(body[at : at + form.header_rows], mark)
    check_head(head)
    rows, found, wrong = _rows(body[at + form.header_rows :], len(head), mark)
    skipped = (*_unsaid(lines, body, form), *(number for number, _ in body[:at]))
    return Sheet(head, rows, found, mark, form.decimal, skipped, wrong)


def _unsaid(lines: list[tuple[int, str]], body: list[tuple[int, str]], form: Form) -> list[int]:
    """Comments that were left out without being told."""
    kept = {number for number, _ in body}
    return [] if form.comments else [number for number, _ in lines if number not in kept]


def _with_marked_head(
    lines: list[tuple[int, str]],
    body: list[tuple[int, str]],
    marks: tuple[str, ...],
    form: Form,
    count: Callable[[Sequence[str]], int],
) -> list[tuple[int, str]]:
    """The lines without comments, with the head where it is written as one: ``# x, y, z``."""
    marked = [
        (number, line.lstrip().removeprefix(mark).strip())
        for number, line in lines[:MAX_ABOVE]
        if (mark := next((m for m in marks if line.lstrip().startswith(m)), None))
    ]
    scores = [_score(line, form, count)[0] for _, line in marked]
    if max(scores, default=0) < MIN_COLUMNS:
        return body
    plain = max((_score(line, form, count)[0] for _, line in body[:MAX_ABOVE]), default=0)
    if plain >= max(scores):
        return body
    head = marked[scores.index(max(scores))]
    return [head, *((number, line) for number, line in body if number > head[0])]


def _headless(lines: list[tuple[int, str]], body: list[tuple[int, str]], form: Form) -> Sheet:
    """A table of numbers alone."""
    marks = [form.separator] if form.separator else MARKS
    mark = max(marks, key=lambda mark: len(_split(body[0][1], mark)))
    head = tuple(str(i) for i in range(len(_split(body[0][1], mark))))
    rows, found, wrong = _rows(body, len(head), mark)
    skipped = tuple(_unsaid(lines, body, form))
    return Sheet(head, rows, found, mark, form.decimal, skipped, wrong)


def _find_head(
    body: list[tuple[int, str]], form: Form, count: Callable[[Sequence[str]], int]
) -> tuple[int, str]:
    """Which line is the head, and the mark between its names."""
    above = body[: 1 if form.skip_rows is not None else MAX_ABOVE]
    if form.header_rows > 1:
        joined = [
            max(
                (count(_head(body[i : i + form.header_rows], mark)), -i, mark)
                for mark in ([form.separator] if form.separator else MARKS)
            )
            for i in range(len(above))
        ]
        best = max(joined, key=lambda found: found[:2])
        return -best[1], best[2]
    best = (0, -1, form.separator or MARKS[0])
    for at, (_, line) in enumerate(above):
        if best[0] >= MIN_COLUMNS and not any(map(str.isalpha, line)):
            continue  # a row of numbers is no head
        found, mark = _score(line, form, count)
        if found > best[0] or at == 0:
            best = (found, at, mark)
    return best[1], best[2]


def _score(line: str, form: Form, count: Callable[[Sequence[str]], int]) -> tuple[int, str]:
    """How many columns that are looked for a line names, and by which mark."""
    marks = [form.separator] if form.separator else MARKS
    heads = {mark: _split(line, mark) for mark in marks}
    best = max(marks, key=lambda mark: (count(heads[mark]), min(len(heads[mark]), 2)))
    return count(heads[best]), best


def _head(lines: list[tuple[int, str]], mark: str) -> tuple[str, ...]:
    """Names of the columns; of several lines, joined by ``_``, where a blank repeats the left."""
    parts = [_split(line, mark) for _, line in lines]
    if len(parts) == 1:
        return tuple(parts[0])
    width = max(map(len, parts))
    filled = []
    for number, names in enumerate(parts):
        row, last = [], ""
        for name in [*names, *[""] * (width - len(names))]:
            last = name or (last if number < len(parts) - 1 else "")
            row.append(last)
        filled.append(row)
    return tuple("_".join(filter(None, names)) for names in zip(*filled, strict=True))


def _split(line: str, mark: str) -> list[str]:
    if mark == " " and '"' not in line:
        return line.split()
    try:
        row = next(csv.reader([line], delimiter=mark, skipinitialspace=mark != "\t"), [])
    except csv.Error:
        return []
    return [word.strip() for word in row]


def _rows(
    lines: list[tuple[int, str]], width: int, mark: str
) -> tuple[list[list[str]], list[int], tuple[tuple[int, int], ...]]:
    """Rows of a width, their lines, and the rows of another width, which are left blank."""
    rows: list[list[str]] = []
    found: list[int] = []
    wrong: list[tuple[int, int]] = []
    for number, row in _split_all(lines, mark):
        if len(row) > width and not any(row[width:]):
            del row[width:]  # marks at the end of a row
        if len(row) == width:
            rows.append(row)
            found.append(number)
        elif any(row):
            wrong.append((number, len(row)))
            rows.append([""] * width)
            found.append(number)
            if len(wrong) > MAX_WRONG:
                said = (
                    f"over {MAX_WRONG} rows of another width than the head, line {number} the last"
                )
                raise SourceError("format", said, expected=f"{width} values")
    return rows, found, tuple(wrong)


def _split_all(lines: list[tuple[int, str]], mark: str) -> Iterator[tuple[int, list[str]]]:
    if mark == " ":
        for number, line in lines:
            yield number, _split(line, mark)
        return
    reader = csv.reader((line for _, line in lines), delimiter=mark, skipinitialspace=mark != "\t")
    try:
        for row in reader:
            yield lines[reader.line_num - 1][0], [word.strip() for word in row]
    except csv.Error as error:
        raise SourceError("format", f"not a table ({error})") from None
