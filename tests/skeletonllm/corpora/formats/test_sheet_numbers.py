from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.formats.sheet import Form, Sheet, parse_sheet
from skeletonllm.corpora.formats.sheet_numbers import decimal_of, drop_unit_rows, read_columns
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES


def sheet_of(text: str) -> Sheet:
    return parse_sheet(text.encode(), Form(), lambda head: "a" in head)


@FEW_EXAMPLES
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    decimal=st.sampled_from(".,"),
    form=st.sampled_from(["%.9f", "%.12e", "%+.7f"]),
)
def test_numbers_come_back_with_any_decimal_mark(
    values: list[float], decimal: str, form: str
) -> None:
    words = [(form % value).replace(".", decimal) for value in values]
    sheet = sheet_of("\n".join(["a;b", *(f"{word};0" for word in words)]))
    assert decimal_of(sheet, ["a"]) == decimal
    numbers, bad = read_columns(sheet, ["a"], decimal)
    assert bad == {}
    np.testing.assert_allclose(numbers[:, 0], values, rtol=1e-6, atol=1e-6)


def test_words_for_no_number_and_bad_words() -> None:
    sheet = sheet_of("a,b\n1,NA\nnull,2\n,x1\n1_0,3")
    numbers, bad = read_columns(sheet, ["a", "b"], ".")
    assert np.isnan(numbers).tolist() == [[False, True], [True, False], [True, True], [True, False]]
    assert bad == {2: "line 4, column b: 'x1'", 3: "line 5, column a: '1_0'"}


def test_a_mark_that_may_part_thousands_is_asked_about() -> None:
    with pytest.raises(SourceError, match="'1,5' in line 2, '1.25' in line 3"):
        decimal_of(sheet_of("a;b\n1,5;1\n1.25;1"), ["a"])
    assert decimal_of(sheet_of("a;b\n1.234,5;1"), ["a"]) == ","
    numbers, _ = read_columns(sheet_of("a;b\n1.234,5;1"), ["a"], ",")
    assert numbers[0, 0] == 1234.5


def test_rows_of_units_are_dropped_and_told() -> None:
    sheet, words = drop_unit_rows(sheet_of("a,b\nmm,mm\n1,2"), ["a", "b"])
    assert (words, sheet.rows, sheet.skipped) == (["mm", "mm"], [["1", "2"]], (2,))
    sheet, words = drop_unit_rows(sheet_of("a,b\nNA,\n1,2"), ["a", "b"])
    assert (words, len(sheet.rows)) == ([], 2)
