"""Large arrays, read along their first axis one entry after the other.

A file of a whole corpus has gigabytes: nothing but one entry is ever in memory, whether the array
is a ``.npy`` of its own or a member of an ``.npz``. As in :mod:`.npy`, the header is matched
against its grammar and its claim held against the bytes that are there.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.files import load
from skeletonllm.corpora.formats.archives import locate
from skeletonllm.corpora.formats.npy import header, parse_npy, read_fields
from skeletonllm.corpora.formats.packed import GZ
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import REJECT_CODES, SourceError

MAX_BYTES = 16 << 30
"""Largest file: NTU RGB+D 120 of two persons in 300 frames has 11 GB."""

MAX_ROW = 64 << 20
"""Most bytes of one entry."""

MAX_WHOLE = 256 << 20
"""Most bytes of an array that is read as a whole."""

MAX_ROWS = 1_000_000
MOST_SHRUNK = 100
"""How many times its packed size a member may unpack to; padding of zeros packs well."""

_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Rows:
    """An array along its first axis.

    Args:
        shape: Of the whole array.
        entries: Its entries, in order; a SourceError where the bytes end early.
    """

    shape: tuple[int, ...]
    entries: Iterator[npt.NDArray[np.generic]]


@contextmanager
def open_file(source: Source) -> Iterator[tuple[IO[bytes], int]]:
    """A source as a file to read in, and its size; a packed one is unpacked to memory.

    Raises:
        SourceError: As of :func:`skeletonllm.corpora.files.load`; ``format`` for a damaged ZIP.
    """
    if source.fault:
        raise SourceError(source.fault, REJECT_CODES[source.fault])
    try:
        fs, path = locate(source.uri)
        info = fs.info(path)
        whole = path.lower().endswith(GZ) or info["size"] is None or info["type"] != "file"
        if whole or not info["size"]:
            data = load(source, MAX_WHOLE)
            yield io.BytesIO(data), len(data)
            return
        if info["size"] > MAX_BYTES:
            raise SourceError("unsafe", f"{info['size']} bytes", expected=f"at most {MAX_BYTES}")
        with fs.open(path, "rb") as file:
            yield file, int(info["size"])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError("format", f"not a whole archive ({error})") from None
    except OSError as error:
        raise SourceError("unreadable", f"{type(error).__name__}: {error.strerror}") from error


def hash_file(file: IO[bytes]) -> str:
    """SHA-256 of a file, which is left where it was."""
    digest, place = hashlib.sha256(), file.tell()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    file.seek(place)
    return digest.hexdigest()


def read_rows(file: IO[bytes], size: int) -> Rows:
    """The array of a ``.npy`` file.

    Args:
        file: At its start.
        size: Bytes that it has.

    Raises:
        SourceError: ``format``, ``truncated``, or ``unsafe`` for objects or entries too large.
    """
    head = _take(file, 12)
    if head[:6] != b"\x93NUMPY":
        header(head)  # says what is wrong
    width = 2 if head[6:7] == b"\x01" else 4
    end = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    if end > _BLOCK:
        raise SourceError("format", f"a .npy header of {end} bytes")
    head += _take(file, end - len(head))
    start, fields = header(head)
    dtype, shape = read_fields(fields)
    needed, held = math.prod(shape) * dtype.itemsize, size - start
    if needed > held:
        raise SourceError("truncated", f"{held} of {needed} bytes of an array {shape}")
    if fields["fortran_order"] == b"True" or not shape:
        if needed > MAX_WHOLE:
            raise SourceError("unsafe", f"{needed} bytes in Fortran's order")
        return Rows(shape, iter(parse_npy(head + _take(file, needed))) if shape else iter(()))
    row = math.prod(shape[1:]) * dtype.itemsize
    if row > MAX_ROW or shape[0] > MAX_ROWS:
        raise SourceError("unsafe", f"an array {shape} of {dtype}")
    return Rows(shape, _entries(file, shape, dtype, row))


def _entries(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], row: int
) -> Iterator[npt.NDArray[np.generic]]:
    for i in range(shape[0]):
        data = _take(file, row)
        if len(data) < row:
            raise SourceError("truncated", f"{i} of {shape[0]} entries of an array {shape}")
        yield np.frombuffer(data, dtype).reshape(shape[1:])


def _take(file: IO[bytes], count: int) -> bytes:
    """So many bytes, or as many as there are; an unpacker may hand them out in parts."""
    parts, left = [], count
    while left > 0 and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def open_archive(file: IO[bytes]) -> zipfile.ZipFile:
    """An ``.npz`` file.

    Raises:
        SourceError: ``format`` where it is no ZIP.
    """
    try:
        return zipfile.ZipFile(file)
    except ValueError as error:  # names that are no text; other damage is said by open_file
        raise SourceError("format", f"not a whole archive ({error})") from None


def open_member(archive: zipfile.ZipFile, name: str) -> Rows:
    """An array of an ``.npz`` file.

    Args:
        archive: The file.
        name: Of the array.

    Raises:
        SourceError: As of :func:`read_rows`; ``unsafe`` for a member that unpacks to too much.
    """
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SourceError("format", "an .npz packed in a way that NumPy does not write")
    if info.file_size > MOST_SHRUNK * info.compress_size + MAX_ROW:
        found = f"{info.compress_size} bytes of {name} that unpack to {info.file_size}"
        raise SourceError("unsafe", found)
    return read_rows(archive.open(info), info.file_size)
