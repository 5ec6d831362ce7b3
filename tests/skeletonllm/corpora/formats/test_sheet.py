from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.formats.sheet import MARKS, Form, decode_table, parse_sheet
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES


def named(head: Sequence[str]) -> int:
    return sum(name.lower() in ("a", "b", "c") for name in head)


def sheet_of(text: str, form: Form | None = None) -> tuple[tuple[str, ...], list[list[str]]]:
    sheet = parse_sheet(text.encode(), form or Form(), named)
    return sheet.head, sheet.rows


@pytest.mark.parametrize("mark", MARKS)
def test_the_mark_is_seen(mark: str) -> None:
    text = "a,b,c\n1,2,3\n4,5,6\n".replace(",", mark)
    assert sheet_of(text) == (("a", "b", "c"), [["1", "2", "3"], ["4", "5", "6"]])


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\ufeff\x1a"), max_size=8)


@FEW_EXAMPLES
@given(
    rows=st.lists(st.tuples(st.integers(), WORDS.map(str.strip)), min_size=1, max_size=20),
    mark=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
)
def test_what_python_writes_comes_back(
    rows: list[tuple[int, str]], mark: str, end: str, encoding: str
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    sheet = parse_sheet(file.getvalue().encode(encoding), Form(), named)
    assert sheet.head == ("a", "b")
    assert [tuple(row) for row in sheet.rows] == [(str(n), word) for n, word in rows]
    assert (sheet.skipped, sheet.wrong) == ((), ())


def test_lines_above_the_head_and_comments_are_said() -> None:
    sheet = parse_sheet(b"# made by us\nsubject 3\na,b\n1,2\n# pause\n3,4", Form(), named)
    assert (sheet.head, sheet.rows) == (("a", "b"), [["1", "2"], ["3", "4"]])
    assert sorted(sheet.skipped) == [1, 2, 5]
    assert sheet.lines == [4, 6]
    told = parse_sheet(b"!x\na,b\n1,2", Form(comments="!"), named)
    assert told.skipped == ()
    told = parse_sheet(b"q\nr\na,b\n1,2", Form(skip_rows=2), named)
    assert (told.head, told.skipped) == (("a", "b"), ())


def test_a_head_that_is_written_as_a_comment() -> None:
    assert sheet_of("# a b c\n1 2 3\n") == (("a", "b", "c"), [["1", "2", "3"]])


def test_a_head_of_several_lines() -> None:
    text = "x,,y\nb,c,b\n1,2,3"
    sheet = parse_sheet(text.encode(), Form(header_rows=2), lambda head: "x_b" in head)
    assert sheet.head == ("x_b", "x_c", "y_b")


def test_no_head() -> None:
    sheet = parse_sheet(b"1 2 3\n4 5 6", Form(header_rows=0), len)
    assert (sheet.head, len(sheet.rows)) == (("0", "1", "2"), 2)


def test_a_row_of_another_width_costs_itself() -> None:
    sheet = parse_sheet(b"a,b\n1,2\n3\n4,5,,\n6,7,8", Form(), named)
    assert sheet.rows == [["1", "2"], ["", ""], ["4", "5"], ["", ""]]
    assert sheet.wrong == ((3, 1), (5, 3))


def test_latin_letters_of_windows() -> None:
    assert decode_table("Zeit (\u00b5s)".encode("cp1252")) == "Zeit (\u00b5s)"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" \n \n", "empty"),
        (b"a,b\n\0\0,\0", "encoding"),
        (b"\xff\xfea", "encoding"),
        (b"# only\n# comments", "format"),
        (b"a,b\n" + b"\n" * 5000 + b"1,2", "format"),
    ],
)
def test_refusals(data: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_sheet(data, Form(), named)
    assert caught.value.code == code
