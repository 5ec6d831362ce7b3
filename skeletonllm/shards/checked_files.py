"""The files that a manifest lists, each read against its hash: a release is what its manifest says.

The manifest itself has nothing above it to be checked against. Its own hash is the identity of the
folder, which a saved state and the next release name.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from skeletonllm.errors import ReleaseError, SchemaError, UsageError
from skeletonllm.storage import TOPOLOGIES, exists, join, read_bytes
from skeletonllm.storage.files import filesystem, is_local, read_pieces
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.versions import check_table
from skeletonllm.topology import register_definitions

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas import TableSchema

log = logging.getLogger(__name__)

RELEASE = "skeletonllm.release"
"""What the manifest of a release states as its ``schema``."""
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_BLOCK = 1 << 20
_REPAIR = "Copy this file again from where the folder came from; `skeletonllm verify` checks all."


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
        raise ReleaseError("the manifest does not list this file", where=where, hint=_REPAIR)


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
        raise ReleaseError(f"not JSON ({error})", where=where, hint=_REPAIR) from None
    if not isinstance(data, dict):
        found = f"a JSON {type(data).__name__}"
        raise ReleaseError(found, expected="an object", where=where, hint=_REPAIR)
    files = _read_files(data, where)
    identity = _identify(data, hashlib.sha256(content).hexdigest(), where)
    if files is None:
        log.warning("%s lists no files: nothing in its folder is checked", where)
    return Manifest(folder, identity, files or {}, files is not None, data)


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
    raise ReleaseError("a release without name and version", where=where, hint=_REPAIR)


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
            raise ReleaseError(found, expected=expected, where=where, hint=_REPAIR)
        files[listed[0]] = listed[1]
    return files


def _read_entry(entry: Any) -> tuple[str, Listed] | None:
    if not isinstance(entry, dict):
        return None
    path, sha256, size = (entry.get(key) for key in ("path", "sha256", "bytes"))
    if not isinstance(path, str) or {"", ".", ".."} & set(path.split("/")):
        return None
    if not isinstance(sha256, str) or not _SHA256.match(sha256):
        return None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return None
    return path, Listed(sha256, size)


@contextmanager
def open_checked(folder: str, name: str, manifest: Manifest) -> Iterator[BinaryIO]:
    """A file, opened, once all of its bytes have been found to be those the manifest lists.

    It is hashed block by block and never held. What lies on another machine is copied first, to an
    unnamed temporary file, so that the bytes that are used are those that were hashed.

    Args:
        folder: Of the release or of the stage.
        name: Path of the file in it.
        manifest: What :func:`read_manifest` gave.

    Raises:
        ReleaseError: It is missing, not listed, or differs.
        StorageError: The store gives no right answer.
    """
    with _open_right(join(folder, name), manifest.find(name)) as file:
        yield file


def read_checked(folder: str, name: str, manifest: Manifest) -> bytes:
    """The bytes of a file that the manifest lists.

    Args:
        folder: Of the release or of the stage.
        name: Path of the file in it.
        manifest: What :func:`read_manifest` gave.

    Raises:
        ReleaseError: It is missing, not listed, or differs.
        StorageError: The store gives no right answer.
    """
    with open_checked(folder, name, manifest) as file:
        return file.read()


def read_checked_table(
    folder: str,
    name: str,
    manifest: Manifest,
    schema: TableSchema,
    columns: list[str] | None = None,
) -> pa.Table:
    """A parquet file that the manifest lists, in the columns of the schema.

    Args:
        folder: Of the release or of the stage.
        name: Path of the file in it.
        manifest: What :func:`read_manifest` gave.
        schema: What the file must be of.
        columns: Those to read; None for all.

    Raises:
        ReleaseError: It is missing, not listed, differs, or is no parquet file.
        SchemaError: Not of this schema, of another major version of it, or without a column.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - only who has tables waits for pyarrow

    where = join(folder, name)
    with (
        open_checked(folder, name, manifest) as file,
        refuse_broken(where),
        pq.ParquetFile(file, pre_buffer=False) as parquet,
    ):
        check_table(schema, parquet.schema_arrow, where)
        there = set(parquet.schema_arrow.names)
        wanted = None if columns is None else [column for column in columns if column in there]
        table = schema.conform(parquet.read(columns=wanted, use_threads=False), columns)
    if lost := [n for n in columns or schema.arrow.names if n not in table.column_names]:
        found = f"{schema.name}: missing columns {lost}"
        raise SchemaError(found, where=where, hint="Run the job that makes it again.")
    return table


@contextmanager
def refuse_broken(where: str) -> Iterator[None]:
    """Say which file it was where pyarrow finds no parquet file in it.

    Raises:
        ReleaseError: It did; a file whose hash is right never comes to this.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise ReleaseError(f"not a parquet file ({first})", where=where, hint=_REPAIR) from error


def read_checked_json(folder: str, name: str, manifest: Manifest) -> Any:
    """The data of a JSON file that the manifest lists.

    Args:
        folder: Of the release or of the stage.
        name: Path of the file in it.
        manifest: What :func:`read_manifest` gave.

    Raises:
        ReleaseError: It is missing, not listed, differs, or is not JSON.
    """
    content = read_checked(folder, name, manifest)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        where = join(folder, name)
        raise ReleaseError(f"not JSON ({error})", where=where, hint=_REPAIR) from None


def load_checked_topologies(manifest: Manifest) -> None:
    """Register the skeletons that a folder defines, if it defines any.

    Raises:
        ReleaseError: The file that defines them differs from what the manifest lists.
        UsageError: One has the name but not the definition of a skeleton known here.
    """
    if manifest.has(TOPOLOGIES):
        definitions = read_checked_json(manifest.folder, TOPOLOGIES, manifest)
        register_definitions(definitions, join(manifest.folder, TOPOLOGIES))


def _open_right(where: str, listed: Listed | None) -> BinaryIO:
    """The file, or a copy of it on this machine, of the bytes that are listed."""
    file, is_copy = _open_here(where, listed)
    if listed is None or (found := _hash(file)) == listed:
        return file
    file.close()
    if is_copy:  # what was sent may be wrong, and not the file
        log.warning("%s: %s; fetched once more", where, _describe(found))
        file, _ = _open_here(where, listed)
        if (found := _hash(file)) == listed:
            return file
        file.close()
    expected = f"{_describe(listed)}, as the manifest says"
    raise ReleaseError(_describe(found), expected=expected, where=where, hint=_REPAIR)


def _open_here(where: str, listed: Listed | None) -> tuple[BinaryIO, bool]:
    """The file itself, or a copy of it on this machine; and whether it is a copy."""
    fs, path = filesystem(where)
    try:
        if is_local(fs):
            return open(path, "rb"), False  # noqa: PTH123 - a path that fsspec resolved
        with ExitStack() as opened:
            copy = opened.enter_context(tempfile.TemporaryFile())
            for piece in read_pieces(where):
                copy.write(piece)
            copy.seek(0)
            opened.pop_all()
            return cast("BinaryIO", copy), True
    except FileNotFoundError:
        found = "no such file" + ("" if listed is None else ", though the manifest lists it")
        raise ReleaseError(found, where=where, hint=_REPAIR) from None


def _hash(file: BinaryIO) -> Listed:
    digest, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return Listed(digest.hexdigest(), size)


def _describe(listed: Listed) -> str:
    return f"{listed.bytes} bytes with sha256 {listed.sha256}"
