"""Files behind URLs, written whole or not at all.

A local file is written under a temporary name beside its place and renamed; an object store makes
an object visible only when it is complete, so there a plain upload is already atomic.
"""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import fsspec
from fsspec.implementations.cached import CachingFileSystem

from skeletonllm.errors import StorageError, UsageError
from skeletonllm.storage.failpoints import reach
from skeletonllm.storage.layout import is_lock
from skeletonllm.storage.local_files import is_partial, open_whole
from skeletonllm.storage.retries import (
    TIMEOUT_S,
    Patience,
    ShortRead,
    call,
    forget_listings,
    open_store,
    status_of,
)

WHOLE_S = 300.0
"""Seconds after which the bytes of a whole file are given up, and asked for again."""

PIECE = 1 << 23
"""Bytes of one request, where a large file is read in pieces."""
FORBIDDEN = 403

_LOCAL = fsspec.filesystem("file")


def filesystem(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The fsspec file system of a URL, and the path within it; it remembers no listing.

    Another process may have written since, and a listing that is remembered would hide that. So
    would a cache at the head of a chain, such as ``simplecache::``; it is passed by: it keeps half
    of a file whose copy broke off, and gives half to whoever reads while another copies.
    """
    text = str(url)
    if "://" not in text and "::" not in text:  # nothing to look up, and asked for each answer
        return _LOCAL, str(_LOCAL._strip_protocol(text))
    fs, path = open_store(text)
    while isinstance(fs, CachingFileSystem):
        fs = fs.fs
    forget_listings(fs)
    return fs, path


def join(base: str, *names: str) -> str:
    """``base/name/...`` for a path or a URL; an empty base is a UsageError.

    Of a chain, the first link with a path gets the names. The query of an http URL stays at its
    end: it is often the key that lets one read.

    Example:
        >>> join("s3://lab/out/", "a.json"), join("zip://x::s3://lab/a.zip", "a.json")
        ('s3://lab/out/a.json', 'zip://x/a.json::s3://lab/a.zip')
    """
    if not base:  # what lies below it would lie below the root of the disk
        raise UsageError("an empty path", expected="a folder or a URL")
    before, place, after = _find_place(base)
    protocol, colon, folder = place.rpartition("://")
    first = [] if colon and not folder else [folder.rstrip("/")]  # memory:// has no slash more
    return before + protocol + colon + "/".join([*first, *names]) + after


def _find_place(url: str) -> tuple[str, str, str]:
    """The link of a chain that says where, and what stands before and behind it."""
    links = str(url).split("::")
    last = len(links) - 1
    number = next((i for i in range(last) if not re.fullmatch("[a-z]+", links[i])), last)
    place, mark, query = links[number], "", ""
    if place.startswith(("http://", "https://")):
        place, mark, query = place.partition("?")
    before = "".join(f"{link}::" for link in links[:number])
    return before, place, mark + query + "".join(f"::{link}" for link in links[number + 1 :])


def absolute(url: str) -> str:
    """A URL as it is, a local path from the root on; ``~`` is the home of this user.

    Example:
        >>> absolute("s3://lab/out")
        's3://lab/out'
    """
    if "://" in url or "::" in url:
        return url
    return os.path.abspath(os.path.expanduser(url))  # noqa: PTH100, PTH111 - links stay links


def exists(url: str) -> bool:
    """Whether a file or folder is there.

    An http server that forbids a file counts as one without it: public buckets answer so.

    Raises:
        StorageError: The store does not say.
    """
    fs, path = filesystem(url)
    if is_local(fs):
        return bool(fs.exists(path))
    try:
        _ask(fs, "info", path, timeout_s=TIMEOUT_S)
    except FileNotFoundError:
        return False
    except StorageError as error:
        if _is_http(fs) and status_of(error) == FORBIDDEN:
            return False
        raise
    return True


def read_bytes(url: str) -> bytes:
    """The bytes of a whole file.

    Raises:
        UsageError: There is no such file.
        StorageError: The store gives no answer.
    """
    fs, path = filesystem(url)
    try:
        return bytes(fs.cat_file(path) if is_local(fs) else _ask_whole(fs, path))
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError("no such file", where=url) from None
    except IsADirectoryError:
        raise UsageError("a folder, where a file should be", where=url) from None


def _ask(
    fs: fsspec.AbstractFileSystem,
    method: str,
    path: str,
    *,
    timeout_s: float = WHOLE_S,
    sizes: tuple[int, ...] = (),
    **options: Any,
) -> Any:
    """What a store answers, however often it must be asked: bytes of one of the sizes, if any."""

    def request() -> Any:
        found = call(fs, method, path, timeout_s=timeout_s, **options)
        if sizes and len(found) not in sizes:
            raise ShortRead(f"{len(found):,} bytes where {sizes[0]:,} were asked for")
        return found

    return Patience(timeout_s=timeout_s).ask(request, str(fs.unstrip_protocol(path)))


def _ask_whole(fs: fsspec.AbstractFileSystem, path: str) -> bytes:
    """All bytes of an object: as many as the store says that it has.

    The size is asked for again in each try: the object may have been replaced meanwhile.
    """

    def request() -> bytes:
        size = call(fs, "info", path, timeout_s=TIMEOUT_S).get("size")
        found: bytes = call(fs, "cat_file", path, timeout_s=WHOLE_S)
        if size not in (None, len(found)):
            raise ShortRead(f"{len(found):,} bytes of a file of {size:,}")
        return found

    return Patience(timeout_s=WHOLE_S).ask(request, str(fs.unstrip_protocol(path)))


def _is_http(fs: fsspec.AbstractFileSystem) -> bool:
    return "http" in fs.protocol


def write_bytes(url: str, data: bytes) -> None:
    """Write a file atomically, replacing what was there.

    Args:
        url: The file; its folder is made where it is missing.
        data: All of its bytes.

    Raises:
        StorageError: The disk is full, or may not be written; the store did not take it.
    """
    fs, path = filesystem(url)
    if is_local(fs):
        write_pieces(url, (data,))
        return
    where, name = str(fs.unstrip_protocol(path)), path.rpartition("/")[2]
    patience = Patience(doing="written").grant(len(data))
    reach("before_upload", name)
    try:
        patience.ask(lambda: call(fs, "pipe_file", path, data, timeout_s=patience.timeout_s), where)
    except FileNotFoundError as error:
        raise StorageError("not written: the store has no such place", where=where) from error
    reach("after_upload", name)


def write_pieces(url: str, pieces: Iterable[bytes]) -> None:
    """The same piece by piece; what raises on the way leaves nothing.

    Args:
        url: The file; its folder is made where it is missing.
        pieces: Its bytes; asked for once the file is open.

    Raises:
        StorageError: The disk is full, or may not be written.
    """
    with open_new(url) as file:
        for piece in pieces:
            file.write(piece)


@contextmanager
def open_new(url: str) -> Iterator[BinaryIO]:
    """A file to write, which appears whole when the block ends; on a store it is held till then.

    Raises:
        StorageError: The disk is full, or may not be written.
    """
    fs, path = filesystem(url)
    if is_local(fs):
        with open_whole(path) as file:
            yield file
        return
    held = io.BytesIO()
    yield held
    write_bytes(url, held.getvalue())


def list_files(url: str, *, unfinished: bool = False) -> list[str]:
    """Paths below a folder, relative to it, sorted, without unfinished files and locks.

    Objects of a store that stand for folders, as pyarrow makes them, are no files.

    Args:
        url: The folder.
        unfinished: List unfinished files and locks too; in a finished folder there are none.

    Raises:
        StorageError: The store does not say.
        UsageError: An http URL with a query.
    """
    if _find_place(url)[2].startswith("?"):
        hint = "Give the URL of the folder itself, or copy the folder to this machine."
        raise UsageError("a URL with a query lists no files", where=url, hint=hint)
    fs, root = filesystem(url)
    files = (path for path in _find_below(fs, root) if path and not path.endswith("/"))
    return sorted(p for p in files if unfinished or not (is_partial(p) or is_lock(p)))


def list_folders(url: str) -> list[str]:
    """URLs of the folders right below one, sorted; none below a file.

    Raises:
        StorageError: The store does not say.
    """
    fs, root = filesystem(url)
    if is_local(fs):
        found = fs.ls(root, detail=True) if fs.isdir(root) else []
    else:
        found = _ask(fs, "ls", root, detail=True)
    names = [str(e["name"]).rstrip("/") for e in found if e["type"] == "directory"]
    return sorted(join(url, name.rpartition("/")[2]) for name in names)


def _find_below(fs: fsspec.AbstractFileSystem, root: str) -> list[str]:
    """Paths of all files below one, relative to it."""
    prefix = root.rstrip("/") + "/"
    return [path.removeprefix(prefix) for path in _find(fs, root)]


def _find(fs: fsspec.AbstractFileSystem, root: str) -> list[str]:
    """Paths of all files below one; empty if it is not there."""
    if is_local(fs):
        return list(fs.find(root)) if fs.exists(root) else []
    try:
        return _find_pages(fs, root) if _is_http(fs) else list(_ask(fs, "find", root))
    except FileNotFoundError:
        return []


def _find_pages(fs: fsspec.AbstractFileSystem, root: str) -> list[str]:
    """By the index pages of a web server.

    The file system's own ``find`` leaves out a folder whose page does not come, without a word.
    """
    prefix = root.rstrip("/") + "/"
    found = [
        entry
        for entry in _ask(fs, "ls", prefix, detail=True)
        # Pages also link to the folder above, and to themselves in another order.
        if entry["name"].startswith(prefix) and entry["name"] != prefix and "?" not in entry["name"]
    ]
    folders = [entry["name"] for entry in found if entry["type"] == "directory"]
    files = [entry["name"] for entry in found if entry["type"] != "directory"]
    return files + [path for folder in folders for path in _find_pages(fs, folder)]


def remove_partials(url: str) -> None:
    """Delete what killed writers left behind.

    A worker may outlive its driver by a moment and rename its file just now: it is whole then.
    """
    fs, root = filesystem(url)
    for path in filter(is_partial, _find_below(fs, root) if is_local(fs) else ()):
        with suppress(FileNotFoundError):
            fs.rm_file(join(root, path))


def remove_folder(url: str) -> None:
    """Delete a folder with all that is in it; nothing happens where there is none."""
    fs, root = filesystem(url)
    if not is_local(fs) and glob.escape(root) != root:  # there `rm` would take it for a pattern
        for path in _find(fs, root):
            fs.rm_file(path)
    elif fs.exists(root):
        fs.rm(root, recursive=True)


def sha256_of(url: str) -> tuple[str, int]:
    """Hash and size in bytes of a file, read in pieces.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: The store gives no answer.
    """
    digest, size = hashlib.sha256(), 0
    for piece in read_pieces(url):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def read_pieces(url: str) -> Iterator[bytes]:
    """The bytes of a file in pieces that can be held.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: The store gives no answer.
    """
    fs, path = filesystem(url)
    if is_local(fs):
        with fs.open(path, "rb") as file:
            while block := file.read(1 << 20):
                yield block
        return
    size = _ask(fs, "info", path, timeout_s=TIMEOUT_S).get("size")
    if size is None:  # a server that makes up the file as it goes
        yield _ask(fs, "cat_file", path)
        return
    for start in range(0, size, PIECE):
        end = min(start + PIECE, size)
        granted = Patience(timeout_s=TIMEOUT_S).grant(end - start).timeout_s
        sizes = (end - start, size)
        piece = _ask(fs, "cat_file", path, timeout_s=granted, sizes=sizes, start=start, end=end)
        yield piece
        if len(piece) == size:  # at once, or from a server that ignores ranges
            return


def read_json(url: str) -> Any:
    """The data of a JSON file.

    Raises:
        UsageError: It is missing or not JSON.
    """
    content = read_bytes(url)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:  # bytes that are no text among them
        raise UsageError(f"not JSON ({error})", where=url) from None


def write_json(url: str, data: Any) -> None:
    """Write a JSON file with sorted keys and a final newline, so that equal data are equal bytes.

    Args:
        url: The file; its folder is made where it is missing.
        data: Plain data: dicts, lists, strings, numbers, booleans, None.
    """
    write_bytes(url, to_json_bytes(data))


def to_json_bytes(data: Any) -> bytes:
    """What :func:`write_json` writes."""
    return (json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def is_local(fs: fsspec.AbstractFileSystem) -> bool:
    """Whether it is this machine's own file system, with renames, locks and fsync."""
    return "file" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,))
