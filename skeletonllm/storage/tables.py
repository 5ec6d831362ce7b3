"""Tables as parquet files behind URLs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from skeletonllm.errors import SchemaError, UsageError
from skeletonllm.storage.files import (
    filesystem,
    is_local,
    join,
    list_files,
    open_new,
    read_bytes,
)
from skeletonllm.storage.plan import StatedFile
from skeletonllm.storage.versions import check_table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from schemas import TableSchema


def read_table(
    url: str | StatedFile, columns: list[str] | None = None, schema: TableSchema | None = None
) -> pa.Table:
    """A parquet file, in the columns of the schema whatever minor version wrote it.

    Read through ParquetFile and in this thread: ``pq.read_table`` leaves the Python file to a
    background thread, which can abort a process that exits at that moment.

    Args:
        url: The file; a stated one is read against its hash.
        columns: Those to read; None for all.
        schema: What the file must be of, where it is a table of ours.

    Raises:
        ReleaseError: A stated file was changed since.
        SchemaError: Not of this schema, of another major version of it, or without a column.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - only who has tables waits for pyarrow

    with _open(url) as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
        if schema is None:
            return parquet.read(columns=columns, use_threads=False)
        check_table(schema, parquet.schema_arrow, str(url))
        there = parquet.schema_arrow.names
        wanted = None if columns is None else [name for name in columns if name in there]
        table = schema.conform(parquet.read(columns=wanted, use_threads=False), columns)
    if lost := [n for n in columns or schema.arrow.names if n not in table.column_names]:
        hint = "Run the job that makes it again."
        raise SchemaError(f"{schema.name}: missing columns {lost}", where=str(url), hint=hint)
    return table


def write_table(url: str, table: pa.Table) -> None:
    """Write a parquet file with zstd, and with the bytes of floats grouped by their weight.

    Trajectories compress about 11 times that way (byte stream split).

    Args:
        url: The file; its folder is made where it is missing.
        table: What to write.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    with open_new(url) as file:
        pq.write_table(table, file, **_options(table.schema))


def write_tables(url: str, tables: Iterable[pa.Table], schema: pa.Schema, group: int) -> int:
    """The same of a table that is never held as a whole; how many rows it had.

    The bytes depend on the rows alone, and not on how they come.

    Args:
        url: The file; its folder is made where it is missing.
        tables: Its rows, some at a time.
        schema: Of them.
        group: Rows of one row group: so many are held.
    """
    return write_groups(url, regroup(tables, group), schema, _options(schema))


def write_groups(
    url: str, groups: Iterable[pa.Table], schema: pa.Schema, options: Mapping[str, Any]
) -> int:
    """Write a parquet file of given row groups; how many rows they had.

    Args:
        url: The file.
        groups: Tables, each for a row group.
        schema: Of them.
        options: Of ``pyarrow.parquet.ParquetWriter``.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows = 0
    with open_new(url) as file, pq.ParquetWriter(file, schema, **options) as writer:
        for table in groups:
            writer.write_table(table, row_group_size=max(1, len(table)))
            rows += len(table)
            pa.default_memory_pool().release_unused()  # else as much again stays for the next one
    return rows


def regroup(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of so many; the last may be shorter.

    Args:
        tables: In order.
        rows: Of each that is given.
    """
    import pyarrow as pa  # noqa: PLC0415

    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += len(table)
        while count >= rows:
            whole = pa.concat_tables(held)
            yield whole.slice(0, rows).combine_chunks()
            held, count = [whole.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(held).combine_chunks()


def _options(schema: pa.Schema) -> dict[str, Any]:
    names = [f.name for f in schema if _has_floats(f.type)]
    leaves = _leaf_columns(schema)
    paths = [c for c in leaves if c.split(".")[0] in names]
    return {
        "compression": "zstd",
        "use_dictionary": [c for c in leaves if c not in paths],
        "use_byte_stream_split": paths,
        "store_schema": True,
    }


BATCH = 2048
"""Rows read at once: some 8 MB of rationales, which are the largest."""


class TableFile:
    """A table in one or many parquet files, read some rows or some columns at a time.

    It answers :meth:`column` and :meth:`select` as a table in memory does.

    Args:
        files: In order; stated ones are read against their hashes, each time they are opened.
        schema: What each must be of, whatever minor version wrote it.
        without: Column, and the few values whose rows are left out; None for all rows.

    Example:
        >>> TableFile([], REJECT).select(["code"]).num_rows  # doctest: +SKIP
        0
    """

    def __init__(
        self,
        files: Sequence[str | StatedFile],
        schema: TableSchema,
        without: tuple[str, pa.Array] | None = None,
    ) -> None:
        self.files, self.table_schema = tuple(files), schema
        self._without = None if without is None or not len(without[1]) else without
        self._rows: int | None = None

    def __len__(self) -> int:
        """Number of rows."""
        if self._rows is None and self._without is None:
            self._rows = sum(map(count_rows, self.files))
        elif self._rows is None and self._without is not None:
            self._rows = sum(map(len, self.batches([self._without[0]])))
        return self._rows or 0

    @property
    def schema(self) -> pa.Schema:
        """Of what is read."""
        return self.table_schema.arrow

    @property
    def column_names(self) -> list[str]:
        """Of what is read."""
        return list(self.schema.names)

    def batches(
        self, columns: Sequence[str] | None = None, rows: int = BATCH
    ) -> Iterator[pa.Table]:
        """The rows in order, so many at a time.

        Args:
            columns: Those to read; None for all.
            rows: Most of one batch.

        Raises:
            ReleaseError: A stated file was changed since.
            SchemaError: A file is of another table, or of another major version.
        """
        import pyarrow.compute as pc  # noqa: PLC0415

        if self._without is None:
            for url in self.files:
                yield from _read_batches(url, columns, self.table_schema, rows)
            return
        name, values = self._without
        read = None if columns is None else list(dict.fromkeys([*columns, name]))
        for url in self.files:
            for table in _read_batches(url, read, self.table_schema, rows):
                kept = table.filter(pc.invert(pc.is_in(table.column(name), value_set=values)))
                yield kept if columns is None else kept.select(list(columns))

    def select(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of all rows.

        Args:
            columns: Their names.
        """
        import pyarrow as pa  # noqa: PLC0415

        names = list(columns)
        fields = pa.schema([self.schema.field(name) for name in names])
        tables = (t.select(names).replace_schema_metadata() for t in self.batches(names, 1 << 16))
        return pa.concat_tables([fields.empty_table(), *(table.cast(fields) for table in tables)])

    def leave_out(self, column: str, values: pa.Array) -> TableFile:
        """The same without some rows.

        Args:
            column: Its name.
            values: The few values whose rows are left out.
        """
        return TableFile(self.files, self.table_schema, (column, values))

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all rows."""
        return self.select([name]).column(0)


@contextmanager
def open_table(url: str | StatedFile) -> Iterator[pq.ParquetFile]:
    """A parquet file, open to read some of its row groups; one on a store is held."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with _open(url) as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
        yield parquet


def iter_batches(
    table: pa.Table | TableFile, columns: Sequence[str] | None = None, rows: int = BATCH
) -> Iterator[pa.Table]:
    """The rows of a table, in memory or in files, so many at a time.

    Args:
        table: The table.
        columns: Those that are wanted; None for all.
        rows: Most of one batch.
    """
    if isinstance(table, TableFile):
        yield from table.batches(columns, rows)
        return
    chosen = table if columns is None else table.select(list(columns))
    for start in range(0, len(chosen), rows):
        yield chosen.slice(start, rows)


def _read_batches(
    url: str | StatedFile, columns: Sequence[str] | None, schema: TableSchema, rows: int
) -> Iterator[pa.Table]:
    import pyarrow as pa  # noqa: PLC0415

    with open_table(url) as parquet:
        found = parquet.schema_arrow
        check_table(schema, found, str(url))
        wanted = None if columns is None else [c for c in columns if c in found.names]
        for batch in parquet.iter_batches(rows, columns=wanted, use_threads=False):
            table = pa.Table.from_batches([batch]).replace_schema_metadata(found.metadata)
            table = schema.conform(table, columns)
            if lost := [n for n in columns or schema.arrow.names if n not in table.column_names]:
                hint = "Run the job that makes it again."
                found_ = f"{schema.name}: missing columns {lost}"
                raise SchemaError(found_, where=str(url), hint=hint)
            yield table


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


def count_rows(url: str | StatedFile) -> int:
    """Rows of a parquet file, from its footer."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with _open(url) as file:
        return int(pq.read_metadata(file).num_rows)


def _open(url: str | StatedFile) -> IO[bytes]:
    """A file to read from; from a store all of it, as no reader of parquet asks twice.

    Raises:
        ReleaseError: A stated file is not there, or has other bytes.
    """
    if isinstance(url, str):
        return _open_url(url)
    try:
        file = _open_url(url.url)
    except (FileNotFoundError, UsageError):
        raise url.miss() from None
    with ExitStack() as opened:
        opened.enter_context(file)
        url.compare(file)
        opened.pop_all()
    return file


def _open_url(url: str) -> IO[bytes]:
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
