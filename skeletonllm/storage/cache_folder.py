"""The folder of a block cache: files within a limit, whichever processes write, and when they die.

A file is written under its name and :data:`PART` and renamed when it is whole. Whoever writes it
holds the kernel's lock on the unfinished file (flock), which ends with its holder, so that a kill
leaves nothing but a file to write over. Sizes are counted in the folder. Between two counts a total
in :data:`ROOM` grows before each write: a kill can make it too large, never too small.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PART = ".part"
"""End of the name of an unfinished file."""

ROOM = ".room"
"""The file whose lock a writer holds while it makes room and writes; it holds the total."""

COUNT_S = 3600.0
"""A total this old is counted anew: so long a wrong one may cost room."""

KEPT = 0.9
"""Share of the limit that is left when files are dropped: each count then pays for a tenth of the
limit."""

ROOM_WAIT_S = 2.0
"""Longest wait for another that makes room; a process that was stopped must not stop all others."""

_TOTAL = struct.Struct("<Qd")


class NoRoom(OSError):
    """A file that cannot be stored now, although the folder can be written."""


@dataclass(frozen=True)
class _Entry:
    path: str
    size: int
    last_use: float


class CacheFolder:
    """Files of bytes by name.

    Args:
        folder: A local folder; made with the first file.
        limit_bytes: What its files may have together.
    """

    def __init__(self, folder: str, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes

    def path(self, name: str) -> str:
        """Where a file lies; its folder is the first two letters of its name."""
        return f"{self.folder}/{name[:2]}/{name}"

    def lock(self, path: str) -> int | None:
        """Descriptor of the unfinished file to be renamed to a path; None if another has it.

        Raises:
            OSError: The folder cannot be written.
        """
        part = path + PART
        try:
            fd = _open_locked(part)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(part), exist_ok=True)  # noqa: PTH103, PTH120
            fd = _open_locked(part)
        if fd is not None and not _is_at(part, fd):  # its holder finished it just now
            os.close(fd)
            return None
        return fd

    def store(self, fd: int, path: str, data: bytes) -> None:
        """Write the file whose lock is held.

        Args:
            fd: From :meth:`lock`.
            path: The same.
            data: All its bytes.

        Raises:
            NoRoom: Larger than the limit, or others wrote all the time.
            OSError: The folder cannot be written.
        """
        if len(data) > self.limit_bytes:
            raise NoRoom(errno.EFBIG, "larger than the limit of the cache")
        with self._room() as room:
            self._reserve(room, len(data))
            try:
                _write(fd, data)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                os.ftruncate(fd, 0)
                if not self._make_room_on_disk(room, len(data)):
                    raise
                _write(fd, data)
            os.rename(path + PART, path)  # noqa: PTH104

    def release(self, fd: int, path: str, *, stored: bool) -> None:
        """Give up the lock.

        Args:
            fd: From :meth:`lock`.
            path: The same.
            stored: Whether the file was renamed; an unfinished one is deleted.
        """
        if not stored:
            with suppress(OSError):
                os.unlink(path + PART)  # noqa: PTH108
        os.close(fd)

    def count(self) -> int:
        """Bytes of all files now, unfinished ones included."""
        return sum(entry.size for entry in self._entries())

    @contextmanager
    def _room(self) -> Iterator[int]:
        path, until = f"{self.folder}/{ROOM}", time.monotonic() + ROOM_WAIT_S
        while (fd := _open_locked(path)) is None:
            if time.monotonic() > until:
                raise NoRoom(errno.EBUSY, "others write to the cache all the time")
            time.sleep(0.001)
        try:
            yield fd
        finally:
            os.close(fd)

    def _reserve(self, room: int, size: int) -> None:
        """Count a file that is about to be written, and drop others if it would not fit."""
        total, counted = _read_total(room)
        if not 0 <= time.monotonic() - counted < COUNT_S or total + size > self.limit_bytes:
            total, counted = self._drop(self.limit_bytes - size), time.monotonic()
        os.pwrite(room, _TOTAL.pack(total + size, counted), 0)

    def _make_room_on_disk(self, room: int, size: int) -> bool:
        """Drop files of ours, a tenth of them or more, when the disk is smaller than the limit."""
        before = self.count()
        after = self._drop(min(before - 2 * size, int(KEPT * before)))
        os.pwrite(room, _TOTAL.pack(after + size, time.monotonic()), 0)
        return after < before

    def _drop(self, most: int) -> int:
        """Delete leftovers, and if all are more than ``most``, those unused for longest."""
        entries = []
        for entry in self._entries():
            if not (entry.path.endswith(PART) and _delete_leftover(entry.path)):
                entries.append(entry)
        total = sum(entry.size for entry in entries)
        if total <= most:
            return total
        for entry in sorted(entries, key=lambda entry: entry.last_use):
            if total <= min(most, KEPT * self.limit_bytes):
                break
            if not entry.path.endswith(PART):
                with suppress(FileNotFoundError):
                    os.unlink(entry.path)  # noqa: PTH108
                total -= entry.size
        return total

    def _entries(self) -> Iterator[_Entry]:
        # Unfinished ones first: one that is renamed meanwhile is counted twice, and not never.
        folders = [item.path for item in os.scandir(self.folder) if item.is_dir()]
        for unfinished in (True, False):
            for folder in folders:
                for item in os.scandir(folder):
                    if item.name.endswith(PART) == unfinished:
                        with suppress(FileNotFoundError):
                            found = item.stat()
                            yield _Entry(item.path, found.st_size, found.st_mtime)


def _open_locked(path: str) -> int | None:
    """Descriptor of a file that is made where it is missing, and locked; None if another has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    return fd


def _is_at(path: str, fd: int) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(fd).st_ino  # noqa: PTH116
    except FileNotFoundError:
        return False


def _delete_leftover(part: str) -> bool:
    """Whether an unfinished file was nobody's any more, and is gone."""
    with suppress(OSError):
        fd = _open_locked(part)
        if fd is not None:
            if gone := _is_at(part, fd):
                os.unlink(part)  # noqa: PTH108
            os.close(fd)
            return gone
    return False


def _write(fd: int, data: bytes) -> None:
    os.ftruncate(fd, 0)
    written = 0
    while written < len(data):
        written += os.pwrite(fd, memoryview(data)[written:], written)


def _read_total(room: int) -> tuple[int, float]:
    """The total and when it was counted, by the clock that all processes share until a reboot."""
    data = os.pread(room, _TOTAL.size, 0)
    return _TOTAL.unpack(data) if len(data) == _TOTAL.size else (0, -1.0)
