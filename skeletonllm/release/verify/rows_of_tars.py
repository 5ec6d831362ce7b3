"""The rows of the tables that belong to one tar, read when it is its turn, and never all at once.

The index has its rows in the order of the tars already. Rationales lie in the order in which they
were made, so they are dealt out to files first, each of the clips of a stretch of the index.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import RATIONALE
from skeletonllm.release.cutting.ids import KnownIds
from skeletonllm.storage.tables import TableFile, iter_batches, open_table

GROUP_ROWS, MOST_GROUPS = 1 << 12, 256
"""Rationales that are sorted together, some 15 MB; and most files of them, which are open at once.
Their bytes are no measure: parquet keeps a text that stands often once."""
_PLACE, _PLACES_TOGETHER = ("shard", "offset"), 1 << 15
"""Columns by which a sample is found, and of how many rows they are held as Python's values."""
_AT = "_at"
"""Column of the dealt files: the row of the index that a rationale is about."""
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Some rows that are not read yet.

    Args:
        read: Reads those from a start to an end.
        start: The first of them.
        end: Behind the last one.
    """

    read: Callable[[int, int], pa.Table]
    start: int
    end: int

    def load(self) -> pa.Table:
        """Read them."""
        return self.read(self.start, self.end)


class IndexRows:
    """The index in the order of the tars; the row group that was read last is kept.

    Args:
        index: Of the release.

    Attributes:
        bounds: Tar -> where its rows begin and end.
        clips: The clips of all rows, in their order.
    """

    def __init__(self, index: TableFile | pa.Table) -> None:
        self._held: tuple[int, pa.Table] | None = None
        self._file: TableFile | None = index if isinstance(index, TableFile) else None
        self._table: pa.Table | None = None
        self.bounds, in_order = _find_bounds(index)
        if self._file is None or len(self._file.files) != 1 or not in_order:
            # As no cut writes it: then it is held, in order.
            whole = index.select(index.column_names)
            by = [("shard", "ascending"), ("offset", "ascending")]
            self._table = whole.sort_by(by).combine_chunks()
            self.bounds, _ = _find_bounds(self._table)
        ids = index if self._table is None else self._table
        self.clips = KnownIds(part.column("clip_id") for part in iter_batches(ids, ["clip_id"]))

    def read(self, start: int, end: int) -> pa.Table:
        """Some rows, in the order of the tars.

        Args:
            start: The first one.
            end: Behind the last one.
        """
        if self._table is not None:
            return self._table.slice(start, end - start)
        assert self._file is not None
        with open_table(self._file.files[0]) as parquet:
            sizes = [parquet.metadata.row_group(i).num_rows for i in range(parquet.num_row_groups)]
            starts = np.cumsum([0, *sizes])
            first = int(np.searchsorted(starts, start, side="right")) - 1
            last = int(np.searchsorted(starts, max(end, start + 1), side="left"))
            tables = [self._read_group(parquet, i) for i in range(first, min(last, len(sizes)))]
        if not tables:
            return self._file.schema.empty_table()
        return pa.concat_tables(tables).slice(start - int(starts[first]), end - start)

    def _read_group(self, parquet: pq.ParquetFile, number: int) -> pa.Table:
        if self._held is None or self._held[0] != number:
            assert self._file is not None
            table = parquet.read_row_group(number, use_threads=False)
            self._held = number, self._file.table_schema.conform(table)
        return self._held[1]


def _find_bounds(index: TableFile | pa.Table) -> tuple[dict[str, tuple[int, int]], bool]:
    """Tar -> where its rows begin and end.

    And whether each tar is one stretch of the rows, and its samples lie as they do in it.
    """
    starts: dict[str, int] = {}
    last, before, row, in_order = None, -1, 0, True
    for part in iter_batches(index, _PLACE, _PLACES_TOGETHER):
        for shard, offset in zip(*(part.column(c).to_pylist() for c in _PLACE), strict=True):
            in_order &= offset > before if shard == last else shard not in starts
            if shard != last:
                starts[shard] = row
            last, before, row = shard, offset, row + 1
    ends = [*list(starts.values())[1:], row]
    bounds = zip(starts.values(), ends, strict=False)  # of no row there is one end too many
    return dict(zip(starts, bounds, strict=True)), in_order


class ToldRows:
    """The rationales that samples hold, in the order of the samples.

    Args:
        folder: On this machine; as much is written to it as the rationales take.
        clips: Of the index, in its order.
        rationales: Rows of :data:`schemas.RATIONALE`.
    """

    def __init__(self, folder: str, clips: KnownIds, rationales: TableFile | pa.Table) -> None:
        groups = min(MOST_GROUPS, max(1, -(-len(rationales) // GROUP_ROWS)))
        self._folder, self._width = Path(folder), max(1, -(-len(clips) // groups))
        self._held: tuple[int, pa.Table, Ints] | None = None
        self._schema = pa.schema([*RATIONALE.arrow, pa.field(_AT, pa.int64())])
        with ExitStack() as files:
            writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
            for table in iter_batches(rationales):
                self._deal(table, clips, writers, files)

    def _deal(
        self,
        table: pa.Table,
        clips: KnownIds,
        writers: dict[int, pa.ipc.RecordBatchStreamWriter],
        files: ExitStack,
    ) -> None:
        kept = table.filter(pc.not_equal(table.column("status"), "rejected"))
        at = clips.find(kept.column("clip_id"))
        kept, at = kept.filter(pa.array(at >= 0)), at[at >= 0]
        kept = kept.append_column(_AT, pa.array(at)).cast(self._schema)
        order = np.argsort(at, kind="stable")
        kept, groups = kept.take(pa.array(order)), at[order] // self._width
        bounds = np.flatnonzero(np.diff(groups, prepend=-1, append=-1))
        for first, last in pairwise(bounds.tolist()):
            group = int(groups[first])
            if group not in writers:
                file = files.enter_context(self._path(group).open("wb"))
                options = pa.ipc.IpcWriteOptions(compression="zstd")
                stream = pa.ipc.new_stream(file, self._schema, options=options)
                writers[group] = files.enter_context(stream)
            writers[group].write_table(kept.slice(first, last - first))

    def _path(self, group: int) -> Path:
        return self._folder / f"{group}.arrows"

    def read(self, start: int, end: int) -> pa.Table:
        """Those of some samples, in their order, and of each in the order of the table.

        Args:
            start: Row of the index of the first sample.
            end: Behind that of the last one.
        """
        parts = [self._schema.empty_table()]
        for group in range(start // self._width, (max(end, start + 1) - 1) // self._width + 1):
            table, at = self._load(group)
            first, last = np.searchsorted(at, [start, end])
            parts.append(table.slice(first, last - first))
        return pa.concat_tables(parts).drop_columns([_AT])

    def _load(self, group: int) -> tuple[pa.Table, Ints]:
        if self._held is None or self._held[0] != group:
            table = self._schema.empty_table()
            if self._path(group).exists():
                with self._path(group).open("rb") as file, pa.ipc.open_stream(file) as stream:
                    table = stream.read_all()
            at = table.column(_AT).to_numpy()
            order = np.argsort(at, kind="stable")
            self._held = group, table.take(pa.array(order)).combine_chunks(), at[order]
        return self._held[1:]
