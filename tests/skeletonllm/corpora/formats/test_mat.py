from __future__ import annotations

import io
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat

from skeletonllm.corpora.formats.mat import read_array
from skeletonllm.errors import SourceError
from skeletonllm.synthesis.kinect_writers import encode_mat
from skeletonllm.testing.strategies import FEW_EXAMPLES

LIMIT = 1 << 20


@FEW_EXAMPLES
@given(
    shape=st.lists(st.integers(0, 5), min_size=2, max_size=4),
    dtype=st.sampled_from(["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]),
    name=st.sampled_from(["a", "d_skel", "four", "a_long_name_of_an_array"]),
    compressed=st.booleans(),
)
def test_it_reads_what_scipy_reads(
    shape: list[int], dtype: str, name: str, compressed: bool
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    file = encode_mat({"other": np.ones(3), name: array, "text": "x"}, compressed=compressed)
    read, theirs = read_array(file, name, LIMIT), loadmat(io.BytesIO(file))[name]
    np.testing.assert_array_equal(read, theirs)
    assert read.dtype.kind == theirs.dtype.kind


def test_big_endian_files() -> None:
    def part(kind: int, data: bytes) -> bytes:
        return kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data

    def words(*numbers: int) -> bytes:
        return b"".join(number.to_bytes(4, "big") for number in numbers)

    values = np.arange(6.0).astype(">f8").tobytes()
    small_name = (1 << 16 | 1).to_bytes(4, "big") + b"x\0\0\0"
    body = part(6, words(6, 0)) + part(5, words(2, 3)) + small_name + part(9, values)
    file = b"MATLAB 5.0 MAT-file".ljust(126) + b"MI" + part(14, body)
    assert read_array(file, "x", LIMIT).tolist() == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize("compressed", [True, False])
def test_changed_bytes_that_kill_scipy_are_errors_here(compressed: bool) -> None:
    """In a file of the same kind, byte 192 or 193 alone ends scipy 1.17.1 with a signal."""
    whole = encode_mat({"d_skel": np.ones((20, 3, 6))}, compressed=compressed)
    rng = random.Random(2)
    outcomes = set()
    for at in range(128, 260):
        for value in (0, 46, 90, 191, 198, rng.randrange(256)):
            data = bytearray(whole)
            data[at % len(data)] = value
            try:
                outcomes.add(read_array(bytes(data), "d_skel", LIMIT).shape)
            except SourceError as error:
                outcomes.add(error.code)
    assert {"format", "truncated", (20, 3, 6)} <= outcomes


@pytest.mark.parametrize("count", [0, 2])
def test_the_name_must_be_there_once(count: int) -> None:
    one = encode_mat({"x": np.ones((2, 3))}, compressed=False)
    with pytest.raises(SourceError, match=f"{count} arrays 'x'; expected one"):
        read_array(one[:128] + one[128:] * count, "x", LIMIT)
