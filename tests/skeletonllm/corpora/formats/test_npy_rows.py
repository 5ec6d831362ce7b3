from __future__ import annotations

import gzip
import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.corpora.formats.npy_rows import (
    Rows,
    hash_file,
    open_archive,
    open_file,
    open_member,
    read_rows,
)
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError

Write = Callable[[str, str | bytes], Path]
ARRAY = np.arange(24, dtype=np.float32).reshape(4, 2, 3)


def saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def rows_of(data: bytes) -> Rows:
    return read_rows(io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    "array",
    [ARRAY, ARRAY.astype(">f8"), np.asfortranarray(ARRAY), ARRAY[:, 0, 0], ARRAY[:0], np.arange(3)],
)
def test_entries_are_those_of_the_array(array: np.ndarray) -> None:
    rows = rows_of(saved(array))
    assert rows.shape == array.shape
    entries = [*rows.entries]
    assert len(entries) == len(array)
    for entry, expected in zip(entries, array, strict=True):
        np.testing.assert_array_equal(entry, expected)


def test_a_number_has_no_entries() -> None:
    rows = rows_of(saved(np.array(3.0)))
    assert (rows.shape, [*rows.entries]) == ((), [])


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"hello, world", "format", "not a .npy file"),
        (b"", "truncated", "header ends early"),
        (saved(ARRAY)[:20], "truncated", "header ends early"),
        (saved(ARRAY)[:-1], "truncated", "95 of 96 bytes"),
        (saved(np.array([{}])), "unsafe", "pickled objects"),
        (saved(np.array(["a"])), "format", "expected numbers"),
        (saved(ARRAY).replace(b"(4, 2, 3)", b"(9**99, )"), "format", "header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "format", "a .npy header of"),
    ],
)
def test_bad_arrays(data: bytes, code: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        [*rows_of(data).entries]
    assert caught.value.code == code


def test_an_entry_too_large_is_refused_before_it_is_read() -> None:
    lie = saved(ARRAY).replace(b"(4, 2, 3)", b"(1, 99999999)")
    with pytest.raises(SourceError, match="an array") as caught:
        read_rows(io.BytesIO(lie), 1 << 40)
    assert caught.value.code == "unsafe"


def test_an_end_that_comes_early_is_found_where_it_is() -> None:
    data = saved(ARRAY)
    rows = read_rows(io.BytesIO(data[:-30]), len(data))
    with pytest.raises(SourceError, match="2 of 4 entries"):
        list(rows.entries)


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_of_an_archive(kind: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        archive.writestr("a.npy", saved(ARRAY))
    with open_archive(file) as archive:
        if kind == zipfile.ZIP_BZIP2:
            with pytest.raises(SourceError, match="NumPy does not write"):
                open_member(archive, "a")
            return
        np.testing.assert_array_equal([*open_member(archive, "a").entries], ARRAY)


def test_files_are_hashed_and_stay_where_they_were(write: Write) -> None:
    data = saved(ARRAY)
    for name, content in (("a.npy", data), ("a.npy.gz", gzip.compress(data))):
        source = Source(str(write(name, content)), "a", 0)
        with open_file(source) as (file, size):
            rows = read_rows(file, size)
            assert hash_file(file) == hashlib.sha256(data).hexdigest()
            np.testing.assert_array_equal([*rows.entries], ARRAY)


@pytest.mark.parametrize(("name", "code"), [("none.npy", "unreadable"), ("", "not_a_file")])
def test_files_that_are_not_there(tmp_path: Path, name: str, code: str) -> None:
    with (
        pytest.raises(SourceError) as caught,
        open_file(Source(str(tmp_path / name), "a", 0)) as (file, _),
    ):
        file.read()
    assert caught.value.code == code


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, "w+", np.float32, (1000, 3, 300, 25, 2))[:] = 1
    tracemalloc.start()
    with open_file(Source(str(path), "a", 0)) as (file, size):
        count = sum(float(entry[0, 0, 0, 0]) for entry in read_rows(file, size).entries)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, size > 100 * peak) == (1000, True)
