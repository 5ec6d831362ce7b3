"""The scanner says exactly what the parser says, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skeletonllm.corpora.files import decode
from skeletonllm.corpora.kinect.ntu_rgbd import _records
from skeletonllm.corpora.kinect.ntu_scan import scan
from skeletonllm.corpora.kinect.ntu_text import Records, parse
from skeletonllm.errors import SourceError

Text = Callable[..., str]

BODY = "72057594037931101 0 1 1 1 1 0 0.01 -0.02 2"
JOINT = "0.2181153 -1.2e-05 3.786 nan 1.#QNAN ~ - 0.5 -0.5 0.5 -0.5 2"


def file_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def whole(joint: str = JOINT, body: str = BODY) -> bytes:
    """Two frames, the first empty, the second of one body whose first joint is given."""
    return file_of("2", "0", "1", body, "25", joint, *[JOINT] * 24)


def assert_same(found: Records | None, expected: Records) -> None:
    assert found is not None
    assert (found.frames, found.ids) == (expected.frames, expected.ids)
    assert found.frame.tolist() == expected.frame.tolist()
    assert found.values.shape == expected.values.shape
    assert found.values.tobytes() == expected.values.tobytes()


def test_a_plain_file_is_scanned() -> None:
    found = scan(whole())
    assert found is not None
    assert (found.frames, found.frame.tolist(), found.ids) == (2, [1], ("72057594037931101",))
    row = [0.2181153, -1.2e-05, 3.786, 0.5, -0.5, 0.5, -0.5, 2]
    assert found.values[0].tolist() == [row] * 25
    assert_same(found, parse(whole().decode()))


@pytest.mark.parametrize(
    "data",
    [
        whole().replace(b"\n", b"\r\n"),
        whole().replace(b" ", b"\t  "),
        whole() + b" \r\n\n\t\n",
        whole().replace(b"\n2", b"\n  2").replace(b"1\n", b"1 \n"),
        file_of("002", "0", "000"),
        file_of("0"),
    ],
    ids=["CRLF", "tabs", "blank end", "indented", "leading zeros", "no frames"],
)
def test_blanks_and_line_ends_do_not_matter(data: bytes) -> None:
    assert_same(scan(data), parse(data.decode()))


@pytest.mark.parametrize(
    "number",
    "0 -0 +1 1. .5 1e3 1E+3 1e-22 9007199254740992 0.1 1234567.123456789 -0.0009999998".split(),
)
def test_numbers_are_the_parser_s_bit_for_bit(number: str) -> None:
    data = whole(JOINT.replace("3.786", number))
    assert_same(scan(data), parse(data.decode()))


@pytest.mark.parametrize(
    "number",
    "nan inf 1e-23 1e23 9007199254740993 1234567890123456789 1e 1e+ . - + 1_0 0x1 1,5 1.2.3 1-2"
    " \u0661 1e99999 --1".split(),
)
def test_of_an_odd_number_nothing_is_said(number: str) -> None:
    assert scan(whole(JOINT.replace("3.786", number))) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"x",
        whole()[:-40],
        whole() + b"\nmore",
        whole(JOINT.replace(" ", "\r", 1)),
        whole(JOINT.replace("~ ", "~\r")),
        whole(f"\r{JOINT}"),
        whole(f"{JOINT}\r\r"),
        whole(f"{JOINT}\r "),
        whole(f"{JOINT} 1"),
        whole(JOINT.rpartition(" ")[0]),
        whole(body=f"{BODY} 1"),
        whole(body=BODY.rpartition(" ")[0]),
        whole().replace(b"\n25\n", b"\n24\n"),
        whole().replace(b"\n25\n", b"\n26\n"),
        b"-" + whole(),
        b"1" + whole(),
        b"9999999999" + whole(),
        b"\xef\xbb\xbf" + whole(),
        whole().replace(b" ", b"\x0b", 1),
        whole().replace(b" ", b"\x00", 1),
        whole().replace(b" ", "\u00a0".encode(), 1),
        file_of("999999999"),
        file_of("1", "999999999"),
    ],
)
def test_of_an_odd_file_nothing_is_said(data: bytes) -> None:
    assert scan(data) is None


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.decimals(-1000, 1000, places=9), st.integers(-25, 25), st.sampled_from(["e", "E"]))
def test_any_decimal_is_rounded_as_the_parser_rounds_it(number, power: int, letter: str) -> None:
    data = whole(JOINT.replace("3.786", f"{number:f}{letter}{power}"))
    found = scan(data)
    if found is not None:
        assert_same(found, parse(data.decode()))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.data())
def test_a_damaged_file_gets_the_parser_s_answer(data: st.DataObject) -> None:
    content = bytearray(whole() + b"\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    told = [_answer(lambda c: parse(decode(c)), bytes(content)), _answer(_records, bytes(content))]
    assert told[0] == told[1]


def _answer(read: Callable[[bytes], Records], content: bytes) -> object:
    try:
        found = read(content)
    except SourceError as error:
        return error.code, str(error)
    return found.frames, found.ids, found.frame.tolist(), found.values.tobytes()


def test_memory_follows_the_bytes_not_the_counts(ntu_rows, ntu_text: Text) -> None:
    frames = [[("1", ntu_rows(0.1 * t)), ("2", ntu_rows(1.0))] for t in range(5)]
    data = ntu_text(frames).encode()
    found = scan(data)
    assert_same(found, parse(data.decode()))
    assert found is not None
    base = found.values.base
    assert base is not None
    assert np.asarray(base).nbytes < 3 * len(data)
