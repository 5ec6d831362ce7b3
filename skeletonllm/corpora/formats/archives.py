"""Where a path or URL leads: into a folder, a store, or a ZIP archive that is read in place.

An archive is given as its own path (``motions.zip``), or as fsspec writes it: ``zip://::motions.zip``
for all of it, ``zip://set::motions.zip`` for a folder in it, ``zip://set/a.bvh::motions.zip`` for
one file. Nothing is unpacked to the disk, so names in an archive cannot lead out of it; those that
try to are listed as ``unsafe``.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import fsspec
from fsspec.implementations.zip import ZipFileSystem

from skeletonllm.errors import UsageError

ZIP = ".zip"
MAX_ENTRIES = 2_000_000
"""Most files of one archive: NTU RGB+D 120 has 114,480."""

_INSIDE = "zip://"


def locate(uri: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path in it; archives are opened once a process.

    Args:
        uri: Local, of a store, or ``zip://path::archive``.

    Raises:
        UsageError: The archive is none.
        OSError: It is not there, or cannot be read.
    """
    if not uri.startswith(_INSIDE):
        fs, path = fsspec.core.url_to_fs(uri)
        return fs, path
    inside, _, archive = uri.removeprefix(_INSIDE).partition("::")
    outer, path = fsspec.core.url_to_fs(archive)
    facts = outer.info(path)
    stamp = str(facts.get("mtime") or facts.get("LastModified") or facts.get("ETag") or "")
    return _opened(archive, facts["size"], stamp, os.getpid()), inside.strip("/")


def name_beside(uri: str, fs: Any, path: str) -> str:
    """The URI of another path of the file system in which ``uri`` lies.

    Args:
        uri: What :func:`locate` was given.
        fs: What it answered.
        path: Any path in it.
    """
    if not uri.startswith(_INSIDE):
        return str(fs.unstrip_protocol(path))
    return f"{_INSIDE}{path}::{uri.partition('::')[2]}"


def join(root: str, below: str) -> str:
    """The URI of what lies below a root, as the root was given.

    Args:
        root: A path or URL.
        below: Path from there on.

    Example:
        >>> join("raw/", "a.bvh"), join("zip://::a.zip", "b.bvh"), join("zip://set::a.zip", "b.bvh")
        ('raw/a.bvh', 'zip://b.bvh::a.zip', 'zip://set/b.bvh::a.zip')
    """
    if not root.startswith(_INSIDE):
        return f"{root.rstrip('/')}/{below}"
    inside, _, archive = root.removeprefix(_INSIDE).partition("::")
    return f"{_INSIDE}{'/'.join(filter(None, (inside.strip('/'), below)))}::{archive}"


def place_below(root: str, uri: str) -> str:
    """Where a file lies below the root that was listed; of a single file, its name.

    It is the same wherever that folder lies and whatever it is called, so it may stand in plans and
    releases, where folders of this machine have no place.

    Args:
        root: Folder, file or archive that was listed.
        uri: Of a file below it, or of a part of one (``a.json#3``).

    Example:
        >>> place_below("/data/raw/", "/data/raw/set/a.bvh"), place_below("raw/a.bvh", "raw/a.bvh")
        ('set/a.bvh', 'a.bvh')
        >>> place_below("/data/motions.zip", "zip://set/a.csv::/data/motions.zip#3")
        'set/a.csv#3'
    """
    if uri.startswith(_INSIDE):
        inside, _, archive = uri.removeprefix(_INSIDE).partition("::")
        base = inner_path(root) if root.startswith(_INSIDE) else ""
        path = inside + "".join(archive.rpartition("#")[1:] if "#" in archive else ())
    else:
        base, path = root, uri
    base = base.rstrip("/")
    below = path.removeprefix(base)
    if not below.startswith("/") and base:  # the root itself, or nothing below it
        return path.rpartition("/")[2]
    return below.lstrip("/")


def inner_path(uri: str) -> str:
    """The path in an archive, else the path or URL itself.

    Example:
        >>> inner_path("zip://set/a.bvh::b.zip"), inner_path("raw/a.bvh")
        ('set/a.bvh', 'raw/a.bvh')
    """
    return uri.removeprefix(_INSIDE).partition("::")[0] if uri.startswith(_INSIDE) else uri


def root_of(given: str) -> str:
    """What a user means by a path: an archive as a whole where it is one, else the path itself.

    Raises:
        UsageError: A pattern, or an archive that is not read in place.

    Example:
        >>> root_of("zip://*.bvh::motions.zip")
        'zip://::motions.zip'
    """
    if given.startswith(_INSIDE):
        inside, _, archive = given.removeprefix(_INSIDE).partition("::")
        if not archive:
            expected = "zip://FOLDER::ARCHIVE.zip, or zip://::ARCHIVE.zip for all of it"
            raise UsageError("a URL of no archive", expected=expected, where=given)
        if "*" in inside:  # readers choose by the ending themselves
            above = inside.partition("*")[0].rpartition("/")[0]
            return f"{_INSIDE}{above}::{archive}"
        return given
    if given.lower().endswith(ZIP):
        fs, path = fsspec.core.url_to_fs(given)
        return f"{_INSIDE}::{given}" if fs.isfile(path) else given
    return given


def list_archive(fs: ZipFileSystem, folder: str) -> Iterator[dict[str, Any]]:
    """Entries of the files below a folder of an archive, in one pass over its directory.

    ``name``, ``type``, ``size``, and ``unsafe`` for a name that leads out of the archive.

    Args:
        fs: From :func:`locate`.
        folder: Path in it, empty for all.
    """
    start = f"{folder}/" if folder else ""
    for info in fs.zip.infolist():
        name = info.filename.replace("\\", "/")
        if info.is_dir() or not name.startswith(start):
            continue
        parts = name.split("/")
        leads_out = name.startswith("/") or ".." in parts or ":" in parts[0]
        kind = "unsafe" if leads_out else "file"
        yield {"name": name.lstrip("/"), "type": kind, "size": info.file_size}


@lru_cache(maxsize=4)
def _opened(archive: str, size: int, stamp: str, process: int) -> ZipFileSystem:  # noqa: ARG001
    """An open archive; by its size, time and process, since a file that changed is another one."""
    try:
        fs = ZipFileSystem(archive)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UsageError(f"not a ZIP archive ({error})", where=archive) from None
    if len(fs.zip.infolist()) > MAX_ENTRIES:
        found = f"{len(fs.zip.infolist())} files in one archive"
        raise UsageError(found, expected=f"at most {MAX_ENTRIES}", where=archive)
    return fs
