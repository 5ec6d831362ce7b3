"""Tables as parquet files behind URLs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, cast

from skeletonllm.errors import SchemaError
from skeletonllm.storage.files import (
    filesystem,
    is_local,
    join,
    list_files,
    read_bytes,
    write_bytes,
)
from skeletonllm.storage.versions import check_table

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas import TableSchema


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

    with _open(url) as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
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

    with _open(url) as file:
        return int(pq.read_metadata(file).num_rows)


def _open(url: str) -> IO[bytes]:
    """A file to read from; from a store all of it, as no reader of parquet asks twice."""
    fs, path = filesystem(url)
    if is_local(fs):
        return cast(IO[bytes], fs.open(path, "rb"))
    return io.BytesIO(read_bytes(url))


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
