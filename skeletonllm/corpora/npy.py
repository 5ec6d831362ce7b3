"""NumPy ``.npy`` files, read without trusting their header.

``numpy.load`` allocates what the header claims; here the claim is held against the bytes first,
and a header that asks for pickled objects is refused.
"""

from __future__ import annotations

import io
import math

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from skeletonllm.errors import SourceError


def parse_npy(data: bytes) -> npt.NDArray[np.generic]:
    """The array of a ``.npy`` file, as a read-only view of ``data``.

    Raises:
        SourceError: ``format``, ``truncated``, or ``unsafe`` for an array of Python objects.
    """
    file = io.BytesIO(data)
    shape, fortran, dtype = _header(file)
    if dtype.hasobject:
        raise SourceError("unsafe", "an array of pickled objects", expected="an array of numbers")
    count = math.prod(shape)
    held = (len(data) - file.tell()) // max(dtype.itemsize, 1)
    if count > held:
        raise SourceError("truncated", f"{held} of {count} values of an array {shape}")
    if not count:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(data, dtype, count, offset=file.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    try:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, fortran, dtype = read(file)
    except (ValueError, KeyError, TypeError, SyntaxError) as error:
        cut = b"\x93NUMPY".startswith(file.getvalue()[:6]) and "EOF" in str(error)
        code = "truncated" if cut else "format"
        raise SourceError(code, f"not a .npy file ({error})") from None
    return shape, fortran, dtype
