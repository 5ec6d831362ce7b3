from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.formats.packed import unpack, without_gz
from skeletonllm.errors import SourceError
from skeletonllm.testing.strategies import FEW_EXAMPLES

BOMB = gzip.compress(bytes(8 << 20))


def code_of(data: bytes, limit: int = 1000) -> str:
    with pytest.raises(SourceError) as caught:
        unpack(data, limit)
    return caught.value.code


@FEW_EXAMPLES
@given(parts=st.lists(st.binary(max_size=50), min_size=1, max_size=3), pad=st.integers(0, 9))
def test_all_members_are_unpacked_and_padding_is_left_out(parts: list[bytes], pad: int) -> None:
    data = b"".join(gzip.compress(part) for part in parts) + bytes(pad)
    assert unpack(data, 1000) == b"".join(parts)


def test_a_bomb_is_unsafe_and_what_just_fits_is_not() -> None:
    assert len(BOMB) < 10_000
    assert code_of(BOMB, 1 << 20) == "unsafe"
    assert len(unpack(BOMB, 8 << 20)) == 8 << 20
    assert code_of(gzip.compress(b"a" * 600) * 2) == "unsafe"


def test_what_is_cut_or_no_gzip_is_told_apart() -> None:
    whole = gzip.compress(b"some text" * 9)
    assert code_of(whole[:-9]) == "truncated"
    assert code_of(b"HIERARCHY") == "format"
    assert code_of(whole + b"junk") == "format"
    broken = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    assert code_of(broken) == "format"


def test_the_ending_goes_in_any_case_and_only_at_the_end() -> None:
    assert [without_gz(n) for n in ("a.BVH.GZ", "a.gz/b.bvh", "gz")] == [
        "a.BVH",
        "a.gz/b.bvh",
        "gz",
    ]
