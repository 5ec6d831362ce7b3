"""What is to be sent, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from skeletonllm.errors import ReleaseError
from skeletonllm.storage.files import read_pieces

PART = 8 << 20
"""Bytes of one part of a large file, and the most that are sent in one request. Stores take no
parts below 5 MiB; what a lost connection costs is one of them."""


@dataclass(frozen=True)
class OutgoingFile:
    """A file, and what its bytes must be.

    Args:
        path: Where it goes, below the target.
        sha256: Of its bytes, in hex.
        bytes: How many.
        url: Where it lies now.
        stamp: What :func:`skeletonllm.storage.transfer.list_stamps` said of it just before its
            bytes were found right; so they are, for as long as it says that. None: they will be
            looked at.
    """

    path: str
    sha256: str
    bytes: int
    url: str
    stamp: str | None = None


@dataclass(frozen=True)
class Sent:
    """Files and bytes by what was done with them.

    Args:
        kept: ``(files, bytes)`` that stood in the target already.
        copied: That the store copied by itself.
        sent: That went over the line, or were written to a disk.
    """

    kept: tuple[int, int] = (0, 0)
    copied: tuple[int, int] = (0, 0)
    sent: tuple[int, int] = (0, 0)

    def add(self, how: str, size: int) -> Sent:
        """With one file more.

        Args:
            how: ``kept``, ``copied`` or ``sent``.
            size: Its bytes.
        """
        files, total = getattr(self, how)
        return replace(self, **{how: (files + 1, total + size)})


class Fingerprint:
    """Hashes of bytes that pass by: SHA-256, and the ETags by which stores call them.

    Most stores call an object by the MD5 of its bytes, and one that came in parts by the MD5 of
    the MD5s of its parts.

    Attributes:
        size: Bytes so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._whole = hashlib.md5(usedforsecurity=False)
        self._parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        """The next part, of :data:`PART` bytes; the last may be shorter."""
        self.size += len(part)
        self._sha256.update(part)
        self._whole.update(part)
        self._parts.append(hashlib.md5(part, usedforsecurity=False).digest())

    @property
    def sha256(self) -> str:
        """In hex."""
        return self._sha256.hexdigest()

    @property
    def etags(self) -> tuple[str, str]:
        """What a store may call them."""
        joined = hashlib.md5(b"".join(self._parts), usedforsecurity=False).hexdigest()
        return self._whole.hexdigest(), f"{joined}-{len(self._parts)}"


def read_parts(url: str) -> Iterator[bytes]:
    """The bytes of a file in parts of :data:`PART`; the last may be shorter."""
    return _gather(read_pieces(url))


def _gather(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)


def read_checked_parts(file: OutgoingFile, seen: Fingerprint | None = None) -> Iterator[bytes]:
    """The parts of a file; after the last one, an error if they were not what it must be.

    Args:
        file: To read.
        seen: Sees every part.

    Raises:
        ReleaseError: The file is missing, or its bytes are others.
    """
    seen = seen or Fingerprint()
    try:
        for part in read_parts(file.url):
            seen.add(part)
            yield part
    except FileNotFoundError:
        raise ReleaseError("no such file", where=file.url, hint=_REPAIR) from None
    if (seen.sha256, seen.size) != (file.sha256, file.bytes):
        raise ReleaseError(
            f"its sha256 differs: {seen.size} bytes of sha256 {seen.sha256[:12]}",
            expected=f"{file.bytes} of sha256 {file.sha256[:12]}, as the manifest says",
            where=file.url,
            hint=_REPAIR,
        )


_REPAIR = "Make this folder again, or copy the file again from where it came from."
