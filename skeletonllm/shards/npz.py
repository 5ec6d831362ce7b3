"""Arrays as an ``.npz`` of one strict form, and back, without ``zipfile`` and ``numpy.load``.

``numpy.load`` reads these files too, but it looks for all that a zip may be, and evaluates a Python
expression for each array: most of the time that reading a sample took. Only what :func:`pack_npz`
writes is read here. All else is damage, and is said before anything large is unpacked.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.errors import ReleaseError

Arrays = dict[str, npt.NDArray[Any]]

MOST_BYTES = 1 << 28
"""Of all arrays of one file, unpacked. An hour of 60 joints at 120 Hz takes 160 MB; without a limit
a file of 256 kB could ask for all the memory of a machine."""

_DTYPES = {
    code.encode(): np.dtype(code)
    for code in "|b1 |i1 |u1 <i2 <i4 <i8 <u2 <u4 <u8 <f2 <f4 <f8".split()
}
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00.."
    rb"\{'descr': '([|<][biuf][1248])', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n",
    re.DOTALL,
)
_LONGEST_HEADER = 1024
"""numpy pads to 64 bytes, and six dimensions take 128; what is longer would fill the cache."""
_MOST_INFLATION = 1032
"""No deflated byte gives more."""
_ENTRY, _DIRECTORY, _END = b"PK\x03\x04", b"PK\x01\x02\x14\x03", b"PK\x05\x06"
"""Signatures; an entry of the directory also says what wrote it: zip 2.0, Unix."""
_ATTRIBUTES = bytes(8) + b"\x80\x01"
"""No comment, first disk, no mark of text, and a file that its owner may read and write."""
_HEAD = struct.Struct("<4s5H3I2H")
"""Of an entry: signature, version, flags, method, time, date, crc, packed and unpacked size, length
of the name and of what follows it."""
_TAIL = struct.Struct("<4s4H2IH")
"""Signature, two numbers of disks, entries here and in all, size and place of the directory, length
of the comment."""
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def pack_npz(arrays: Arrays) -> bytes:
    """An ``.npz`` that any numpy reads. Same arrays, same bytes.

    Not ``numpy.savez``: it leaves the dates to the zip library.

    Raises:
        ReleaseError: They are larger than :func:`unpack_npz` would read, or of a type it refuses.
    """
    _check_writable(arrays)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            array = np.ascontiguousarray(arrays[name]) if arrays[name].ndim else arrays[name]
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_version = info.extract_version = 20
            info.create_system = 3  # or the file would say which system wrote it
            info.external_attr = 0o600 << 16
            info.compress_type = _DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()


def _check_writable(arrays: Arrays) -> None:
    size = sum(array.nbytes + 256 for array in arrays.values())
    if size > MOST_BYTES:
        raise ReleaseError(f"arrays of {size} bytes", expected=f"at most {MOST_BYTES} in a sample")
    for name, array in arrays.items():
        if array.dtype not in _DTYPES.values():
            raise ReleaseError(f"array {name!r} of type {array.dtype}", expected="a plain number")


def unpack_npz(data: bytes, *, closely: bool = False) -> Arrays:
    """The arrays of a file that :func:`pack_npz` wrote; they share its memory, and are read only.

    Args:
        data: The file.
        closely: Refuse what is packed behind the end of an array too. No reader unpacks it; of long
            arrays, to look for it takes a third longer.

    Raises:
        ReleaseError: It is damaged, or not of this form: larger than :data:`MOST_BYTES`, of other
            types than plain little-endian numbers, or with anything else in the zip.
    """
    arrays: Arrays = {}
    directory: list[bytes] = []
    at, left = 0, MOST_BYTES
    try:
        while data[at : at + 4] == _ENTRY:
            end, name, content = _unpack_entry(data, at, left, closely)
            arrays[name[:-4].decode("ascii")] = _parse_array(content)
            directory += data[at + 4 : at + 30], at.to_bytes(4, "little") + name
            at, left = end, left - len(content)
        _check_directory(data, at, directory)
        if 2 * len(arrays) != len(directory):
            raise ValueError("an array twice")
    except (struct.error, zlib.error, ValueError) as error:
        raise ReleaseError(f"damaged npz ({error})") from error
    return arrays


def _unpack_entry(data: bytes, at: int, most: int, closely: bool) -> tuple[int, bytes, bytes]:
    """End, name, and content of the entry that begins at ``at``."""
    _, _, flags, method, _, _, crc, packed, size, length, extra = _HEAD.unpack_from(data, at)
    start = at + 30 + length
    end = start + packed
    name = data[at + 30 : start]
    if flags or extra or method not in (_STORED, _DEFLATED) or name[-4:] != b".npy":
        raise ValueError("an entry of another form")
    if size > most or end > len(data):
        raise ValueError(f"an entry of {packed} bytes, unpacked {size}")
    content = data[start:end]
    if method == _DEFLATED:
        content = _inflate(content, size, closely)
    if len(content) != size or zlib.crc32(content) != crc:
        raise ValueError("an entry with another checksum")
    return end, name, content


def _inflate(packed: bytes, size: int, closely: bool) -> bytes:
    """What is packed, or a little more than ``size`` of it where it is a bomb."""
    if (
        not closely and len(packed) * _MOST_INFLATION < MOST_BYTES
    ):  # a sixth faster, and bounded all the same
        return zlib.decompress(packed, -zlib.MAX_WBITS, size)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflate.decompress(packed, size + 1)
    if not inflate.eof or (closely and inflate.unused_data):
        raise ValueError("an entry longer or shorter than it says")
    return content


def _parse_array(content: bytes) -> npt.NDArray[Any]:
    start = 10 + int.from_bytes(content[8:10], "little")
    if start > _LONGEST_HEADER:
        raise ValueError(f"a header of {start} bytes")
    dtype, shape, size = _parse_header(content[:start])
    if size != len(content) - start:
        raise ValueError(f"{len(content) - start} bytes for shape {shape} of {dtype}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


@lru_cache(maxsize=4096)  # few shapes are seen again and again; 4096 of them take 2 MB
def _parse_header(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and bytes of an array."""
    found = _HEADER.fullmatch(header)
    if found is None or found[1] not in _DTYPES:
        raise ValueError("an array of another form")
    dtype = _DTYPES[found[1]]
    shape = tuple(map(int, found[2].replace(b",", b" ").split()))
    return dtype, shape, math.prod(shape) * dtype.itemsize


def _check_directory(data: bytes, at: int, entries: list[bytes]) -> None:
    """What other readers go by must say the same as the entries themselves."""
    count, place = len(entries) // 2, at
    for head, name in zip(entries[::2], entries[1::2], strict=True):
        expected = _DIRECTORY + head + _ATTRIBUTES + name
        if data[at : at + len(expected)] != expected:
            raise ValueError("its directory is of other entries")
        at += len(expected)
    end = (_END, 0, 0, count, count, at - place, place, 0)
    if not count or len(data) != at + _TAIL.size or _TAIL.unpack_from(data, at) != end:
        raise ValueError("no directory at its end")
