"""Listing and loading raw files behind paths and URLs, defensively.

Nothing here trusts a file: a directory may be named like a clip, a size may lie, and a name may
occur twice below one root.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from skeletonllm.corpora.formats.archives import (
    ZIP,
    inner_path,
    join,
    list_archive,
    locate,
    root_of,
)
from skeletonllm.corpora.formats.foreign import advise_on
from skeletonllm.corpora.formats.packed import GZ, unpack, without_gz
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
    others: list[str] = []
    entries = [*_entries(str(root), suffixes, folder, others)]
    sources: list[Source] = []
    for entry, uri, below in entries:
        plain = plain_path(_text(uri))
        if keep(plain):
            own = None if own_id is None else own_id(plain)
            name = source_id(without_gz(_text(below)), folder, own)
            sources.append(_source(entry, uri, name))
    if not sources:
        within = f" in a folder {folder}" if folder else ""
        named = " that is named as this corpus names them" if entries else ""
        missing = f"no {' or '.join(suffixes)} file{within}{named}"
        hint = advise_on(others) or "Is it this corpus?"
        raise UsageError(missing, where=str(root), hint=hint)
    return mark_duplicates(sources)


def plain_path(uri: str) -> str:
    """The path of a source as it would be unpacked: without its archive, and without ``.gz``.

    Readers that tell formats by the ending ask for the ending of this.

    Example:
        >>> plain_path("zip://set/a.npy.gz::motions.zip"), plain_path("raw/a.npy")
        ('set/a.npy', 'raw/a.npy')
    """
    return without_gz(inner_path(uri))


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
    try:
        fs, path = locate(source.uri)
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
    except _BAD_MEMBER as error:
        raise SourceError("unreadable", f"not to be unpacked ({error})") from None
    if path.lower().endswith(GZ):
        data = unpack(data, limit)
    if not data:
        raise SourceError("empty", REJECT_CODES["empty"])
    if data[0] == 0 and data.count(0) == len(data):
        hint = "A copy that was cut off leaves such a file: fetch it again."
        raise SourceError("format", f"{len(data)} bytes, all of them zero", hint=hint)
    return data


_BAD_MEMBER = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    UnicodeError,
)
"""Of a ZIP archive: a wrong checksum, a cut end, an unknown method, a password, a name."""


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
    root: str, suffixes: tuple[str, ...], folder: str | None, others: list[str]
) -> Iterator[tuple[Entry, str, str]]:
    """Entry of each file, its path from the root on as given, and its path below the root.

    ``others`` collects names of files of other endings, as far as there is something to say of one.
    """
    root = root_of(root)
    fs, base = _located(root)
    if not fs.exists(base):
        raise UsageError("no such file or folder", where=root, hint="Check the path.")
    endings = (*suffixes, *(f"{suffix}{GZ}" for suffix in suffixes))
    entry = _resolved(fs, fs.info(base)) if base else {"name": "", "type": "directory"}
    if entry["type"] != "directory":
        name = PurePosixPath(inner_path(root)).name
        if name.lower().endswith(endings):
            yield entry, root, name
        others.append(name)
        return
    packed, found = list[str](), 0
    for each in _files_in(fs, base, (*endings, *_OTHERS)):
        name, below = PurePosixPath(each["name"]).name.lower(), _relative(each["name"], base)
        if name.endswith(endings) or each["type"] == "unreadable":
            if folder in (None, PurePosixPath(each["name"]).parent.name):
                found += 1
                yield each, join(root, below), below
        elif name.endswith(ZIP) and not hasattr(fs, "zip"):
            packed.append(below)
        elif len(others) < _FEW:
            others.append(name)
    for below in () if found else packed:
        yield from _packed_entries(join(root, below), below, endings, folder, others)


def _packed_entries(
    archive: str, below: str, endings: tuple[str, ...], folder: str | None, others: list[str]
) -> Iterator[tuple[Entry, str, str]]:
    """Like :func:`_entries`, of an archive in a folder; the archive's name is part of the path."""
    try:
        root = root_of(archive)
        fs, _ = locate(root)
    except (UsageError, OSError):
        others.append(below)
        return
    stem = PurePosixPath(below).with_suffix("")
    for each in _files_in(fs, "", endings):
        if folder in (None, PurePosixPath(each["name"]).parent.name):
            yield each, join(root, each["name"]), f"{stem}/{each['name']}"


_OTHERS = (ZIP, ".fbx", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar.gz", ".mvn", ".tak")
"""Endings of files that a person should hear about where there is nothing else."""

_FEW = 20


def _located(root: str) -> tuple[Any, str]:
    try:
        return locate(root)
    except OSError as error:
        found = f"no such file or folder ({type(error).__name__})"
        raise UsageError(found, where=root, hint="Check the path.") from None


def _files_in(fs: Any, folder: str, suffixes: tuple[str, ...]) -> Iterator[Entry]:
    """Entries of a folder, or of an archive, whose name ends in one of ``suffixes``."""
    if not hasattr(fs, "zip"):
        yield from _walk(fs, folder, suffixes)
        return
    for entry in list_archive(fs, folder):
        parts = entry["name"].split("/")
        hidden = parts[0] == "__MACOSX" or any(p.startswith(".") and p != ".." for p in parts)
        if not hidden and entry["name"].lower().endswith(suffixes):
            yield entry


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
    known = {"file": "", "unreadable": "unreadable", "unsafe": "unsafe"}
    fault = known.get(entry["type"], "not_a_file")
    size = 0 if fault else int(entry["size"] or 0)
    plain = _text(uri)
    return Source(plain, name, size, fault if plain == uri else "encoding")
