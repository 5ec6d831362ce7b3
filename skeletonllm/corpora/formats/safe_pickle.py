"""Pickles of numpy arrays and plain containers, read without running anything of them.

A pickle is a program: it may call whatever it can name. The names admitted here are those by which
numpy writes arrays, scalars and dtypes, and each stands for a class of this file that only keeps
bytes. No numpy constructor is ever called by a pickle, so none can be made to allocate or to crash.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.corpora.formats.once import parsed
from skeletonllm.errors import SourceError

_KIND = re.compile(r"b1|[iu][1248]|f[248]|[US][0-9]{1,4}", re.ASCII)


MAX_STEPS, BYTES_A_STEP = 1 << 20, 8
"""Instructions that any pickle may have, and bytes of each in a longer one: motions are arrays, and
an instruction of one byte makes an object of two hundred."""


MAX_BITS = 4096
"""Longest number; Python refuses to write down one of more than some 14,000 bits."""


class _Dtype:
    """What ``numpy.dtype(code)`` and its byte order amount to."""

    def __init__(self, code: str, *_flags: object) -> None:
        self.code, self.big_endian = str(code), False

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.big_endian = state[1] == ">"

    def dtype(self) -> np.dtype[Any]:
        if not _KIND.fullmatch(self.code):
            raise SourceError("format", f"an array of dtype {self.code!r:.40}", expected="numbers")
        return np.dtype(self.code).newbyteorder(">" if self.big_endian else "<")


class PickledArray:
    """An array as it lies in the pickle; ``numpy.asarray`` gives the array, or a SourceError."""

    def __init__(self, *_args: object) -> None:
        self.parts: tuple[Any, ...] = ((0,), _Dtype("f8"), False, b"")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, *parts = state
        self.parts = tuple(parts)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        shape, exact, fortran, raw = self._checked()
        if math.prod(shape) * exact.itemsize != len(raw):
            raise SourceError("format", f"{len(raw)} bytes for an array {shape!s:.80} of {exact}")
        array = np.frombuffer(raw, exact).reshape(shape, order="F" if fortran else "C")
        return array.astype(dtype or exact.newbyteorder("="), copy=bool(copy))

    @property
    def size(self) -> int:
        """Numbers in it; a SourceError where it is no array."""
        return math.prod(self._checked()[0])

    def _checked(self) -> tuple[tuple[int, ...], np.dtype[Any], bool, bytes]:
        """Shape, dtype, order and bytes, if that is what the pickle gave for them."""
        if len(self.parts) != 4:
            raise SourceError("format", f"an array of {len(self.parts)} parts", expected="4")
        shape, kind, fortran, data = self.parts
        exact = kind.dtype() if type(kind) is _Dtype else None
        raw = data.encode("latin1", "replace") if isinstance(data, str) else data
        sizes = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 1 << 40 for n in shape)
        if not sizes or len(shape) > 8 or exact is None or not isinstance(raw, bytes):
            held = ", ".join(type(part).__name__ for part in self.parts)
            raise SourceError(
                "format", f"an array of {held}", expected="its shape, dtype and bytes"
            )
        return shape, exact, bool(fortran), raw


class _Buffer(PickledArray):
    """An array of pickle protocol 5."""

    def __init__(self, data: Any, kind: _Dtype, shape: tuple[int, ...], order: str) -> None:
        self.parts = (shape, kind, order == "F", bytes(data))


class _Scalar:
    """Becomes the number itself."""

    def __new__(cls, kind: _Dtype, data: bytes | str) -> Any:
        raw = data.encode("latin1") if isinstance(data, str) else data
        return np.frombuffer(raw, kind.dtype(), 1)[0].item()

    def __setstate__(self, state: object) -> None: ...


class _Latin1:
    """Becomes bytes: how old protocols spell them."""

    def __new__(cls, text: str, _encoding: str = "latin1") -> Any:
        return text.encode("latin1")

    def __setstate__(self, state: object) -> None: ...


def _admitted() -> dict[tuple[str, str], type]:
    names: dict[tuple[str, str], type] = {
        ("numpy", "ndarray"): PickledArray,
        ("numpy", "dtype"): _Dtype,
        ("_codecs", "encode"): _Latin1,
        ("collections", "OrderedDict"): OrderedDict,
    }
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = PickledArray
        names[f"{core}.multiarray", "scalar"] = _Scalar
        names[f"{core}.numeric", "_frombuffer"] = _Buffer
    for module in ("builtins", "__builtin__"):
        names |= {(module, kind.__name__): kind for kind in (set, frozenset)}
    return names


_ADMITTED = _admitted()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise SourceError(
                "unsafe",
                f"the pickle wants to call {module}.{name}",
                expected="numpy arrays and plain containers",
            ) from None


def load_pickle(data: bytes) -> Any:
    """Plain containers, with every numpy array as a :class:`PickledArray`.

    Raises:
        SourceError: ``unsafe`` where the pickle names anything but what is admitted or asks for
            absurd sizes, ``truncated``, or ``format``.

    Example:
        >>> load_pickle(pickle.dumps({"label": 3}))
        {'label': 3}
    """
    return parsed("pickle", data, _load)


def _load(data: bytes) -> Any:
    _scan(data)
    try:
        # latin1 is how numpy's own arrays of Python 2 survive
        return _Unpickler(io.BytesIO(data), encoding="latin1").load()
    except (SourceError, MemoryError):
        raise
    except Exception as error:
        raise SourceError("format", f"not a pickle ({type(error).__name__}: {error})") from None


def _scan(data: bytes) -> None:
    """Walk the instructions without following them: sizes must be there, memo slots sensible.

    The C unpickler allocates claimed sizes and memo tables before it looks for the bytes.
    """
    file = _WatchedBytes(data)
    try:
        for count, (opcode, argument, at) in enumerate(pickletools.genops(file)):
            if count > MAX_STEPS and count * BYTES_A_STEP > (at or 0):
                raise SourceError("unsafe", f"{count} instructions in {at} bytes of a pickle")
            if isinstance(argument, int) and argument.bit_length() > MAX_BITS:
                raise SourceError("unsafe", f"a number of {argument.bit_length()} bits")
            if "PUT" in opcode.name and int(argument or 0) > len(data):
                raise SourceError("unsafe", f"memo slot {argument} in {len(data)} bytes")
    except SourceError:
        raise
    except Exception as error:  # of an opcode's argument: ValueError, struct.error, OverflowError
        # pickletools has one exception for all faults: what it read tells an end that comes early
        code = "truncated" if file.ended and data[:1] == b"\x80" else "format"
        raise SourceError(code, f"not a pickle ({str(error)[:100]})") from None


class _WatchedBytes(io.BytesIO):
    """Bytes that remember whether more was asked of them than there is."""

    ended = False

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.ended |= size is not None and len(data) < size
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.ended |= not line.endswith(b"\n")
        return line
