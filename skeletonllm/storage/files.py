"""Files behind URLs, written whole or not at all.

A local file is written under a temporary name beside its place and renamed; an object store makes
an object visible only when it is complete, so there a plain upload is already atomic.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import fsspec

from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.storage.failpoints import reach
from skeletonllm.storage.versions import check_table

if TYPE_CHECKING:
    from schemas import TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

PARTIAL = ".partial-"
"""Part of the name of every unfinished local file."""

LOCK = ".lock"
"""End of the name of a lock, which begins with a dot; see :mod:`skeletonllm.storage.lock`."""


_LOCAL = fsspec.filesystem("file")


def filesystem(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The fsspec file system of a URL, and the path within it."""
    text = str(url)
    if "://" not in text and "::" not in text:  # nothing to look up, and asked for each answer
        return _LOCAL, str(_LOCAL._strip_protocol(text))
    fs, path = fsspec.core.url_to_fs(text)
    return fs, path


def join(base: str, *names: str) -> str:
    """``base/name/...`` for a path or a URL."""
    return "/".join([str(base).rstrip("/"), *names])


def absolute(url: str) -> str:
    """A URL as it is, a local path from the root on.

    Example:
        >>> absolute("s3://lab/out")
        's3://lab/out'
    """
    return url if "://" in url else os.path.abspath(url)  # noqa: PTH100 - links stay links


def exists(url: str) -> bool:
    """Whether a file or folder is there."""
    fs, path = filesystem(url)
    return bool(fs.exists(path))


def read_bytes(url: str) -> bytes:
    """The bytes of a whole file.

    Raises:
        UsageError: There is no such file.
    """
    fs, path = filesystem(url)
    try:
        return bytes(fs.cat_file(path))
    except FileNotFoundError:
        raise UsageError("no such file", where=url) from None


def write_bytes(url: str, data: bytes) -> None:
    """Write a file atomically, replacing what was there.

    Args:
        url: The file; its folder is made where it is missing.
        data: All of its bytes.
    """
    fs, path = filesystem(url)
    if not is_local(fs):
        fs.pipe_file(path, data)
        return
    folder, name = os.path.split(path)
    partial = join(folder, f".{name}{PARTIAL}{uuid.uuid4().hex}")
    try:
        _write_durably(partial, data)
    except FileNotFoundError:  # the folder: it is there nearly always, so it is not asked for
        _make_folder(folder)
        _write_durably(partial, data)
    reach("before_rename", name)
    os.replace(partial, path)  # noqa: PTH105
    _sync_folder(folder)
    reach("after_rename", name)


def _make_folder(folder: str) -> None:
    """Make a folder and all above it, each durable in the one that holds it."""
    above = os.path.dirname(folder)  # noqa: PTH120 - a path that fsspec resolved
    if not os.path.isdir(above):  # noqa: PTH112
        _make_folder(above)
    with suppress(FileExistsError):  # another writer was faster
        os.mkdir(folder)  # noqa: PTH102
    _sync_folder(above)


def _write_durably(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - a path that fsspec resolved
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
    """Make a rename durable: the file's own bytes are, but without its name they are lost."""
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        with suppress(OSError):  # some network mounts cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def list_files(url: str) -> list[str]:
    """Paths below a folder, relative to it, sorted, without unfinished files and locks."""
    fs, root = filesystem(url)
    if not fs.exists(root):
        return []
    prefix = root.rstrip("/") + "/"
    paths = [path.removeprefix(prefix) for path in fs.find(root)]
    return sorted(path for path in paths if PARTIAL not in path and not _is_lock(path))


def remove_partials(url: str) -> None:
    """Delete what killed writers left behind.

    A worker may outlive its driver by a moment and rename its file just now: it is whole then.
    """
    fs, root = filesystem(url)
    if is_local(fs) and fs.exists(root):
        for path in fs.find(root):
            if PARTIAL in path:
                with suppress(FileNotFoundError):
                    fs.rm_file(path)


def sha256_of(url: str) -> tuple[str, int]:
    """Hash and size in bytes of a file, read in blocks."""
    fs, path = filesystem(url)
    digest, size = hashlib.sha256(), 0
    with fs.open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def read_json(url: str) -> Any:
    """The data of a JSON file.

    Raises:
        UsageError: It is missing or not JSON.
    """
    try:
        return json.loads(read_bytes(url))
    except json.JSONDecodeError as error:
        raise UsageError(f"not JSON ({error})", where=url) from None


def write_json(url: str, data: Any) -> None:
    """Write a JSON file with sorted keys and a final newline, so that equal data are equal bytes.

    Args:
        url: The file; its folder is made where it is missing.
        data: Plain data: dicts, lists, strings, numbers, booleans, None.
    """
    text = json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False)
    write_bytes(url, (text + "\n").encode())


def read_table(
    url: str, columns: list[str] | None = None, schema: TableSchema | None = None
) -> pa.Table:
    """A parquet file, in the columns of the schema whatever minor version wrote it.

    Read through ParquetFile and in this thread: ``pq.read_table`` leaves the Python file to a
    background thread, which can abort a process that exits at that moment.

    Args:
        url: The file.
        columns: Those to read; None for all.
        schema: What the file must be of, where it is a table of ours.

    Raises:
        SchemaError: Not of this schema, of another major version of it, or without a column.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - only who has tables waits for pyarrow

    fs, path = filesystem(url)
    with fs.open(path, "rb") as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
        if schema is None:
            return parquet.read(columns=columns, use_threads=False)
        check_table(schema, parquet.schema_arrow, url)
        there = parquet.schema_arrow.names
        wanted = None if columns is None else [name for name in columns if name in there]
        table = schema.conform(parquet.read(columns=wanted, use_threads=False), columns)
    if lost := [n for n in columns or schema.arrow.names if n not in table.column_names]:
        hint = "Run the job that makes it again."
        raise SchemaError(f"{schema.name}: missing columns {lost}", where=url, hint=hint)
    return table


def write_table(url: str, table: pa.Table) -> None:
    """Write a parquet file with zstd, and with the bytes of floats grouped by their weight.

    Trajectories compress about 11 times that way (byte stream split).

    Args:
        url: The file; its folder is made where it is missing.
        table: What to write.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    names = [f.name for f in table.schema if _has_floats(f.type)]
    paths = [c for c in _leaf_columns(table.schema) if c.split(".")[0] in names]
    dictionary = [c for c in _leaf_columns(table.schema) if c not in paths]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=dictionary,
        use_byte_stream_split=paths,
        store_schema=True,
    )
    write_bytes(url, sink.getvalue().to_pybytes())


def iter_tables(
    folder: str, columns: list[str] | None = None, schema: TableSchema | None = None
) -> Iterator[tuple[str, pa.Table]]:
    """``(name, table)`` of each parquet file of a folder, in order of name.

    Args:
        folder: Where they lie.
        columns: Those to read; None for all.
        schema: What the files must be of; see :func:`read_table`.

    Raises:
        SchemaError: A file that is not.
    """
    for name in list_files(folder):
        if name.endswith(".parquet"):
            yield name, read_table(join(folder, name), columns, schema)


def count_rows(url: str) -> int:
    """Rows of a parquet file, from its footer."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    fs, path = filesystem(url)
    with fs.open(path, "rb") as file:
        return int(pq.read_metadata(file).num_rows)


def _leaf_columns(schema: pa.Schema) -> list[str]:
    """Dotted parquet paths of the leaves, as pyarrow's writer options want them."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    parquet = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [parquet.column(i).path for i in range(len(parquet))]


def _has_floats(kind: pa.DataType) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return bool(pa.types.is_floating(kind.value_type))
    return bool(pa.types.is_floating(kind))


def _is_lock(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return name.startswith(".") and name.endswith(LOCK)


def is_local(fs: fsspec.AbstractFileSystem) -> bool:
    """Whether it is this machine's own file system, with renames, locks and fsync."""
    return "file" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,))
