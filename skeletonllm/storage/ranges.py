"""Ranges of the files of a release, wherever it lies."""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from skeletonllm.errors import StorageError, TruncatedFile
from skeletonllm.storage.block_cache import BlockCache, BlockKey, Blocks, MemoryBlocks
from skeletonllm.storage.files import filesystem, is_local, join, read_bytes
from skeletonllm.storage.retries import TIMEOUT_S, TRIES, Patience, call
from skeletonllm.storage.sources import LocalSource, Source, open_source

AHEAD = 1 << 20
"""Bytes of the smallest request of a file that is opened: a reader of tables soon wants more of
what is near."""

_log = logging.getLogger(__name__)


class RangeReader:
    """Reads ranges of the files below a folder or URL.

    Local files are read with one system call. From a store, the block around a range is fetched
    once a node, kept in the cache, and the range is taken from there. Trouble of a store is told,
    waited for and asked again; it is never taken for damage.

    A reader may be pickled, forked and shared by threads: what is open belongs to one process.

    Args:
        base: The folder or URL.
        identity: What the cached blocks belong to, for example the hash of a release; the base if
            None, which holds only as long as nothing else is put there.
        cache: Where blocks are kept; None for the memory of this process.
        timeout_s: Seconds after which a request to a store is given up; large ranges get longer.
        tries: How often a request is tried, all together.
        tell: Told of each try that failed, and of what slows reading.

    Attributes:
        used: Bytes that were read, in this process.

    Example:
        >>> import tempfile, pathlib
        >>> folder = tempfile.mkdtemp()
        >>> _ = pathlib.Path(folder, "a.tar").write_bytes(b"0123456789")
        >>> RangeReader(folder).read("a.tar", 2, 5)
        b'234'
    """

    def __init__(
        self,
        base: str,
        *,
        identity: str | None = None,
        cache: BlockCache | None = None,
        timeout_s: float = TIMEOUT_S,
        tries: int = TRIES,
        tell: Callable[[str], None] = _log.warning,
    ) -> None:
        self.base, self.cache = str(base), cache
        self.identity = self.base if identity is None else identity
        self.used = 0
        self._patience = Patience(timeout_s=timeout_s, tries=tries, tell=tell)
        self._process: _Process | None = None
        self._gave_up: tuple[float, StorageError] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_process": None, "_gave_up": None, "used": 0}

    @property
    def by_blocks(self) -> bool:
        """Whether reads go by blocks: not from local files, unless a cache was given for them."""
        return self.cache is not None or not is_local(filesystem(self.base)[0])

    @property
    def fetched(self) -> int:
        """Bytes that this process got from the store; divided by ``used``, what locality costs."""
        return 0 if self._process is None else self._process.source.fetched

    @property
    def requests(self) -> int:
        """Requests for bytes that this process sent to the store, tries in vain included."""
        return 0 if self._process is None else self._process.source.requests

    def read(self, name: str, start: int, end: int, block: tuple[int, int] | None = None) -> bytes:
        """The bytes from start to end of a file: all of them, or an error.

        Args:
            name: The file, below the base.
            start: Offset of the first.
            end: Offset behind the last.
            block: Range around them that others will want parts of; None to read them alone.

        Raises:
            FileNotFoundError: There is no such file.
            TruncatedFile: The file ends before ``end``.
            StorageError: The store gives no right answer.
        """
        here = self._process
        if here is None or here.pid != os.getpid():
            here = self._process = _Process(self.base, self._patience, self.cache)
        if here.blocks is None or block is None:
            data = here.source.fetch(name, start, end)
        else:
            data = self._read_part(here.source, here.blocks, name, (start, end), block)
        self.used += end - start
        return data

    def forget(self, name: str, start: int, wrong: bytes, block: tuple[int, int]) -> None:
        """Drop a block that proved wrong from the cache, so that the next read fetches it.

        Args:
            name: The file.
            start: Offset in it of what was read.
            wrong: What was read.
            block: The range that was kept.
        """
        here = self._process
        if here is not None and here.blocks is not None:
            key = BlockKey(self.identity, name, *block)
            here.blocks.forget(key, start - key.start, wrong)

    def _read_part(
        self,
        source: Source,
        blocks: Blocks,
        name: str,
        part: tuple[int, int],
        block: tuple[int, int],
    ) -> bytes:
        (start, end), (first, last) = part, block
        assert first <= start <= end <= last, f"{part} is not within {block}"
        key = BlockKey(self.identity, name, first, last)
        asked = time.monotonic()

        def fetch() -> bytes:
            # In line behind another thread that gave up: to wait as long again would help nobody.
            if self._gave_up is not None and self._gave_up[0] > asked:
                raise self._gave_up[1]
            try:
                return source.fetch(name, first, last)
            except StorageError as error:
                self._gave_up = time.monotonic(), error
                raise

        try:
            return blocks.read(key, start - first, end - first, fetch)
        except TruncatedFile:  # what stands before the cut is still whole
            return source.fetch(name, start, end)


class _Process:
    """What a process has open: locks and event loops are of no use in a fork of it."""

    def __init__(self, base: str, patience: Patience, cache: BlockCache | None) -> None:
        self.pid = os.getpid()
        self.source = open_source(base, patience)
        local = isinstance(self.source, LocalSource)
        # A cache for local files is taken as asked for: the folder may be a slow network mount.
        self.blocks: Blocks | None = cache or (None if local else MemoryBlocks())


def open_ranges(folder: str, name: str) -> BinaryIO:
    """A file of a folder, or of one behind a URL, to be read from any place.

    Args:
        folder: Path or URL.
        name: The file, below it.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: The store gives no answer; so may each read.
    """
    where = join(folder, name)
    fs, path = filesystem(where)
    if is_local(fs):
        return open(path, "rb")  # noqa: PTH123 - a path that fsspec resolved
    patience = Patience(timeout_s=TIMEOUT_S)
    size = patience.ask(lambda: call(fs, "info", path, timeout_s=patience.timeout_s), where).get(
        "size"
    )
    if size is None:  # a server that makes up the file as it goes
        return io.BytesIO(read_bytes(where))
    return cast("BinaryIO", io.BufferedReader(_RangeFile(folder, name, int(size)), AHEAD))


class _RangeFile(io.RawIOBase):
    def __init__(self, folder: str, name: str, size: int) -> None:
        self._reader, self._name = RangeReader(folder, timeout_s=TIMEOUT_S), name
        self._at, self._size = 0, size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        data = self._reader.read(self._name, self._at, end)
        buffer[: len(data)] = data
        self._at = end
        return len(data)
