"""The clips of a release, one by one, with all that its tables say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import QUESTION, RATIONALE, TableSchema
from skeletonllm.rejects import ClipName, Reject, isolate_clip
from skeletonllm.shards import read_sample
from skeletonllm.storage import exists, join
from skeletonllm.storage.layout import SHARDS, table_file
from skeletonllm.storage.ranges import open_ranges
from skeletonllm.viewer.entries import Entry
from skeletonllm.views.clip_rows import ClipRows
from skeletonllm.views.questions import Questions

STAGE = "view"
_BATCH = 4096
_REJECTED = "rejected"
_OF_INDEX = ("clip_id", "label", "corpus", "subject", "camera", "setup", "topology")


class ReleaseClips:
    """Reads clips of a release by their rows of the index.

    The tars hold the rationales that were kept; those that were rejected are in the table alone.

    Args:
        folder: Of the release.
        clip_ids: Those that will be read; None for all.
        tars: Folder of the release or of the shards that has the tars; None for ``folder``.
    """

    def __init__(
        self, folder: str, clip_ids: Iterable[str] | None = None, tars: str | None = None
    ) -> None:
        self.folder, self._tars = folder, tars or folder
        wanted = None if clip_ids is None else pa.array(clip_ids, pa.string())
        # In Arrow: as Python's dicts a question takes 1.2 kB, a rationale more.
        self._rejected = ClipRows(_read_rejected(folder, wanted))
        self._questions = Questions(_read_of(folder, "questions", QUESTION, wanted))

    def read(self, row: Mapping[str, Any]) -> Entry:
        """A clip, or why there is none.

        Args:
            row: Of the index.
        """
        failed: list[Reject] = []
        clip_id = row["clip_id"]
        place = _name_place(row)
        with isolate_clip(ClipName(clip_id, row["shard"]), STAGE, failed):
            sample = read_sample(self._tars, row)
            rationales = (*sample.rationales, *self._rejected.of(clip_id))
            return Entry(sample.clip, rationales, self._questions.of(clip_id), place)
        known = {name: row[name] for name in _OF_INDEX}
        known |= {"namespace": row["label_namespace"], "frames": row["num_frames"]}
        return Entry(None, place=place, columns=known, fault=failed[0])


def _name_place(row: Mapping[str, Any]) -> dict[str, Any]:
    end = row["offset"] + row["size"]
    return {
        "tar": f"{SHARDS}/{row['shard']}",
        "bytes of the tar": f"{row['offset']} to {end}",
        "sample": row["key"],
        "sha256 of the motion": row["motion_sha256"],
    }


def _read_rejected(folder: str, wanted: pa.Array | None) -> pa.Table:
    rows = _read_of(folder, "rationales", RATIONALE, wanted, ("status", _REJECTED))
    return rows.sort_by([(name, "ascending") for name in ("clip_id", "variant", "attempt")])


def _read_of(
    folder: str,
    name: str,
    schema: TableSchema,
    wanted: pa.Array | None,
    equal: tuple[str, str] | None = None,
) -> pa.Table:
    """Rows of the wanted clips, of a table that may be large or missing.

    Two columns are looked at first: most tables hold nothing that is wanted, and texts are dear.
    """
    path = table_file(name)
    rows = [schema.arrow.empty_table()]
    if not exists(join(folder, path)):
        return rows[0]
    columns = ["clip_id"] if equal is None else ["clip_id", equal[0]]
    with open_ranges(folder, path) as file, pq.ParquetFile(file, pre_buffer=False) as parquet:
        groups = []
        for group in range(parquet.num_row_groups):
            keys = parquet.read_row_group(group, columns, use_threads=False)
            if pc.any(_select(keys, wanted, equal)).as_py():
                groups.append(group)
        for batch in parquet.iter_batches(_BATCH, groups, use_threads=False) if groups else ():
            table = schema.conform(pa.Table.from_batches([batch]))
            rows.append(table.filter(_select(table, wanted, equal)))
    return pa.concat_tables(rows, promote_options="default")


def _select(
    table: pa.Table, wanted: pa.Array | None, equal: tuple[str, str] | None
) -> pa.ChunkedArray:
    keep = pc.is_valid(table.column("clip_id"))
    if equal is not None:
        keep = pc.and_(keep, pc.equal(table.column(equal[0]), equal[1]))
    if wanted is not None:
        keep = pc.and_(keep, pc.is_in(table.column("clip_id"), value_set=wanted))
    return keep
