"""The clips of a release, read once, some hundred at a time: what is counted of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.errors import ReleaseError
from skeletonllm.release.cutting.ids import KnownIds, to_digest
from skeletonllm.release.statistics import COUNTED, MissingJoints, SourceHashes, Statistics
from skeletonllm.storage.tables import TableFile, iter_batches

_BATCH = 512
_ID = "clip_id"
_SHOWN = 3
_READ = (
    "clip_id corpus source_sha256 licence profile flags fps num_frames num_persons num_joints "
    "topology label label_namespace subject camera setup captions present confidence"
).split()


@dataclass
class ClipPass:
    """What was counted of the clips of a release.

    Attributes:
        numbers: The clips' part of ``statistics.json``.
        licences: Licence id -> number of clips.
        sources: Their source files.
        left_out: Clips of the clip folders that are not in the shards.
    """

    numbers: Statistics = field(default_factory=Statistics)
    licences: Counter[str] = field(default_factory=Counter)
    sources: SourceHashes = field(default_factory=SourceHashes)
    left_out: list[str] = field(default_factory=list)

    def add(self, clips: pa.Table) -> None:
        """Count clips.

        Args:
            clips: Columns of :data:`schemas.CLIP`.
        """
        captions = pc.list_value_length(clips.column("captions"))
        plain = {n: clips.column(n) for n in COUNTED.names if n != "num_captions"}
        self.numbers.add_clips(pa.table({**plain, "num_captions": captions}).cast(COUNTED))
        for entry in pc.value_counts(clips.column("licence")).to_pylist():
            self.licences[entry["values"]] += entry["counts"]
        digests = b"".join(map(to_digest, clips.column("source_sha256").to_pylist()))
        hashes = np.frombuffer(digests, np.uint8).reshape(-1, 32)
        self.sources.add(clips.column("corpus"), hashes)
        count_missing(clips, self.numbers.missing)


def count_missing(clips: pa.Table, missing: MissingJoints) -> None:
    """Count unobserved joints of present persons.

    Args:
        clips: Columns of :data:`schemas.CLIP`.
        missing: They are added to it.
    """
    shapes = clips.select(["num_frames", "num_persons", "num_joints", "topology"]).to_pylist()
    for i, row in enumerate(shapes):
        shape = (row["num_frames"], row["num_persons"])
        values = clips.column("present")[i].values.to_numpy(zero_copy_only=False)
        present = values.reshape(shape)
        unseen = np.zeros(row["num_joints"], np.int64)
        if (stored := clips.column("confidence")[i].values) is not None:
            confidence = stored.to_numpy(zero_copy_only=False).reshape(*shape, -1)
            unseen = (confidence[present] == 0).sum(axis=0)
        missing.add(row["topology"], int(present.sum()), unseen)


def read_clips(clips: TableFile, index: pa.Table | TableFile, left_out: int = 0) -> ClipPass:
    """Count the clips of the shards, in the clip folders; the two must hold the same clips.

    Args:
        clips: All parts of the clip folders.
        index: Of the shards.
        left_out: How many clips the shards stage rejected.

    Raises:
        ReleaseError: Names the first clips that are on one side only, or a part that was changed.
    """
    found, rows = ClipPass(), 0
    known = KnownIds(table.column(_ID) for table in iter_batches(index, [_ID]))
    taken = np.zeros(len(known), np.bool_)
    taken[known.list_repeats()] = True  # of a clip that stands twice one row is looked for
    for table in clips.batches(_READ, _BATCH):
        at = known.find(table.column(_ID))
        rows += len(table)
        found.left_out += table.column(_ID).filter(pa.array(at < 0)).to_pylist()
        found.add(table.filter(pa.array(_claim(at, taken))))
    # Of a clip that was there twice, the shards may hold one, and count the other as a reject.
    right = left_out in (len(set(found.left_out)), rows - len(known))
    if not (taken.all() and right):
        lost = index.column(_ID).filter(pa.array(~taken)).to_pylist()
        raise ReleaseError(
            f"clips only in shards: {sorted(lost)[:_SHOWN]}, "
            f"clips only in clip folders: {sorted(set(found.left_out))[:_SHOWN]}",
            expected=f"the same clips in both, but for {left_out} rejects" * bool(left_out)
            or "the same clips in both",
        )
    return found


def _claim(at: npt.NDArray[np.int64], taken: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which clips of a batch are the first that stand for a row of the shards."""
    first = np.zeros(len(at), np.bool_)
    _, firsts = np.unique(at, return_index=True)
    first[firsts] = True
    mine = first & (at >= 0)
    mine[mine] = ~taken[at[mine]]
    taken[at[mine]] = True
    return mine
