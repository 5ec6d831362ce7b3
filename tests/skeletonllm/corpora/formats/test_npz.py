from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora.formats.npz import Npz
from skeletonllm.errors import SourceError


def zipped(compressed: bool = False, **arrays: object) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def packed(content: bytes, how: int = zipfile.ZIP_STORED, name: str = "a.npy") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_texts_and_objects(compressed: bool) -> None:
    numbers = np.arange(6.0).reshape(2, 3)
    held = {"S1": {"walk": numbers}}
    file = Npz(
        zipped(
            compressed,
            numbers=numbers,
            text=np.array("femme é"),
            ascii=np.array(b"male"),
            big=np.array("ab").astype(">U4"),
            held=np.array(held, object),
        )
    )
    assert file.names == ["ascii", "big", "held", "numbers", "text"]
    assert "numbers" in file
    assert "other" not in file
    np.testing.assert_array_equal(file.array("numbers"), numbers)
    assert (file.shape("numbers"), file.shape("text")) == ((2, 3), ())
    assert [file.text(name) for name in ("text", "ascii", "big")] == ["femme é", "male", "ab"]
    (back,) = file.objects("held")
    np.testing.assert_array_equal(np.asarray(back["S1"]["walk"]), numbers)


class Caller:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("data", "call", "code"),
    [
        (zipped(a=np.array(Caller(), object)), "array", "unsafe"),
        (zipped(a=np.array(Caller(), object)), "objects", "unsafe"),
        (zipped(a=np.array(Caller(), object)), "text", "format"),
        (zipped(a=np.zeros(3)), "objects", "format"),
        (zipped(a=np.zeros(3)), "text", "format"),
        (zipped(b=np.zeros(3)), "array", "format"),
        (zipped(compressed=True, a=np.zeros(1 << 18)), "array", "unsafe"),
        (packed(b"hello"), "array", "format"),
        (packed(b""), "array", "truncated"),
        (packed(b"", zipfile.ZIP_LZMA), "array", "format"),
    ],
)
def test_bad_arrays(data: bytes, call: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        getattr(Npz(data, limit=1 << 20), call)("a")
    assert caught.value.code == code
    assert not Path("executed").exists()


@pytest.mark.parametrize("cut", [1, 30, 200, -5])
def test_a_cut_file(cut: int) -> None:
    with pytest.raises(SourceError, match="not a whole"):
        Npz(zipped(a=np.zeros(9))[:cut])


def test_a_flipped_byte_fails_the_checksum() -> None:
    data = bytearray(zipped(a=np.zeros(9)))
    data[200] ^= 1
    with pytest.raises(SourceError, match="not a whole"):
        Npz(bytes(data)).array("a")


def test_a_shape_is_told_without_unpacking() -> None:
    lie = packed(zipfile.ZipFile(io.BytesIO(zipped(a=np.zeros((3, 4))))).read("a.npy")[:200])
    assert Npz(lie).shape("a") == (3, 4)
    with pytest.raises(SourceError, match="called b"):
        Npz(lie).shape("b")
