"""One array of numbers out of a MATLAB 5 file, read without trusting the sizes it claims.

``scipy.io`` reads these files in compiled code that believes them: a single changed byte can end
the process with a segmentation fault (scipy 1.17.1), which no handler catches. What motions need of
the format is small: elements of type, size and bytes; compressed ones with an array in them; arrays
of flags, shape, name and numbers (MAT-File Format, MathWorks, chapter 1).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SourceError

_HEADER = 128
_ARRAY, _COMPRESSED = 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_STORED |= {12: "i8", 13: "u8"}
_CLASSES = dict(enumerate("cells structs objects characters sparse double single".split(), 1))
_NUMBERS = range(6, 16)  # double, single, and integers of 8 to 64 bits
_COMPLEX = 0x0800

Element = tuple[int, memoryview]
"""Type and bytes of an element."""


def read_array(data: bytes, name: str, limit: int) -> npt.NDArray[np.generic]:
    """The array of a name, as it is stored.

    Args:
        data: The file.
        name: Of the array; it must be there once.
        limit: Most bytes that compressed elements may hold in all.

    Raises:
        SourceError: ``format``, ``truncated``, or ``unsafe`` for more than ``limit`` bytes.
    """
    if not data.startswith(b"MATLAB 5.0"[: len(data)]):
        raise SourceError("format", "not a MATLAB 5 file", expected="'MATLAB 5.0' at its start")
    if len(data) < _HEADER:
        raise SourceError("truncated", "the header ends early")
    order = {b"IM": "<", b"MI": ">"}.get(data[_HEADER - 2 : _HEADER])
    if order is None:
        raise SourceError("format", f"byte order {data[126:128]!r}", expected="IM or MI")
    arrays = [_parts(array, order) for array in _arrays(memoryview(data)[_HEADER:], order, limit)]
    found = [parts for parts in arrays if bytes(parts[2][1]) == name.encode()]
    if len(found) != 1:
        raise SourceError("format", f"{len(found)} arrays {name!r}", expected="one")
    return _numbers(found[0], order)


def _arrays(data: memoryview, order: str, limit: int) -> Iterator[memoryview]:
    """The bytes of each array of a file, unpacked."""
    for kind, content in _elements(data, order):
        if kind == _ARRAY:
            yield content
        elif kind == _COMPRESSED:
            plain = _unpacked(content, limit)
            limit -= len(plain)
            yield from (inner for kind, inner in _elements(plain, order) if kind == _ARRAY)


def _elements(data: memoryview, order: str) -> Iterator[Element]:
    """Elements one after the other; a size of up to 4 bytes may stand in the type's upper half."""
    words, at = ("little" if order == "<" else "big"), 0
    while at < len(data):
        if len(data) < at + 8:
            raise SourceError("truncated", f"{len(data) - at} bytes where an element starts")
        kind = int.from_bytes(data[at : at + 4], words)  # type: ignore[arg-type]
        size = int.from_bytes(data[at + 4 : at + 8], words)  # type: ignore[arg-type]
        start = at + 8
        if kind >> 16:
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if size > 4:
                raise SourceError("format", f"an element of {size} bytes in 4")
        if start + size > len(data):
            raise SourceError("truncated", f"{len(data) - start} of {size} bytes of an element")
        yield kind, data[start : start + size]
        at = start + size if kind == _COMPRESSED else start + size + -(start + size) % 8


def _unpacked(data: memoryview, limit: int) -> memoryview:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, max(limit, 1))
    except zlib.error as error:
        raise SourceError("format", f"a compressed element that is damaged ({error})") from None
    if not unpacker.eof:
        if unpacker.unconsumed_tail or len(plain) >= limit:
            raise SourceError("unsafe", "more bytes unpacked than any recording has")
        raise SourceError("truncated", "a compressed element ends early")
    return memoryview(plain)


def _parts(array: memoryview, order: str) -> list[Element]:
    """Flags, shape, name and, unless it is empty, the real part of an array."""
    parts = list(islice(_elements(array, order), 4))
    kinds = [kind for kind, _ in parts]
    if kinds[:3] != [6, 5, 1] or len(parts[0][1]) != 8 or len(parts[1][1]) % 4:
        raise SourceError("format", f"an array of elements of types {kinds}", expected="6, 5, 1")
    return parts


def _numbers(parts: list[Element], order: str) -> npt.NDArray[np.generic]:
    flags = int(np.frombuffer(parts[0][1], f"{order}u4")[0])
    if flags & 0xFF not in _NUMBERS or flags & _COMPLEX:
        held = _CLASSES.get(flags & 0xFF, f"class {flags & 0xFF}")
        held = "complex numbers" if flags & 0xFF in _NUMBERS else held
        raise SourceError("format", f"an array of {held}", expected="an array of real numbers")
    shape = tuple(np.frombuffer(parts[1][1], f"{order}i4").tolist())
    kind, content = parts[3] if len(parts) > 3 else (9, memoryview(b""))
    if kind not in _STORED or not 0 < len(shape) < 8 or min(shape) < 0:
        raise SourceError("format", f"an array {shape} of type {kind}")
    dtype = np.dtype(f"{order}{_STORED[kind]}")
    if math.prod(shape) * dtype.itemsize != len(content):
        found = f"{len(content)} bytes of an array {shape} of {dtype}"
        raise SourceError("format", found)
    return np.frombuffer(content, dtype).reshape(shape, order="F")
