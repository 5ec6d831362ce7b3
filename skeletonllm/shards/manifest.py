"""The manifest of a release or of finished shards: who the folder is, and what it must hold.

The manifest itself has nothing above it to be checked against. Its own hash is the identity of the
folder, which a saved state and the next release name.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from schemas.release import is_sha256
from skeletonllm.errors import ReleaseError, StorageError, UsageError
from skeletonllm.storage import exists, join, read_bytes, read_json
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.layout import MANIFEST

log = logging.getLogger(__name__)

RELEASE = "skeletonllm.release"
"""What the manifest of a release states as its ``schema``."""
RECIPE = "skeletonllm.recipe"
"""What that of a recipe states: all that a release says of its clips, and no motion."""
_OURS = (RELEASE, RECIPE)
REPAIR = "Copy this file again from where the folder came from; `skeletonllm verify` checks all."
"""What to do about a file that is not what the manifest lists."""


@dataclass(frozen=True)
class Identity:
    """Which release, or which finished folder of shards, this is.

    Args:
        name: Of the release; ``shards`` for a folder of shards.
        version: Of the release; "" for a folder of shards.
        sha256: Hash of its manifest, in hex. Where two differ in it, they are not the same.
    """

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{f'{self.name} {self.version}'.strip()} ({self.sha256[:12]})"


class Listed(NamedTuple):
    """What a manifest says of a file."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """The manifest of a release or of the finished folder of a stage.

    Args:
        folder: Where it lies.
        identity: Who it is.
        files: What it lists, by path.
        checked: Whether it lists files at all. Those of the tests, and none that a job writes, do
            not; then nothing can be checked.
        data: All that it says.
    """

    folder: str
    identity: Identity
    files: Mapping[str, Listed] = field(repr=False)
    checked: bool
    data: Mapping[str, Any] = field(repr=False)

    @property
    def is_release(self) -> bool:
        """Whether it is of a release, and not of a stage."""
        return self.data.get("schema") == RELEASE

    @property
    def is_recipe(self) -> bool:
        """Whether it is of a recipe, which has no samples."""
        return self.data.get("schema") == RECIPE

    @property
    def parent(self) -> Identity | None:
        """The release that this one replaces; None if it replaces none.

        Raises:
            ReleaseError: What it says of its parent is no such thing.
        """
        lineage = self.data.get("lineage")
        parent = lineage.get("parent") if isinstance(lineage, dict) else None
        if parent is None:
            return None
        keys = ("name", "version", "manifest_sha256")
        if isinstance(parent, dict) and all(isinstance(parent.get(key), str) for key in keys):
            return Identity(*(parent[key] for key in keys))
        expected = f"an object with {', '.join(keys)}"
        where = join(self.folder, MANIFEST)
        raise ReleaseError("the parent of the release is not named", expected=expected, where=where)

    def has(self, path: str) -> bool:
        """Whether a file belongs to the folder; one that is not listed lies there by chance."""
        return path in self.files if self.checked else exists(join(self.folder, path))

    def find(self, path: str) -> Listed | None:
        """What it says of a file; None if it lists no files at all.

        Raises:
            ReleaseError: It lists others, and not this one.
        """
        if path in self.files or not self.checked:
            return self.files.get(path)
        where = join(self.folder, path)
        raise ReleaseError("the manifest does not list this file", where=where, hint=REPAIR)


def read_manifest(folder: str) -> Manifest:
    """The manifest of a release, or of the finished folder of a stage, of any version.

    Raises:
        ReleaseError: There is none, or it is damaged.
    """
    where = join(folder, MANIFEST)
    try:
        content = read_bytes(where)
    except (UsageError, NotADirectoryError):
        hint = "Give the folder of a release, or finished output of build-shards."
        raise ReleaseError(f"no {MANIFEST}", where=folder, hint=hint) from None
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:  # bytes that are no text among them
        raise ReleaseError(f"not JSON ({error})", where=where, hint=REPAIR) from None
    if not isinstance(data, dict):
        found = f"a JSON {type(data).__name__}"
        raise ReleaseError(found, expected="an object", where=where, hint=REPAIR)
    files = _read_files(data, where)
    identity = _identify(data, hashlib.sha256(content).hexdigest(), where)
    if files is None:
        log.warning("%s lists no files: nothing in its folder is checked", where)
    return Manifest(folder, identity, files or {}, files is not None, data)


def refuse_inside(folder: str) -> None:
    """Let a folder pass that neither is a release, a recipe or a finished stage, nor lies in one.

    A version that is written into one of these damages it. All folders above are looked at, as far
    as a store lets us.

    Raises:
        UsageError: It is one, or lies in one.
        StorageError: The store does not say.
    """
    for above in _list_upwards(folder):
        try:
            stated = read_json(join(above, MANIFEST)) if exists(join(above, MANIFEST)) else None
        except UsageError:  # not JSON, so none that anybody reads
            continue
        except StorageError:
            if above == folder:
                raise
            return
        if isinstance(stated, dict) and ("stage" in stated or stated.get("schema") in _OURS):
            found = "a finished release, recipe or stage lies here; nothing is written into it"
            hint = "Name a folder outside of it, which holds all releases."
            raise UsageError(found, where=above, hint=hint)


def _list_upwards(folder: str) -> list[str]:
    """A folder and all above it; of a store, up to its bucket."""
    fs, path = filesystem(folder)
    if is_local(fs):
        real = Path(path).resolve()  # a link may lead into a release
        return [folder, str(real), *map(str, real.parents)]
    protocol, colon, names = folder.rstrip("/").rpartition("://")
    parts = [] if "::" in folder else names.split("/")
    above = ("/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return [folder, *(f"{protocol}{colon}{path}" for path in above)]


def find_manifest(folder: str) -> Manifest:
    """That of the folder, or one that lists nothing where it has none: nobody's release.

    Raises:
        ReleaseError: It is damaged.
    """
    return read_manifest(folder) if exists(join(folder, MANIFEST)) else unchecked(folder)


def unchecked(folder: str) -> Manifest:
    """A manifest that lists nothing, for a folder that has none."""
    return Manifest(folder, Identity("", "", ""), {}, False, {})


def _identify(data: dict[str, Any], sha256: str, where: str) -> Identity:
    if data.get("schema") != RELEASE:
        return Identity("shards", "", sha256)
    name, version = data.get("name"), data.get("version")
    if isinstance(name, str) and isinstance(version, str):
        return Identity(name, version, sha256)
    raise ReleaseError("a release without name and version", where=where, hint=REPAIR)


def _read_files(data: dict[str, Any], where: str) -> dict[str, Listed] | None:
    """What it lists; None where it was written by no job, and lists nothing."""
    if "files" not in data and "schema" not in data:
        return None
    entries = data.get("files")
    files: dict[str, Listed] = {}
    for entry in entries if isinstance(entries, list) else [None]:
        listed = _read_entry(entry)
        if listed is None or listed[0] in files:
            found = f"the list of files is damaged at {str(entry)[:80]!r}"
            expected = "each path once, with its sha256 and bytes"
            raise ReleaseError(found, expected=expected, where=where, hint=REPAIR)
        files[listed[0]] = listed[1]
    return files


def _read_entry(entry: Any) -> tuple[str, Listed] | None:
    if not isinstance(entry, dict):
        return None
    path, sha256, size = (entry.get(key) for key in ("path", "sha256", "bytes"))
    if not isinstance(path, str) or {"", ".", ".."} & set(path.split("/")):
        return None
    if not is_sha256(sha256):
        return None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return None
    return path, Listed(sha256, size)
