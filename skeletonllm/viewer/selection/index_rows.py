"""The index of a release, batch by batch: a million rows in some 30 bytes each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import SAMPLE
from skeletonllm.shards.checked_files import refuse_broken
from skeletonllm.shards.index import WORDS, find_index
from skeletonllm.shards.manifest import find_manifest
from skeletonllm.storage import join
from skeletonllm.storage.ranges import open_ranges
from skeletonllm.storage.versions import check_table
from skeletonllm.viewer.columns import WordSets
from skeletonllm.viewer.selection.choice import MOST_ROWS, ClassScan
from skeletonllm.viewer.selection.splits import SplitScan

_BATCH = 1 << 15


@dataclass(frozen=True, eq=False)
class IndexRows:
    """What a page must know of all rows, before it shows some of them.

    Args:
        folder: Of the release, or of the shards.
        total: Rows in all.
        chosen: Those that are shown, in their order, [n].
        splits: Parts of protocols, of all rows.
    """

    folder: str
    total: int
    chosen: npt.NDArray[np.int64]
    splits: WordSets

    def read(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each shown row with its place among all rows."""
        start = 0
        for table in iter_index(self.folder):
            first, last = np.searchsorted(self.chosen, [start, start + len(table)])
            here = self.chosen[first:last]
            yield from zip(here.tolist(), table.take(here - start).to_pylist(), strict=True)
            start += len(table)


def scan_index(folder: str, most: int | None = MOST_ROWS) -> IndexRows:
    """Look at all rows once, and choose those that are shown.

    Args:
        folder: Of the release, or of the shards.
        most: How many at most; None for all.
    """
    splits, classes = SplitScan(), ClassScan()
    for table in iter_index(folder):
        splits.add(table)
        classes.add(table)
    return IndexRows(folder, len(classes), classes.choose(most), splits.build())


def iter_index(folder: str) -> Iterator[pa.Table]:
    """The rows of an index in batches, in the columns of this version; words as dictionaries.

    Raises:
        ReleaseError: There is no index, or it is none.
        SchemaError: It is of another major version.
    """
    for path in find_index(find_manifest(folder)):
        with (
            refuse_broken(join(folder, path)),
            open_ranges(folder, path) as file,
            pq.ParquetFile(file, read_dictionary=list(WORDS), pre_buffer=False) as parquet,
        ):
            check_table(SAMPLE, parquet.schema_arrow, join(folder, path))
            for batch in parquet.iter_batches(_BATCH, use_threads=False):
                yield SAMPLE.conform(pa.Table.from_batches([batch]))
