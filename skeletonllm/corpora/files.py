"""Listing and loading raw files behind paths and URLs, defensively.

Nothing here trusts a file: a directory may be named like a clip, a size may lie, and a name may
occur twice below one root.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import fsspec

from skeletonllm.corpora.reader import Source
from skeletonllm.errors import REJECT_CODES, SourceError, UsageError

Entry = dict[str, Any]
"""What fsspec says about one path: name, type, size and, for links, islink."""

MAX_BYTES = 64 << 20
"""Largest file of one clip; real ones stay below 10 MB. Text of tiny lines takes 20 times its
size in memory."""


def list_sources(root: str, suffix: str, *, folder: str | None = None) -> list[Source]:
    """Everything below ``root`` whose name ends in ``suffix``, sorted by id.

    Directories and special files of such a name are listed with the fault ``not_a_file``, and the
    second file of an id with ``duplicate_id``, so that they become rejects. Hidden names (a leading
    dot) are left out: they are what editors, macOS and half-finished copies leave behind.

    Args:
        root: A folder, searched with its subfolders, or one file; a path or a URL.
        suffix: For example ``.skeleton``, in lower case; names are compared without case.
        folder: Only what lies directly in a folder of this name.

    Raises:
        UsageError: There is no such root, or nothing of this suffix in it.
    """
    fs, base = fsspec.core.url_to_fs(str(root))
    if not fs.exists(base):
        raise UsageError("no such file or folder", where=str(root), hint="Check the path.")
    entry = _resolved(fs, fs.info(base))
    if entry["type"] != "directory":
        found = [_source(entry, str(root))] if str(root).lower().endswith(suffix) else []
    else:
        found = [
            _source(entry, f"{str(root).rstrip('/')}/{_relative(entry['name'], base)}")
            for entry in _walk(fs, base, suffix)
            if folder in (None, PurePosixPath(entry["name"]).parent.name)
        ]
    if not found:
        within = f" in a folder {folder}" if folder else ""
        raise UsageError(f"no {suffix} file{within}", where=str(root), hint="Is it this corpus?")
    return _mark_duplicates(sorted(found, key=lambda source: (source.source_id, source.uri)))


def load(source: Source, limit: int = MAX_BYTES) -> bytes:
    """All bytes of a source.

    Raises:
        SourceError: ``empty``, ``not_a_file``, ``unreadable``, ``duplicate_id``, or ``unsafe`` for
            more than ``limit`` bytes.
    """
    if source.fault:
        raise SourceError(source.fault, REJECT_CODES[source.fault])
    fs, path = fsspec.core.url_to_fs(source.uri)
    try:
        info = _resolved(fs, fs.info(path))
        if info["type"] != "file":
            raise SourceError("not_a_file", f"a {info['type']}", expected="a regular file")
        if (info["size"] or 0) > limit:
            raise SourceError("unsafe", f"{info['size']} bytes", expected=f"at most {limit}")
        with fs.open(path, "rb") as file:
            # read() takes as much memory as it is asked for, whatever is there
            data = bytes(file.read(limit if info["size"] is None else info["size"]))
    except OSError as error:
        raise SourceError("unreadable", f"{type(error).__name__}: {error.strerror}") from error
    if not data:
        raise SourceError("empty", REJECT_CODES["empty"])
    return data


def decode(data: bytes) -> str:
    """UTF-8 text, with or without a byte order mark.

    Raises:
        SourceError: ``encoding``, with the offset of the first bad byte; ``empty`` for blanks only.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8"
        raise SourceError("encoding", found, expected="UTF-8 text") from None
    if not text.strip():
        raise SourceError("empty", "nothing but blanks")
    return text


def _walk(fs: Any, folder: str, suffix: str) -> Iterator[Entry]:
    """Entries whose name ends in ``suffix``; every folder is searched once, by whatever name.

    Real folders come before linked ones, so that links that lead around in a circle, or a hundred
    links to one folder, add nothing. A folder that cannot be listed is an entry itself.
    """
    seen = {os.path.realpath(folder)}
    pending, linked = [(folder, os.path.realpath(folder))], list[tuple[str, str]]()
    while pending or linked:
        name, real = pending.pop() if pending else linked.pop(0)
        try:
            listed = fs.ls(name, detail=True)
        except OSError:
            yield {"name": name, "type": "unreadable", "size": 0}
            continue
        for found in sorted(listed, key=lambda entry: str(entry["name"])):
            entry, own = _resolved(fs, found), PurePosixPath(found["name"]).name
            if own.startswith("."):
                continue
            if own.lower().endswith(suffix):
                yield entry
            elif entry["type"] == "directory":
                is_link = bool(found.get("islink"))
                place = os.path.realpath(found["name"]) if is_link else f"{real}/{own}"
                if place not in seen and not (is_link and _is_astray(place, seen)):
                    seen.add(place)
                    (linked if is_link else pending).append((entry["name"], place))


def _is_astray(place: str, seen: set[str]) -> bool:
    """Whether a link leads to where the search came from, or to what is no disk."""
    holds_search = any(f"{folder}/".startswith(f"{place.rstrip('/')}/") for folder in seen)
    return holds_search or place.startswith(("/proc", "/sys", "/dev"))


def _resolved(fs: Any, entry: Entry) -> Entry:
    """What a symbolic link leads to, under the link's own name."""
    if not entry.get("islink"):
        return entry
    try:
        return {**fs.info(entry["name"]), "name": entry["name"]}
    except OSError:
        return {**entry, "type": "broken link"}


def _relative(path: str, base: str) -> str:
    return path.removeprefix(base.rstrip("/")).lstrip("/")


def _source(entry: Entry, uri: str) -> Source:
    fault = {"file": "", "unreadable": "unreadable"}.get(entry["type"], "not_a_file")
    size = 0 if fault else int(entry["size"] or 0)
    plain = uri.encode(errors="backslashreplace").decode()  # names of files are bytes
    return Source(plain, PurePosixPath(plain).stem, size, fault if plain == uri else "encoding")


def _mark_duplicates(sources: list[Source]) -> list[Source]:
    seen: set[str] = set()
    marked = []
    for source in sources:
        twice = source.source_id in seen and not source.fault
        fault = "duplicate_id" if twice else source.fault
        marked.append(Source(source.uri, source.source_id, source.size, fault))
        if not fault:
            seen.add(source.source_id)
    return marked
