from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.formats.text_table import lines_of, parse_table
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS


@FEW_EXAMPLES
@given(
    rows=st.lists(st.lists(st.floats(), min_size=3, max_size=3), min_size=1, max_size=5),
    parted=st.sampled_from([" ", "\t", "   ", ","]),
    end=st.sampled_from(["\n", "\r\n"]),
    tail=FILE_ENDS,
)
def test_what_was_written_is_what_is_read(
    rows: list[list[float]], parted: str, end: str, tail: str
) -> None:
    text = end.join(parted.join(map(repr, row)) for row in rows) + tail
    delimiter = "," if parted == "," else None
    np.testing.assert_array_equal(parse_table(text, 3, delimiter=delimiter), np.array(rows))


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("1 2\n3 4 5\n6 7 8\n", "format", "line 1: 2 numbers; expected 3"),
        ("1 2 3\n4 5\n6 7 8\n", "format", "line 2: 2 numbers"),
        ("1 2 3\n4 5 six\n7 8 9\n", "format", "line 2: 'six'; expected a number"),
        ("1 2 3\n4 5", "truncated", "line 2: 2 numbers"),
        ("1 2 3\n4 5 6 7", "format", "line 2: more than 3; expected 3"),
        ("1 2 3\n4 5 6e", "truncated", "line 2: '6e'"),
        ("1 2 3\n\n4 5 6\n7 8 9\n", "format", "line 2: 0 numbers"),
        ("1 2 3 4 5", "format", "line 1: more than 3"),
        ("1_0 2 3", "format", "line 1: '1_0'"),
        ("1 2 \u0663", "format", "expected a number"),
        ("1,2,3", "format", "1 numbers"),
        ("", "format", "lines that are no numbers; expected 3 a line"),
        ("0\n" * 100_000, "format", "line 1: 1 numbers"),
        ("1 2 3\n" + "\n" * 100_000 + "4 5 6", "format", "line 2"),
    ],
)
def test_bad_lines_are_named(text: str, code: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        parse_table(text, 3)
    assert caught.value.code == code


def test_comments_are_no_numbers() -> None:
    with pytest.raises(SourceError, match="line 1: '#1'"):
        parse_table("#1 2 3\n4 5 6\n7 8 9", 3)


def test_lines_that_are_not_blank_keep_their_numbers() -> None:
    assert list(lines_of("a\n\n  b \r\n\t\nc")) == [(1, "a"), (3, "b"), (5, "c")]
