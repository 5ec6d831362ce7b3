from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.rigs.text_encoding import decode_any
from skeletonllm.errors import SourceError

TEXT = "HIERARCHY\nROOT 骨盆\nJOINT 左足\nJOINT 右肩\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp932", "gb18030"],
)
def test_encodings_tell_themselves(encoding: str) -> None:
    mark = {"utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert decode_any(mark + TEXT.encode(encoding)).lstrip("\ufeff") == TEXT


def test_korean_is_told_by_its_words() -> None:
    text = "ROOT 골반\nJOINT 왼쪽무릎\nJOINT 오른쪽무릎\n"
    assert decode_any(text.encode("euc_kr")) == text


def test_what_is_left_is_latin() -> None:
    assert decode_any("# Müller, Hüfte".encode("latin-1")) == "# Müller, Hüfte"


@pytest.mark.parametrize("end", [b"\x1a", b"\n\x1a", b"\0" * 9, b"\x1a\0\0", b"\x1agarbage"])
def test_end_marks_and_padding_are_no_text(end: bytes) -> None:
    assert decode_any(b"0 1\0 2" + end).strip() == "0 1 2"


def test_utf_16_of_latin_letters_needs_no_mark() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode_any("HIERARCHY\n".encode(encoding)) == "HIERARCHY\n"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\xd8\x00\xd8", b"\xff\xfe\0\0\xff\xff\xff\xff"])
def test_broken_wide_text_is_said(data: bytes) -> None:
    with pytest.raises(SourceError, match="broken UTF"):
        decode_any(data)


@pytest.mark.parametrize("data", [b"\0\0\0\0", b"\x1a", b" \r\n", b"\xff\xfe"])
def test_nothing_is_said_to_be_nothing(data: bytes) -> None:
    with pytest.raises(SourceError, match="nothing but blanks"):
        decode_any(data)


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_text_or_a_sentence(data: bytes) -> None:
    with suppress(SourceError):
        assert "\r" not in decode_any(data)
