from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.labs.text_rows import leading_rows, parse_rows, read_table
from skeletonllm.errors import SourceError


@pytest.mark.parametrize("mark", "\t;,")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_cells_are_parted_by_what_the_head_has_most_of(mark: str, encoding: str) -> None:
    text = f"a{mark}b {mark}\r\n1{mark} 2{mark}\r\n"
    rows, decimal_comma = parse_rows(text.encode(encoding))
    assert rows[:2] == [["a", "b", ""], ["1", "2", ""]]
    assert decimal_comma == (mark != ",")


def test_quoted_cells_may_hold_the_mark() -> None:
    assert parse_rows(b'"a, b",c\n1,2\n')[0][0] == ["a, b", "c"]


def test_blanks_part_cells_where_nothing_else_does() -> None:
    assert parse_rows(b"a  b\n1 2\n")[0][:2] == [["a", "b"], ["1", "2"]]


def test_another_start_is_another_format() -> None:
    assert parse_rows(b'\xef\xbb\xbf"Head",1\n', "head")[0][0] == ["Head", "1"]
    with pytest.raises(SourceError, match="starts with 'tail"):
        parse_rows(b"tail,1\n", "head")


def test_empty_cells_are_missing_and_words_are_counted() -> None:
    rows = [["1", "", "3"], ["4"], ["5", "NaN", "x", "9"], ["1,5", "2", "3"], ["7", "8", "9"]]
    table, unread = read_table(rows, 3, decimal_comma=True)
    expected = [[1, np.nan, 3], [4, *[np.nan] * 2], [5, *[np.nan] * 2], [1.5, 2, 3], [7, 8, 9]]
    np.testing.assert_array_equal(table, expected)
    assert unread
    assert not read_table([["1", "-", ""]], 3, decimal_comma=False)[1]


@pytest.mark.parametrize("cell", ["-1.#IND", "1.#QNAN0", "-nan(ind)", "1,#IND", "N/A", "-"])
def test_what_tools_write_for_a_missing_number_is_no_unread_cell(cell: str) -> None:
    table, unread = read_table([["1", cell, "3"]], 3, decimal_comma=False)
    assert (np.isnan(table).tolist(), unread) == ([[False, True, False]], False)


def test_words_without_end_are_no_table_and_a_table_without_end_is_unsafe() -> None:
    with pytest.raises(SourceError, match="4 of 4 cells hold no number"):
        read_table([["a", "b"]] * 2, 2, decimal_comma=False)
    with pytest.raises(SourceError) as caught:
        read_table([[]] * 9, 1 << 24, decimal_comma=False)
    assert caught.value.code == "unsafe"


def test_rows_of_numbers_end_at_the_first_other_row() -> None:
    rows = [["head"], [], [""], ["1", "2"], ["2,5"], [], ["3"]]
    assert leading_rows(rows, 1) == [["1", "2"], ["2,5"]]
    assert leading_rows(rows, 0) == []
