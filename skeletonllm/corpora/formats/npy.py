"""NumPy ``.npy`` files, read without trusting their header.

``numpy.load`` evaluates the header and allocates what it claims. Here the header is matched against
its grammar (NEP 1), and the claim is held against the bytes that are there.
"""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import SourceError

_MAGIC = b"\x93NUMPY"
_FIELDS = {
    "descr": re.compile(rb"'descr': *'([<>|=][a-zA-Z]\d*)'"),
    "fortran_order": re.compile(rb"'fortran_order': *(True|False)"),
    "shape": re.compile(rb"'shape': *\(([\dL, ]*)\)"),
}
_NUMBERS = re.compile(rb"[<>|=][biuf][1248]")


def parse_npy(data: bytes) -> npt.NDArray[np.generic]:
    """The array of numbers in a ``.npy`` file, as a read-only view of ``data``.

    Raises:
        SourceError: ``format``, ``truncated``, or ``unsafe`` for an array of Python objects.
    """
    start, fields = header(data)
    dtype, shape = read_fields(fields)
    count, held = math.prod(shape), (len(data) - start) // dtype.itemsize
    if count > held:
        raise SourceError("truncated", f"{held} of {count} values of an array {shape}")
    flat = np.frombuffer(data, dtype, count, offset=start) if count else np.zeros(0, dtype)
    return flat.reshape(shape, order="F" if fields["fortran_order"] == b"True" else "C")


def read_fields(fields: dict[str, bytes]) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """Type and shape of an array of numbers, by the fields of its :func:`header`.

    Raises:
        SourceError: ``format``, or ``unsafe`` for an array of Python objects.
    """
    if b"O" in fields["descr"]:
        raise SourceError("unsafe", "an array of pickled objects", expected="an array of numbers")
    if not _NUMBERS.fullmatch(fields["descr"]):
        raise SourceError("format", f"an array of {fields['descr']!r}", expected="numbers")
    dtype = np.dtype(fields["descr"].decode())
    shape = tuple(int(size) for size in re.findall(rb"\d{1,18}", fields["shape"]))
    return dtype, shape


def header(data: bytes) -> tuple[int, dict[str, bytes]]:
    """Where the values of a ``.npy`` file start, and its three header fields as written.

    Raises:
        SourceError: ``format`` or ``truncated``.
    """
    if not data.startswith(_MAGIC[: len(data)]):
        raise SourceError("format", "not a .npy file", expected=f"{_MAGIC!r} at its start")
    width = 2 if data[6:7] == b"\x01" else 4  # versions 2 and 3 have longer headers
    start = 8 + width
    end = start + int.from_bytes(data[8:start], "little")
    if len(data) < max(start, end):
        raise SourceError("truncated", "the .npy header ends early")
    found = {name: pattern.search(data[start:end]) for name, pattern in _FIELDS.items()}
    missing = [name for name, match in found.items() if match is None]
    if missing:
        raise SourceError("format", f"a .npy header without {', '.join(missing)}")
    return end, {name: match[1] for name, match in found.items() if match}
