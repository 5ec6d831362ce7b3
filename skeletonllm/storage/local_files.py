"""Files of this machine: written whole or not at all, and open between two reads.

Opening costs more than reading a sample.
"""

from __future__ import annotations

import errno
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from skeletonllm.errors import StorageError, UsageError
from skeletonllm.storage.failpoints import reach

PARTIAL = ".partial-"
"""Part of the name of every unfinished file."""

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


_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_PLACE = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL),
)


def is_partial(path: str) -> bool:
    """Whether a path below a folder is that of an unfinished file, or lies in such a folder.

    What the folder itself is called says nothing.
    """
    return any(name.startswith(".") and PARTIAL in name for name in path.split("/"))


@contextmanager
def open_whole(path: str) -> Iterator[BinaryIO]:
    """A file to write under another name; it gets its own when all of it is durable.

    What raises in the block leaves nothing.

    Args:
        path: The file; its folder is made where it is missing.

    Raises:
        StorageError: The disk is full, or may not be written.
    """
    folder, name = os.path.split(path)
    partial = f"{folder}/.{name}{PARTIAL}{uuid.uuid4().hex}"
    try:
        with explain_refusals(path), explain_place(path):
            created = _create(partial)
        with explain_refusals(path, alone=False), created as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        reach("before_rename", name)
        with explain_refusals(path), explain_place(path):
            os.replace(partial, path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)  # noqa: PTH108 - on a full disk, half a file is in the way
        raise
    sync_folder(folder)
    reach("after_rename", name)


def _create(path: str) -> BinaryIO:
    try:
        return open(path, "wb")  # noqa: PTH123 - a path that fsspec resolved
    except FileNotFoundError:  # the folder: it is there nearly always, so it is not asked for
        _make_folder(os.path.dirname(path))  # noqa: PTH120
        return open(path, "wb")  # noqa: PTH123


@contextmanager
def explain_refusals(path: str, *, alone: bool = True) -> Iterator[None]:
    """A disk that is full, or that may not be written, is said in a sentence.

    Args:
        path: What is written in the block, on a local disk.
        alone: Whether the block opens nothing else. If it may, and writes to a file that is open,
            an error that names a file is of another one: of what is copied, for example.

    Raises:
        StorageError: The disk took no more.
    """
    try:
        yield
    except OSError as error:
        again = "and run the same command again: it goes on where it stopped."
        said, where, hint = "not written", path, "Let this user write there"
        if not alone and error.filename is not None:
            said, where, hint = "not opened", str(error.filename), "Let this user open it"
        if error.errno in _FULL:
            hint = "Free some space there"
        if error.errno in (*_FULL, *_REFUSED):
            found = f"{said}: {error.strerror}"
            raise StorageError(found, where=where, hint=f"{hint}, {again}") from error
        raise


@contextmanager
def explain_place(path: str) -> Iterator[None]:
    """A place where no such file or folder can be made is said in a sentence.

    Only around what touches that place: what a block reads elsewhere may be missing as well.

    Args:
        path: What is made in the block, on a local disk.

    Raises:
        UsageError: A file is in the way, or a folder; or nothing can be made there.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        hint = "Name another place, where such a file can be made."
        raise UsageError(f"not written: {error.strerror}", where=path, hint=hint) from error


def _make_folder(folder: str) -> None:
    """Make a folder and all above it, each durable in the one that holds it."""
    above = os.path.dirname(folder)  # noqa: PTH120 - a path that fsspec resolved
    if not os.path.isdir(above):  # noqa: PTH112
        _make_folder(above)
    with suppress(FileExistsError):  # another writer was faster
        os.mkdir(folder)  # noqa: PTH102
    sync_folder(above)


def sync_folder(folder: str) -> None:
    """Make a rename durable: the file's own bytes are, but without its name they are lost."""
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        with suppress(OSError):  # some network mounts cannot
            os.fsync(handle)
    finally:
        os.close(handle)
