from __future__ import annotations

import contextlib
import gc
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.corpora.formats.json_text import cost, parse_described, parse_json, read_numbers
from skeletonllm.errors import SourceError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(value=JSON)
def test_what_was_written_is_what_is_parsed(value: object) -> None:
    text = json.dumps({"value": value})
    assert parse_json(text.encode()) == {"value": value}
    assert parse_json(b"\xef\xbb\xbf" + text.encode()) == {"value": value}


def test_numbers_that_json_does_not_know_are_kept() -> None:
    nan, far, near = parse_json(b"[NaN, Infinity, -Infinity]")
    assert math.isnan(nan)
    assert (far, near) == (math.inf, -math.inf)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "empty", "nothing but blanks"),
        (b" \n", "empty", "nothing but blanks"),
        (b"{oops}", "format", "not JSON (Expecting property name"),
        (b'{"a": [1, 2', "truncated", "not JSON"),
        (b'[{"a": 1}, ', "truncated", "not JSON"),
        (b"[1] [2]", "format", "not JSON (Extra data"),
        (b"[" * 200_000 + b"]" * 200_000, "unsafe", "JSON nested too deeply"),
        (b'{"a": ' * 200_000, "unsafe", "JSON nested too deeply"),
        (b'{"a": 1, "b": {"c": 2, "c": 3}}', "format", "the key 'c' twice in one object"),
        (b'["\xfc"]', "encoding", "byte 0xfc at offset 2 is not UTF-8"),
        ("[1]".encode("utf-16"), "encoding", "is not UTF-8"),
        (b"[" + b"9" * 5000 + b"]", "format", "not JSON (Exceeds the limit"),
    ],
)
def test_refusals(data: bytes, code: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_json(data)
    assert caught.value.code == code
    assert message in str(caught.value)


def test_memory_is_bounded_before_anything_is_parsed() -> None:
    data = b"[" + b"[]," * 10_000 + b"[]]"
    assert cost(data) > 1_000_000
    assert len(parse_json(data)) == 10_001
    with pytest.raises(SourceError, match="some 1 MB once it is parsed; expected at most 0 MB"):
        parse_json(data, memory=1_000_000)


def test_numbers() -> None:
    assert read_numbers([1, 2.5], "x").tolist() == [1, 2.5]
    assert math.isnan(read_numbers([None, 1], "x")[0])
    for wrong in ([[1], [2]], "12", 3, [1, "a"], [[1], 2], {"a": 1}, [1, {}], [10**400]):
        with pytest.raises(SourceError, match="x is no list of numbers"):
            read_numbers(wrong, "x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"b": 1, "a": 2}] * 3, "a list of 3, the first an object with the keys a, b"),
        ([], "a list of 0"),
        ({}, "an empty object"),
        ({str(i): i for i in range(9)}, "an object with the keys 0, 1, 2, 3, 4, 5, 6, 7, ..."),
        (None, "null"),
        ("abc", "a str"),
    ],
)
def test_descriptions(content: object, text: str) -> None:
    assert parse_described(content) == text


def test_descriptions_end() -> None:
    content: object = "x" * 10**6
    for _ in range(900):
        content = [content]
    assert len(parse_described(content)) < 200
    assert len(parse_described({"k" * 10**6: 1})) < 200


@pytest.mark.parametrize("text", [b'{"a": [1]}', b"{"], ids=["good", "bad"])
def test_garbage_is_collected_again_afterwards(text: bytes) -> None:
    with contextlib.suppress(SourceError):
        parse_json(text)
    assert gc.isenabled()
    gc.disable()
    try:
        with contextlib.suppress(SourceError):
            parse_json(text)
        assert not gc.isenabled()
    finally:
        gc.enable()
