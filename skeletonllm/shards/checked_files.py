"""Files that a manifest lists, each read against its hash: a release is what its manifest says."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.shards.manifest import REPAIR, Listed, Manifest
from skeletonllm.storage import TOPOLOGIES, join
from skeletonllm.storage.files import filesystem, is_local, read_pieces
from skeletonllm.storage.versions import check_table
from skeletonllm.topology import register_definitions

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas import TableSchema

log = logging.getLogger(__name__)

_BLOCK = 1 << 20


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
    """Say which file it was where pyarrow finds no parquet file in it, or there is none.

    Raises:
        ReleaseError: So it was; a file whose hash is right never comes to this.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield
    except FileNotFoundError as error:
        raise ReleaseError("no such file", where=where, hint=REPAIR) from error
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise ReleaseError(f"not a parquet file ({first})", where=where, hint=REPAIR) from error


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
        raise ReleaseError(f"not JSON ({error})", where=where, hint=REPAIR) from None


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
    raise ReleaseError(_describe(found), expected=expected, where=where, hint=REPAIR)


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
        raise ReleaseError(found, where=where, hint=REPAIR) from None


def _hash(file: BinaryIO) -> Listed:
    digest, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return Listed(digest.hexdigest(), size)


def _describe(listed: Listed) -> str:
    return f"{listed.bytes} bytes with sha256 {listed.sha256}"
