"""The members of one sample from its bytes in a tar, by the headers alone.

``tarfile`` reads any tar, and takes 0.1 ms for the two members of a sample. What
``webdataset.TarWriter`` writes is read here: plain files, and the long names of pax and GNU. What
other readers would take for the end of the tar, or for a name of all members, is refused.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from skeletonllm.errors import ReleaseError
from skeletonllm.shards.codec import META, MOTION

BLOCK = 512
_ADLER = 65_521
_FIELD = slice(148, 156)
"""The header's own checksum; it counts as eight spaces in the sum."""
_FILE, _PAX, _GNU_NAME = (b"0", b"\0"), b"x", b"L"
_LONGEST_NAME = 1 << 16
_PAX_NAME = re.compile(rb"(?:\A|\n)(\d+) path=([^\n]+)\n")


def read_members(data: bytes, key: str | None = None) -> dict[str, Any]:
    """The members of one sample by extension, and its ``__key__``, as ``webdataset`` yields them.

    Args:
        data: The bytes of all its members, headers included, and nothing else.
        key: Key of the sample: the names of its members up to the first dot. None takes the key of
            the first member.

    Raises:
        ReleaseError: The bytes are not this sample.
    """
    where = "sample" if key is None else f"sample {key}"
    try:
        files = list(_iter_files(data))
    except ValueError as error:
        raise ReleaseError(f"not a part of a tar ({error})", where=where) from error
    if key is None:
        key = files[0][0].partition(".")[0] if files else ""
    members: dict[str, Any] = {"__key__": key}
    for name, content in files:
        stem, _, extension = name.partition(".")
        if stem != key or extension in members:
            break
        members[extension] = content
    else:
        if META in members and MOTION in members:
            return members
    expected = " and ".join(f"{key}.{extension}" for extension in (META, MOTION))
    found = sorted(name for name, _ in files)
    raise ReleaseError(f"members {found}", expected=expected, where=where)


_EMPTY = tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT)
_OWNER, _TIME, _REST = _EMPTY[108:124], _EMPTY[136:148], _EMPTY[156:]
_MODE = b"0000444\0"
"""What the writer says of every member, between name, size and checksum."""


def is_as_written(data: bytes, members: Mapping[str, Any]) -> bool:
    """Whether a sample's bytes are its members as the writer lays them down, and nothing else.

    A header has room for a link, an owner and a date, and so has the last block of a member: other
    readers may show what is hidden there.

    Args:
        data: The bytes that :func:`read_members` took.
        members: What it gave.
    """
    at, key = 0, members["__key__"]
    for extension in sorted(set(members) - {"__key__"}):
        size = len(members[extension])
        name = f"{key}.{extension}".encode().ljust(100, b"\0")
        head = name + _MODE + _OWNER + b"%011o\0" % size + _TIME
        start, end = at + BLOCK, at + BLOCK + size
        at = end + -size % BLOCK
        if data[start - BLOCK : start - 364] != head or data[start - 356 : start] != _REST:
            return False
        if data[end:at].strip(b"\0"):
            return False
    return at == len(data)


def _iter_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file; ValueError where it is no tar."""
    at, long_name = 0, b""
    while at < len(data):
        header = data[at : at + BLOCK]
        if not header.strip(b"\0"):
            raise ValueError("an empty block, with which a tar ends")
        size = _read_size(header)
        start = at + BLOCK
        at = start + size + -size % BLOCK
        if at > len(data):
            raise ValueError(f"{len(data) - start} bytes left of {size}")
        content = data[start : start + size]
        kind = header[156:157]
        if kind in _FILE:
            yield (long_name or _name(header)).decode(), content
            long_name = b""
        else:
            long_name = _read_long_name(kind, content) or long_name


def _read_size(header: bytes) -> int:
    """The size a header states, once its checksum is right."""
    if len(header) < BLOCK:
        raise ValueError("a header cut short")
    stated = int(header[_FIELD].strip(b" \0") or b"-1", 8)
    # Adler's low half is a sum of bytes in C: a sum in Python takes ten times as long.
    total = zlib.adler32(header[:148] + b"        " + header[156:]) & 0xFFFF
    if (stated + 1) % _ADLER != total or not 0 <= stated < 2 * _ADLER:
        raise ValueError("a header with another checksum")
    return int(header[124:136].strip(b" \0") or b"0", 8)


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _read_long_name(kind: bytes, content: bytes) -> bytes:
    """The name that stands before a file's own header, empty if there is none."""
    if kind not in (_PAX, _GNU_NAME) or len(content) > _LONGEST_NAME:
        raise ValueError(f"a member of kind {kind!r}")
    if kind == _GNU_NAME:
        return content.partition(b"\0")[0]
    found = _PAX_NAME.search(content)
    if found is None:
        return b""
    if int(found[1]) != len(found[0].lstrip(b"\n")):
        raise ValueError("a long name of another length")
    return found[2]
