from __future__ import annotations

import io

import numpy as np
import pytest

from skeletonllm.corpora.formats.npy import parse_npy
from skeletonllm.errors import SourceError


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parse_npy(data)
    return caught.value.code


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "<i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back(dtype: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype=dtype, order=order)
    np.testing.assert_array_equal(parse_npy(saved(array)), array)


def test_an_empty_array_comes_back() -> None:
    assert parse_npy(saved(np.zeros((0, 22, 3)))).shape == (0, 22, 3)


def test_pickled_objects_are_refused() -> None:
    assert code_of(saved(np.array([{}], dtype=object))) == "unsafe"


def test_every_cut_is_noticed() -> None:
    data = saved(np.arange(6.0))
    assert {code_of(data[:end]) for end in range(6, len(data), 5)} == {"truncated"}


def test_a_huge_claim_allocates_nothing() -> None:
    header = str({"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)})
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    assert code_of(data) == "truncated"


@pytest.mark.parametrize(
    "data",
    [
        b"solid nothing of the kind",
        b"\x93NUMPY\x01\x00\x06\x00{oops}",
        saved(np.zeros(3, "<U4")),
        saved(np.zeros(3, [("x", "<f4")])),
        saved(np.zeros(3, np.complex64)),
    ],
)
def test_something_else_is_no_array_of_numbers(data: bytes) -> None:
    assert code_of(data) == "format"


def test_later_versions_have_longer_headers() -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.arange(3.0), version=(2, 0))
    np.testing.assert_array_equal(parse_npy(file.getvalue()), [0, 1, 2])


def test_scalars_have_no_shape() -> None:
    assert parse_npy(saved(np.array(2.5))).tolist() == 2.5
