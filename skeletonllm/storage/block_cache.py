"""Blocks of a store, kept on the node that read them, for all its ranks and the next epoch."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from skeletonllm.storage.cache_folder import CacheFolder, NoRoom
from skeletonllm.storage.local_files import OpenFile, OpenFiles
from skeletonllm.user_cache import find_user_cache

CACHE_VARIABLE = "SKELETONLLM_CACHE"
"""Names the folder of :func:`default_cache`."""

LIMIT_BYTES = 20_000_000_000
"""Of :func:`default_cache`: a release of a million clips is about as large."""

MEMORY_BYTES = 32_000_000
"""Blocks that a process keeps in memory where no disk takes them: 250 of 128 kB, more than the
blocks that a rank is within at one time."""

PATIENCE_S = 60.0
"""Longest wait for another process that fetches the same block: three times a request's timeout."""

PAUSE_S = 60.0
"""After a write in vain, nothing is written for so long."""

TOUCH_S = 60.0
"""How exactly the last use of a block is known; a touch costs a system call."""

_PASSED_BY = ("simplecache", "filecache", "blockcache")
"""Caches of fsspec: what follows them in a chain is read, and kept here."""

_NEVER_CACHED = ("file", "local", "memory")

_log = logging.getLogger(__name__)
Fetch = Callable[[], bytes]


class BlockKey(NamedTuple):
    """Which bytes: of which release, file and range."""

    identity: str
    name: str
    start: int
    end: int


class Blocks(Protocol):
    """What keeps blocks."""

    def read(self, key: BlockKey, start: int, end: int, fetch: Fetch) -> bytes:
        """Part of a block.

        Args:
            key: The block.
            start: Offset of the first byte within it.
            end: Offset behind the last.
            fetch: Gets the whole block, if it is not here.
        """

    def forget(self, key: BlockKey, start: int, wrong: bytes) -> None:
        """Drop a block that proved wrong, so that the next read fetches it.

        What others have fetched anew meanwhile stays.

        Args:
            key: The block.
            start: Offset within it of what was read.
            wrong: What was read.
        """


class MemoryBlocks:
    """The last blocks of a process, in its memory.

    Args:
        limit_bytes: What they may have together.
    """

    def __init__(self, limit_bytes: int = MEMORY_BYTES) -> None:
        self._limit, self._total = limit_bytes, 0
        self._blocks: OrderedDict[BlockKey, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, key: BlockKey, start: int, end: int, fetch: Fetch) -> bytes:
        """See :meth:`Blocks.read`."""
        data = self.find(key)
        if data is None:
            data = fetch()
            self.keep(key, data)
        return data[start:end]

    def find(self, key: BlockKey) -> bytes | None:
        """The whole block, or None."""
        with self._lock:
            data = self._blocks.get(key)
            if data is not None:
                self._blocks.move_to_end(key)
            return data

    def keep(self, key: BlockKey, data: bytes) -> None:
        """Keep a block.

        Args:
            key: Which it is.
            data: All its bytes.
        """
        with self._lock:
            self._total += len(data) - len(self._blocks.pop(key, b""))
            self._blocks[key] = data
            while self._total > self._limit:
                self._total -= len(self._blocks.popitem(last=False)[1])

    def forget(self, key: BlockKey, start: int, wrong: bytes) -> None:
        """See :meth:`Blocks.forget`."""
        with self._lock:
            if self._blocks.get(key, b"").startswith(wrong, start):
                self._total -= len(self._blocks.pop(key, b""))


class BlockCache:
    """A folder of blocks that all processes of a node share.

    A block is fetched once, however many ranks want it at once; those unused for longest go when
    the limit is reached. Any process may be killed at any moment. Where the folder cannot be
    written, that is told once, and blocks are kept in the memory of each process only.

    Args:
        folder: On a local disk.
        limit_bytes: What its files may have together.
        tell: Told where the folder fails.
        patience_s: How long to wait for another process that fetches the same block.

    Example:
        >>> import tempfile
        >>> cache = BlockCache(tempfile.mkdtemp(), limit_bytes=1_000_000)
        >>> cache.read(BlockKey("a release", "a.tar", 0, 4), 1, 3, lambda: b"abcd")
        b'bc'
    """

    def __init__(
        self,
        folder: str | Path,
        limit_bytes: int = LIMIT_BYTES,
        *,
        tell: Callable[[str], None] = _log.warning,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._folder = CacheFolder(os.path.abspath(folder), limit_bytes)  # noqa: PTH100
        self._tell, self._patience_s = tell, patience_s
        self._process: _Process | None = None

    def __reduce__(self) -> tuple[object, ...]:
        folder = self._folder
        return _rebuild, (folder.folder, folder.limit_bytes, self._tell, self._patience_s)

    @property
    def folder(self) -> str:
        """Its path."""
        return self._folder.folder

    @property
    def limit_bytes(self) -> int:
        """What its files may have together."""
        return self._folder.limit_bytes

    def count_bytes(self) -> int:
        """Bytes of its files now, counted in the folder."""
        with suppress(FileNotFoundError):
            return self._folder.count()
        return 0

    def read(self, key: BlockKey, start: int, end: int, fetch: Fetch) -> bytes:
        """See :meth:`Blocks.read`."""
        here = self._here()
        file = here.files.find(key) or self._open(here, key)
        if file is not None:
            data = b""
            with suppress(OSError):
                data = file.read(start, end)
                if len(data) == end - start:
                    return data
            self.forget(key, start, data)  # cut after it was opened
        return self._fetch_once(here, key, fetch)[start:end]

    def forget(self, key: BlockKey, start: int, wrong: bytes) -> None:
        """See :meth:`Blocks.forget`."""
        here, path = self._here(), self._path(key)
        here.memory.forget(key, start, wrong)
        # Or another thread would open the wrong file again, and keep it, before its name is gone.
        with here.opening, suppress(OSError):
            file = here.files.find(key) or OpenFile(path)
            if file.read(start, start + len(wrong)) != wrong:
                return
            here.files.drop(key)
            # Another process may have fetched it anew already: that file is not the one we read.
            if os.stat(path).st_ino == file.inode:  # noqa: PTH116
                os.unlink(path)  # noqa: PTH108

    def _here(self) -> _Process:
        """What belongs to this process: a fork inherits locks that nobody opens any more."""
        if self._process is None or self._process.pid != os.getpid():
            self._process = _Process()
        return self._process

    def _path(self, key: BlockKey) -> str:
        return self._folder.path(hashlib.sha256(repr(tuple(key)).encode()).hexdigest()[:40])

    def _open(self, here: _Process, key: BlockKey) -> OpenFile | None:
        path = self._path(key)
        with here.opening:
            try:
                file = OpenFile(path)
            except OSError:
                return None
            if file.size != key.end - key.start:  # torn, by a crash of the machine
                with suppress(OSError):
                    os.unlink(path)  # noqa: PTH108
                return None
            here.files.keep(key, file)
        if time.time() - file.last_use > TOUCH_S:
            file.touch()
        return file

    def _fetch_once(self, here: _Process, key: BlockKey, fetch: Fetch) -> bytes:
        if (data := here.memory.find(key)) is not None:
            return data
        path, pause = self._path(key), 0.001
        until = time.monotonic() + self._patience_s
        while here.silent_until <= time.monotonic() < until:
            try:
                lock = self._folder.lock(path)
            except OSError as error:
                self._give_up(here, error)
                break
            if lock is not None:
                return self._fetch_locked(here, key, fetch, lock)
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
            if (file := self._open(here, key)) is not None:
                return file.read(0, file.size)
        return here.memory.read(key, 0, key.end - key.start, fetch)

    def _fetch_locked(self, here: _Process, key: BlockKey, fetch: Fetch, lock: int) -> bytes:
        path, stored = self._path(key), False
        try:
            # Before the lock was ours, another may have stored it and let go.
            if (file := self._open(here, key)) is not None:
                return file.read(0, file.size)
            data = fetch()
            try:
                self._folder.store(lock, path, data)
                stored = True
            except OSError as error:
                here.memory.keep(key, data)
                if not isinstance(error, NoRoom):
                    self._give_up(here, error)
            return data
        finally:
            self._folder.release(lock, path, stored=stored)

    def _give_up(self, here: _Process, error: OSError) -> None:
        here.silent_until = time.monotonic() + PAUSE_S
        if here.told:
            return
        here.told = True
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        self._tell(
            f"{self.folder}: the cache of blocks cannot be written ({error.strerror}). Each "
            "process fetches what it reads, and keeps the last "
            f"{MEMORY_BYTES // 1_000_000} MB in memory. "
            + ("Free some space" if full else "Make the folder writable")
            + f", or name another in ${CACHE_VARIABLE}."
        )


class _Process:
    """What a process knows of a cache."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.files, self.memory = OpenFiles(), MemoryBlocks()
        self.opening = threading.Lock()
        self.told, self.silent_until = False, 0.0


def _rebuild(
    folder: str, limit_bytes: int, tell: Callable[[str], None], patience_s: float
) -> BlockCache:
    return BlockCache(folder, limit_bytes, tell=tell, patience_s=patience_s)


def default_cache(url: str, limit_bytes: int = LIMIT_BYTES) -> BlockCache | None:
    """The cache for a release, in ``$SKELETONLLM_CACHE`` or the home folder; None where none helps.

    Local files need none. A cache of fsspec's own at the head of a chain is passed by.

    Args:
        url: Of the release.
        limit_bytes: What the cache may take.
    """
    links = [link for link in str(url).split("::") if link not in _PASSED_BY]
    protocol = links[0].partition("://")[0] if "://" in links[0] or links[1:] else "file"
    if protocol in _NEVER_CACHED:
        return None
    folder = os.environ.get(CACHE_VARIABLE) or str(find_user_cache() / "blocks")
    return BlockCache(folder, limit_bytes)
