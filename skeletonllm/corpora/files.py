"""Listing and loading raw files behind paths and URLs, defensively.

Nothing here trusts a file: a directory may be named like a clip, a size may lie, and a name may
occur twice below one root.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import fsspec

from skeletonllm.corpora.reader import Source
from skeletonllm.errors import REJECT_CODES, SourceError, UsageError

Entry = dict[str, Any]
"""What fsspec says about one path: name, type, size and, for links, islink."""

OwnId = Callable[[str], str | None]
"""From the path of a file to the id that its corpus gives it, or None."""

MAX_BYTES = 64 << 20
"""Largest file of one clip; real ones stay below 10 MB. Text of tiny lines takes 20 times its
size in memory."""


def list_sources(
    root: str,
    *suffixes: str,
    folder: str | None = None,
    own_id: OwnId | None = None,
    keep: Callable[[str], object] = lambda _: True,
) -> list[Source]:
    """All files of some endings below ``root``, sorted by id; see :func:`source_id` for the ids.

    Directories and special files of such a name are listed with the fault ``not_a_file``, and the
    second file of an id with ``duplicate_id``, so that they become rejects. Hidden names (a leading
    dot) are left out: they are what editors, macOS and half-finished copies leave behind.

    Args:
        root: A folder, searched with its subfolders, or one file; a path or a URL.
        suffixes: For example ``.skeleton``, in lower case; names are compared without case.
        folder: Only what lies directly in a folder of this name.
        own_id: The id that a corpus itself gives a file, from its path; None where it gives none.
        keep: Whether a path is listed. Text files say nothing of their corpus, so names must.

    Raises:
        UsageError: There is no such root, or nothing of this kind in it.

    Example:
        >>> [s.source_id for s in list_sources("h36m", ".npy", ".npz")]  # doctest: +SKIP
        ['S1/Eating', 'S1/Walking 1']
    """
    entries = [*_entries(str(root), suffixes, folder)]
    sources: list[Source] = []
    for entry, uri, below in entries:
        plain = _text(uri)
        if keep(plain):
            own = None if own_id is None else own_id(plain)
            sources.append(_source(entry, uri, source_id(_text(below), folder, own)))
    if not sources:
        within = f" in a folder {folder}" if folder else ""
        named = " that is named as this corpus names them" if entries else ""
        missing = f"no {' or '.join(suffixes)} file{within}{named}"
        raise UsageError(missing, where=str(root), hint="Is it this corpus?")
    return mark_duplicates(sources)


def source_id(below: str, folder: str | None = None, own: str | None = None) -> str:
    """The id of a source: what its corpus calls it, else its path below the root without ending.

    So files of one name in two folders are two sources. Names that a corpus itself gave out are
    unique in it: they stay the same whichever folder above them is listed.

    Args:
        below: Path of the file below the root that was listed; of a single file, its name.
        folder: Name of the folder that the format puts its files into; it is left out.
        own: What the corpus calls the file, if it does.

    Example:
        >>> source_id("subjects/02/02_01.amc"), source_id("KIT/new_joints/a.npy", "new_joints")
        ('subjects/02/02_01', 'KIT/a')
    """
    if own is not None:
        return own
    *folders, name = PurePosixPath(below).with_suffix("").parts
    if folder is not None and folders[-1:] == [folder]:
        folders.pop()
    return "/".join([*folders, name])


def own_stem(pattern: re.Pattern[str]) -> OwnId:
    """From a path to the file's name without its ending where it fits a pattern, else to None."""

    def stem_of(uri: str) -> str | None:
        stem = PurePosixPath(uri.replace("\\", "/")).stem
        return stem if pattern.fullmatch(stem) else None

    return stem_of


def mark_duplicates(sources: Iterable[Source]) -> list[Source]:
    """The sources sorted by id, with ``duplicate_id`` at every one but the first sound of an id."""
    taken: set[str] = set()
    marked = []
    for source in sorted(sources, key=lambda source: (source.source_id, source.uri)):
        twice = source.source_id in taken and not source.fault
        marked.append(replace(source, fault="duplicate_id") if twice else source)
        if not marked[-1].fault:
            taken.add(source.source_id)
    return marked


def load(source: Source, limit: int = MAX_BYTES) -> bytes:
    """All bytes of a source.

    Args:
        source: As a lister gave it.
        limit: Most bytes that are read.

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


def _entries(
    root: str, suffixes: tuple[str, ...], folder: str | None
) -> Iterator[tuple[Entry, str, str]]:
    """Entry of each file, its path from the root on as given, and its path below the root."""
    fs, base = fsspec.core.url_to_fs(root)
    if not fs.exists(base):
        raise UsageError("no such file or folder", where=root, hint="Check the path.")
    entry = _resolved(fs, fs.info(base))
    if entry["type"] != "directory":
        if root.lower().endswith(suffixes):
            yield entry, root, PurePosixPath(root).name
        return
    for found in _walk(fs, base, suffixes):
        if folder in (None, PurePosixPath(found["name"]).parent.name):
            below = _relative(found["name"], base)
            yield found, f"{root.rstrip('/')}/{below}", below


def _walk(fs: Any, folder: str, suffixes: tuple[str, ...]) -> Iterator[Entry]:
    """Entries whose name ends in one of ``suffixes``; each folder is searched once, by any name.

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
            if own.lower().endswith(suffixes):
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


def _text(name: str) -> str:
    """A name that can be written down: names of files are bytes, and some are no text."""
    return name.encode(errors="backslashreplace").decode()


def _source(entry: Entry, uri: str, name: str) -> Source:
    fault = {"file": "", "unreadable": "unreadable"}.get(entry["type"], "not_a_file")
    size = 0 if fault else int(entry["size"] or 0)
    plain = _text(uri)
    return Source(plain, name, size, fault if plain == uri else "encoding")
