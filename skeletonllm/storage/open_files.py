"""Local files that stay open between two reads, since opening costs more than reading a sample."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress

MOST_OPEN = 64
"""Files that one reader keeps open: the usual limit of a process, 1,024, is enough for 16."""


class OpenFile:
    """A local file, open for reading at any offset, by several threads at once.

    It is closed when nobody holds it any more, so that no thread reads from a descriptor that
    another has closed, and that may stand for another file by then.

    Args:
        path: The file.

    Attributes:
        size: Bytes when it was opened.
        inode: Which file it is, whatever bears its name later.
        last_use: When it was last changed or touched, in seconds since 1970.
    """

    __slots__ = ("_fd", "inode", "last_use", "size")

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = os.fstat(self._fd)
        self.size, self.inode, self.last_use = found.st_size, found.st_ino, found.st_mtime

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):  # it was never opened
            os.close(self._fd)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from start to end; fewer where the file ends before.

        Args:
            start: Offset of the first.
            end: Offset behind the last.
        """
        data = os.pread(self._fd, end - start, start)
        while len(data) < end - start:  # the kernel gives at most 2 GB at once
            more = os.pread(self._fd, end - start - len(data), start + len(data))
            if not more:
                break
            data += more
        return data

    def touch(self) -> None:
        """Say that it is in use now, where the folder lets us."""
        with suppress(OSError):
            os.utime(self._fd)


class OpenFiles:
    """The files that were read last, by any key; those unused for longest are closed.

    Args:
        most: How many stay open.
    """

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._files: OrderedDict[Hashable, OpenFile] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> OpenFile | None:
        """The open file of a key, or None."""
        file = self._files.get(key)
        if file is not None:
            with suppress(KeyError):  # another thread closed it just now; we still hold it
                self._files.move_to_end(key)
        return file

    def keep(self, key: Hashable, file: OpenFile) -> None:
        """Keep a file open.

        Args:
            key: Under which it is found again.
            file: The file.
        """
        with self._lock:
            self._files[key] = file
            while len(self._files) > self._most:
                self._files.popitem(last=False)

    def drop(self, key: Hashable) -> OpenFile | None:
        """Keep it open no longer; what it was."""
        with self._lock:
            return self._files.pop(key, None)
