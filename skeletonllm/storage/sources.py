"""Where ranges of bytes come from: files of this machine, or objects of a store."""

from __future__ import annotations

from typing import Any, Protocol

import fsspec

from skeletonllm.errors import TruncatedFile
from skeletonllm.storage.files import filesystem, is_local, join
from skeletonllm.storage.local_files import OpenFile, OpenFiles
from skeletonllm.storage.retries import Patience, ShortRead, call, forget_listings, status_of

RANGE_NOT_SATISFIABLE = 416


class Source(Protocol):
    """What gives ranges; it belongs to one process, and its threads may share it.

    Attributes:
        fetched: Bytes that came, those of tries in vain included.
        requests: How often the store was asked for bytes.
    """

    fetched: int
    requests: int

    def fetch(self, name: str, start: int, end: int) -> bytes:
        """The bytes from start to end of a file.

        Args:
            name: The file, below the base.
            start: Offset of the first.
            end: Offset behind the last.

        Raises:
            FileNotFoundError: There is no such file.
            TruncatedFile: It ends before ``end``.
            StorageError: The store gives no right answer.
        """


def open_source(base: str, patience: Patience) -> Source:
    """The source of all files below a folder or URL, for this process.

    Args:
        base: The folder or URL.
        patience: How long a request may take, and how often it is tried.
    """
    fs, root = filesystem(base)
    if is_local(fs):
        return LocalSource(root, patience)
    return RemoteSource(base, patience)


class LocalSource:
    """Files of this machine, read with one system call each.

    Args:
        folder: Path of the folder.
        patience: For mounted file systems, whose trouble may pass.
    """

    def __init__(self, folder: str, patience: Patience) -> None:
        self.fetched = self.requests = 0
        self._folder, self._patience = folder, patience
        self._files = OpenFiles()

    def fetch(self, name: str, start: int, end: int) -> bytes:
        """See :meth:`Source.fetch`."""
        file = self._files.find(name) or self._open(name)
        try:
            data = file.read(start, end)
        except OSError:
            data = b""
        self.requests += 1
        self.fetched += len(data)
        if len(data) == end - start:
            return data
        return self._patience.ask(lambda: self._reread(name, start, end), join(self._folder, name))

    def _open(self, name: str) -> OpenFile:
        file = OpenFile(join(self._folder, name))
        self._files.keep(name, file)
        return file

    def _reread(self, name: str, start: int, end: int) -> bytes:
        """Anew by its name: the open one may be stale, as NFS has it, or was replaced."""
        self._files.drop(name)
        file = self._open(name)
        data = file.read(start, end)
        self.requests += 1
        self.fetched += len(data)
        if len(data) < end - start:
            if file.size < end:
                raise _truncated(join(self._folder, name), file.size, end)
            raise ShortRead(f"{len(data):,} bytes where {end - start:,} were asked for")
        return data


class RemoteSource:
    """Objects of a store behind fsspec.

    Args:
        base: The URL below which they lie.
        patience: How long a request may take, and how often it is tried.
    """

    def __init__(self, base: str, patience: Patience) -> None:
        self.fetched = self.requests = 0
        self._fs, self._root = _open_store(base)
        self._patience = patience
        self._base = base
        self._ignores_ranges = False

    def fetch(self, name: str, start: int, end: int) -> bytes:
        """See :meth:`Source.fetch`."""
        if start == end:
            return b""
        longer = self._patience.grant(end - start)
        return longer.ask(
            lambda: self._request(name, start, end, longer.timeout_s), join(self._base, name)
        )

    def _request(self, name: str, start: int, end: int, timeout_s: float) -> bytes:
        path = join(self._root, name)
        self.requests += 1
        try:
            data = call(self._fs, "cat_file", path, start=start, end=end, timeout_s=timeout_s)
        except Exception as error:
            if status_of(error) != RANGE_NOT_SATISFIABLE:
                raise
            data = b""
        self.fetched += len(data)
        if len(data) == end - start:
            return bytes(data)
        return self._fit(name, start, end, data)

    def _fit(self, name: str, start: int, end: int, data: bytes) -> bytes:
        """The range out of an answer of another length: a whole file has it, too; else an error."""
        size = self._ask_size(join(self._root, name))
        if size is not None and size < end and len(data) <= max(0, size - start):
            raise _truncated(join(self._base, name), size, end)
        if size == len(data) >= end:
            self._tell_of_whole_files(name)
            return bytes(data[start:end])
        raise ShortRead(f"{len(data):,} bytes where {end - start:,} were asked for")

    def _ask_size(self, path: str) -> int | None:
        """Bytes of an object, as the store says now; None if it does not say."""
        forget_listings(self._fs)
        found = call(self._fs, "info", path, timeout_s=self._patience.timeout_s).get("size")
        return None if found is None else int(found)

    def _tell_of_whole_files(self, name: str) -> None:
        if not self._ignores_ranges:
            self._ignores_ranges = True
            self._patience.tell(
                f"{join(self._base, name)}: the server sends the whole file for each range of it. "
                "Serve it with one that honours Range, or copy the release to this machine."
            )


def _open_store(base: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """A file system of our own, with one layer of retries, which is ours, and told."""
    if "::" in base:  # options of a chain are those of its first link alone
        return filesystem(base)
    fs, root = fsspec.core.url_to_fs(base, skip_instance_cache=True)
    store: Any = fs
    if isinstance(getattr(store, "retries", None), int):  # s3fs, gcsfs
        store.retries = 1
    if isinstance(options := getattr(store, "config_kwargs", None), dict):  # s3fs: botocore's
        store.config_kwargs = {"retries": {"total_max_attempts": 1}, **options}
    return fs, root


def _truncated(where: str, size: int, end: int) -> TruncatedFile:
    return TruncatedFile(
        f"the file has {size:,} bytes",
        expected=f"at least {end:,}",
        where=where,
        hint="It was cut short: copy it again from where the release was made.",
    )
