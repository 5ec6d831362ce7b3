"""NumPy ``.npz`` files, read without trusting them: a zip of ``.npy`` files, unpacked one by one.

``numpy.load`` believes the sizes of zip and header, and unpickles on request. Here each member is
held against a limit before it is unpacked, and arrays of Python objects are never unpickled;
:meth:`Npz.objects` reads those that hold nothing but plain containers and arrays.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.npy import header, parse_npy
from skeletonllm.corpora.formats.object_arrays import parse_objects
from skeletonllm.errors import SourceError

MAX_MEMBERS = 4096
"""Most files of one archive."""

MAX_UNPACKED = 256 << 20
"""Most bytes that one member may unpack to."""


HEADER = 1 << 14
"""Bytes that hold the header of any array."""

_TEXT = re.compile(rb"([<>|=])([US])(\d{1,4})")


class Npz:
    """The arrays of an ``.npz`` file by name.

    Args:
        data: The file.
        limit: Most bytes of a member.

    Raises:
        SourceError: ``format`` where it is no zip, ``unsafe`` for thousands of members.

    Example:
        >>> file = io.BytesIO()
        >>> np.savez(file, trans=np.zeros((2, 3)))
        >>> Npz(file.getvalue()).array("trans").shape
        (2, 3)
    """

    def __init__(self, data: bytes, limit: int = MAX_UNPACKED) -> None:
        self._limit = limit
        with _as_source_errors():
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._members = {
            info.filename.removesuffix(".npy"): info
            for info in self._zip.infolist()
            if info.filename.endswith(".npy")
        }
        if len(self._members) > MAX_MEMBERS:
            raise SourceError("unsafe", f"{len(self._members)} arrays in one file")

    @property
    def names(self) -> list[str]:
        """Of its arrays, sorted."""
        return sorted(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def array(self, name: str) -> npt.NDArray[np.generic]:
        """An array of numbers.

        Raises:
            SourceError: ``format`` (there is none of this name, or it is damaged), ``truncated``,
                ``unsafe`` for one of Python objects or too many bytes.
        """
        return parse_npy(self._unpacked(name))

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape that an array claims; nothing but its header is unpacked.

        Raises:
            SourceError: As :meth:`array`.
        """
        _, fields = header(self._unpacked(name, HEADER))
        return tuple(int(size) for size in re.findall(rb"\d{1,18}", fields["shape"]))

    def objects(self, name: str) -> list[Any]:
        """The Python objects of an array of them: containers, numbers, text and arrays only.

        Raises:
            SourceError: As :meth:`array`; ``unsafe`` where the pickle wants to call anything.
        """
        return parse_objects(self._unpacked(name), name)

    def text(self, name: str) -> str:
        """The one text of an array of text, as ``numpy.savez`` keeps a ``str``.

        Raises:
            SourceError: As :meth:`array`.
        """
        data = self._unpacked(name)
        start, fields = header(data)
        kind = _TEXT.fullmatch(fields["descr"])
        if kind is None:
            raise SourceError("format", f"{name} is no text")
        width = int(kind[3]) * (4 if kind[2] == b"U" else 1)
        order = {b"U<": "utf-32-le", b"U>": "utf-32-be"}.get(kind[2] + kind[1], "latin-1")
        return data[start : start + width].decode(order, "replace").rstrip("\0")

    def _unpacked(self, name: str, most: int | None = None) -> bytes:
        info = self._members.get(name)
        if info is None:
            found = f"the arrays {', '.join(self.names)[:200]}"
            raise SourceError("format", found, expected=f"one called {name}")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError("format", "an .npz packed in a way that NumPy does not write")
        if info.file_size > self._limit:
            found = f"{info.file_size} bytes of {name} unpacked"
            raise SourceError("unsafe", found, expected=f"at most {self._limit}")
        with _as_source_errors(), self._zip.open(info) as file:
            return file.read(self._limit if most is None else most)


@contextmanager
def _as_source_errors() -> Iterator[None]:
    """Whatever a damaged zip makes the library raise, as one error."""
    damage = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError)
    try:
        yield
    except SourceError:
        raise
    except damage as error:
        raise SourceError("format", f"not a whole .npz ({error})") from None
