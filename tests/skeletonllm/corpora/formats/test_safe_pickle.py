from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora.formats.safe_pickle import PickledArray, load_pickle
from skeletonllm.errors import SourceError


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(SourceError) as caught:
        call()
    return caught.value.code


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_content_comes_back(protocol: int) -> None:
    content = {
        "list": [1, -2.5, "ä", None, True, b"\xff\x00"],
        "tuple": (1, (2,)),
        "set": {3},
        "frozen": frozenset({4}),
        "ordered": OrderedDict(a=1),
        "big": 2**80,
    }
    assert load_pickle(pickle.dumps(content, protocol)) == content


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f8", "<i8", "|b1", "|u1"])
def test_arrays_come_back(protocol: int, dtype: str) -> None:
    array = (np.arange(24).reshape(2, 3, 4) % 7).astype(dtype)
    held = load_pickle(pickle.dumps({"c": array, "f": np.asfortranarray(array)}, protocol))
    assert isinstance(held["c"], PickledArray)
    for name in "cf":
        np.testing.assert_array_equal(np.asarray(held[name]), array)
        assert np.asarray(held[name]).dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_scalars_become_plain_numbers(protocol: int) -> None:
    content = [np.int64(-7), np.float32(0.5), np.str_("hi")]
    assert load_pickle(pickle.dumps(content, protocol)) == [-7, 0.5, "hi"]


@pytest.mark.parametrize("old", [b"numpy.core.", b"numpy._core."])
def test_both_names_of_numpys_core_are_admitted(old: bytes) -> None:
    data = pickle.dumps(np.arange(3.0), 2).replace(b"numpy._core.", b"numpy.core.")
    data = data.replace(b"numpy.core.", old)
    np.testing.assert_array_equal(np.asarray(load_pickle(data)), [0, 1, 2])


@pytest.mark.parametrize(
    "call",
    [
        Call(os.system, "true"),
        Call(eval, "1"),
        Call(getattr, "x", "upper"),
        Call(bytearray, 10**12),
        Call(np.zeros, 10**12),
        Call(Path, "x"),
    ],
)
def test_calls_are_refused_and_not_made(call: Call) -> None:
    assert code_of(lambda: load_pickle(pickle.dumps([call]))) == "unsafe"


def test_nothing_runs_and_the_message_names_the_call(tmp_path: Path) -> None:
    target = tmp_path / "written"
    data = pickle.dumps(Call(os.system, f"touch {target}"))
    with pytest.raises(
        SourceError, match=r"the pickle wants to call posix\.system; expected numpy"
    ):
        load_pickle(data)
    assert not target.exists()


def test_objects_of_own_classes_are_refused() -> None:
    assert code_of(lambda: load_pickle(pickle.dumps(SourceError("empty", "x")))) == "unsafe"


def test_numpy_cannot_be_made_to_allocate() -> None:
    huge = Call(np.ndarray, (10**12,))
    held = load_pickle(pickle.dumps(huge))
    assert np.asarray(held).shape == (0,)


def test_an_array_that_claims_more_than_it_holds() -> None:
    data = pickle.dumps(np.arange(3, dtype=np.uint8), 2)
    grown = data.replace(b"K\x03\x85", b"K\x09\x85")
    assert grown != data
    assert code_of(lambda: np.asarray(load_pickle(grown))) == "format"


def test_arrays_of_objects_are_another_format() -> None:
    held = load_pickle(pickle.dumps(np.array([{}, None], dtype=object)))
    with pytest.raises(SourceError, match="an array of dtype 'O8'; expected numbers"):
        np.asarray(held)


def test_classes_of_ours_cannot_be_changed_by_a_pickle() -> None:
    build = b"\x80\x02cnumpy\nndarray\nN}X\x01\x00\x00\x00xK\x01s\x86b."
    assert code_of(lambda: load_pickle(build)) == "format"
    assert not hasattr(PickledArray, "x")


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x0fabc.",  # BINBYTES8 of 2^60 bytes
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x0fabc.",  # BYTEARRAY8 of 2^60 bytes
    ],
)
def test_claimed_sizes_are_not_allocated(data: bytes) -> None:
    assert code_of(lambda: load_pickle(data)) == "truncated"


def test_memo_slots_are_not_allocated() -> None:
    assert code_of(lambda: load_pickle(b"\x80\x02Nr\xff\xff\xff\x7f.")) == "unsafe"


def test_every_cut_is_noticed() -> None:
    data = pickle.dumps({"keypoint": np.arange(6.0), "name": "abc"})
    codes = {code_of(lambda end=end: load_pickle(data[:end])) for end in range(1, len(data))}
    assert codes == {"truncated"}


@pytest.mark.parametrize("data", [b"hello", b"{}", b"\x80\x04.", b"\x80\x02K\x01K\x02\x86R."])
def test_something_else_is_no_pickle(data: bytes) -> None:
    assert code_of(lambda: load_pickle(data)) == "format"


def test_words_of_an_error_do_not_make_a_file_cut() -> None:
    whole = b"\x80\x02Inot enough data remain\n."
    assert code_of(lambda: load_pickle(whole)) == "format"


class State:
    """Pickles as an array with a state of one's own."""

    def __init__(self, *state: object) -> None:
        self.state = state

    def __reduce__(self) -> tuple[Any, ...]:
        return np.zeros(0).__reduce__()[0], (np.ndarray, (0,), b"b"), self.state


F8 = np.dtype("f8")


@pytest.mark.parametrize(
    "state",
    [
        (1, (-1, -2), F8, False, bytes(16)),
        (1, (2.0,), F8, False, bytes(16)),
        (1, (1,) * 65 + (2,), F8, False, bytes(16)),
        (1, None, F8, False, bytes(16)),
        (1, (2,), None, False, bytes(16)),
        (1, (2,), "f8", False, bytes(16)),
        (1, (2,), F8, False, 16),
        (1, (2,), F8, False, "\u20ac"),
        (1, (2,)),
    ],
)
def test_an_array_of_any_state_is_an_array_or_a_source_error(state: tuple[object, ...]) -> None:
    held = load_pickle(pickle.dumps(State(*state)))
    assert code_of(lambda: np.asarray(held)) == "format"


@pytest.mark.parametrize("code", ["f3", "f16", "f99", "i", "f²", "M8", "U99999", "O8", "V8", ""])
def test_kinds_that_are_no_numbers(code: str) -> None:
    data = pickle.dumps(np.zeros(2), 2).replace(b"X\x02\x00\x00\x00f8", _text(code))
    assert code_of(lambda: np.asarray(load_pickle(data))) == "format"


def _text(code: str) -> bytes:
    return b"X" + len(code.encode()).to_bytes(4, "little") + code.encode()


@pytest.mark.parametrize("made", [b"\x8f", b"}", b"]", b"N"])
def test_a_byte_that_makes_an_object_may_not_stand_there_for_ever(made: bytes) -> None:
    assert code_of(lambda: load_pickle(b"\x80\x04](" + made * 2_000_000 + b"e.")) == "unsafe"


def test_long_lists_of_numbers_are_no_such_thing() -> None:
    numbers = [0.5 + i for i in range(1_100_000)]
    assert load_pickle(pickle.dumps(numbers)) == numbers


def test_a_number_that_cannot_be_written_down_is_refused() -> None:
    assert code_of(lambda: load_pickle(pickle.dumps([1 << 20_000]))) == "unsafe"
