"""What is kept of each sample once its tar is read: light columns, and never its arrays."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skeletonllm.motion import Motion
from skeletonllm.release.cutting.ids import to_digest
from skeletonllm.release.statistics import COUNTED, MissingJoints
from skeletonllm.shards.npz import Arrays
from skeletonllm.storage.tables import regroup

_WORD = pa.dictionary(pa.int32(), pa.string())
"""Of few words that stand in many rows: each is kept once a tar."""
_DIGEST = pa.binary(32)
_WORDS = (
    "corpus topology label label_namespace subject camera setup profile licence sample_version"
).split()
_STATED = [
    ("clip_id", pa.string()),
    *((name, _WORD) for name in _WORDS),
    ("label_id", pa.int32()),
    ("num_frames", pa.int32()),
    ("num_persons", pa.int32()),
    ("fps", pa.float64()),
    ("flags", pa.list_(pa.string())),
]
"""What the text of a sample says, taken as it stands."""
_MADE = [
    ("num_captions", pa.int32()),
    ("source_sha256", _DIGEST),
    ("motion_sha256", _DIGEST),
    ("decoded_sha256", _DIGEST),
    ("shard", _WORD),
]
FACTS = pa.schema([*_STATED, *_MADE])
"""A row a sample. ``decoded_sha256`` is of the motion that was decoded, whatever the sample
states."""

_STORED = pa.schema([pa.field(f.name, pa.string()) if f.type == _WORD else f for f in FACTS])
"""The same with words as text: a file of Arrow keeps one dictionary for all tars, or none."""

_take_stated = itemgetter(*(name for name, _ in _STATED))


class FactsOfTar:
    """The facts of one tar, sample by sample.

    Args:
        shard: Name of the tar.
    """

    def __init__(self, shard: str) -> None:
        self._shard = shard
        self._rows: list[tuple[Any, ...]] = []
        self.missing = MissingJoints()

    def add(self, meta: Mapping[str, Any], motion: Motion, arrays: Arrays, decoded: str) -> None:
        """Keep what matters of a sample.

        Args:
            meta: Its JSON; of the right form.
            motion: Decoded.
            arrays: It was decoded from.
            decoded: Hash of the motion, in hex.
        """
        digests = map(to_digest, (meta["source_sha256"], meta["motion_sha256"], decoded))
        self._rows.append((*_take_stated(meta), len(meta["captions"]), *digests, self._shard))
        self.missing.add(meta["topology"], *_count_missing(motion, arrays))

    def to_table(self) -> pa.Table:
        """Rows of :data:`FACTS`."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(FACTS)
        return pa.table(list(map(list, columns)), FACTS)


def _count_missing(motion: Motion, arrays: Arrays) -> tuple[int, np.ndarray[Any, Any]]:
    """Frames of present persons, and in how many of them each joint is unobserved."""
    slots = int(motion.present.sum()) if "present" in arrays else motion.present.size
    if "confidence" not in arrays:
        return slots, np.zeros(motion.num_joints, np.int64)
    return slots, (motion.confidence[motion.present] == 0).sum(axis=0)


class FactsFile:
    """The facts of all samples, in a temporary file: some columns of them are held at a time.

    It answers ``len`` and :meth:`select` as a table in memory does.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="skeletonllm-facts-")  # noqa: SIM115
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        self._writer = pa.ipc.new_file(pa.PythonFile(self._file, "w"), _STORED, options=options)
        weakref.finalize(self, self._file.close)
        self._paths: list[str] = []
        self._rows = 0

    def add(self, path: str, facts: pa.Table) -> None:
        """Keep the facts of one tar.

        Args:
            path: Of the tar; the rows stand in the order of the tars, whenever they came.
            facts: Rows of :data:`FACTS`.
        """
        if len(facts):
            (batch,) = facts.cast(_STORED).combine_chunks().to_batches()
            self._writer.write_batch(batch)
            self._paths.append(path)
            self._rows += len(facts)

    def finish(self) -> FactsFile:
        """Itself, once all were added."""
        self._writer.close()
        self._file.flush()
        return self

    def __len__(self) -> int:
        """Number of samples."""
        return self._rows

    def batches(self, names: Sequence[str], rows: int) -> Iterator[pa.Table]:
        """Some columns in the order of the tars, words as text, so many rows at a time.

        Args:
            names: Of the columns.
            rows: Most of one batch.
        """
        return regroup(self._read(names), rows)

    def select(self, names: Sequence[str]) -> pa.Table:
        """Some columns of all samples, words as dictionaries.

        Args:
            names: Of the columns.
        """
        fields = pa.schema([FACTS.field(name) for name in names])
        tables = (table.cast(fields) for table in self.batches(names, SLICE))
        return pa.concat_tables([fields.empty_table(), *tables]).unify_dictionaries()

    def _read(self, names: Sequence[str]) -> Iterator[pa.Table]:
        included = sorted(_STORED.get_field_index(name) for name in names)
        options = pa.ipc.IpcReadOptions(included_fields=included)
        reader = pa.ipc.open_file(pa.PythonFile(self._file, "r"), options=options)
        for number in sorted(range(len(self._paths)), key=self._paths.__getitem__):
            yield pa.Table.from_batches([reader.get_batch(number)]).select(list(names))


Facts: TypeAlias = "pa.Table | FactsFile"
"""Rows of :data:`FACTS`, in memory or in a file."""


def list_columns(facts: Facts, names: Sequence[str]) -> pa.Table:
    """Some columns of the facts as plain text and numbers, by which Arrow can group.

    Args:
        facts: Rows of :data:`FACTS`.
        names: Of the columns.
    """
    tables = list(iter_columns(facts, names))
    return pa.concat_tables([_plain(names).empty_table(), *tables])


def _plain(names: Sequence[str]) -> pa.Schema:
    return pa.schema([_STORED.field(name) for name in names])


SLICE = 1 << 16
"""Rows of the facts that are looked at together as plain text."""


def iter_columns(facts: Facts, names: Sequence[str]) -> Iterator[pa.Table]:
    """What :func:`list_columns` gives, some rows at a time.

    Args:
        facts: Rows of :data:`FACTS`.
        names: Of the columns.
    """
    if isinstance(facts, FactsFile):
        yield from facts.batches(names, SLICE)
        return
    chosen = facts.select(list(names))
    for start in range(0, len(facts), SLICE):
        yield chosen.slice(start, SLICE).cast(_plain(names))


def take_rows(facts: Facts, names: Sequence[str], chosen: npt.NDArray[np.bool_]) -> pa.Table:
    """Some columns of some rows, in their order.

    Args:
        facts: Rows of :data:`FACTS`.
        names: Of the columns.
        chosen: Which rows, [N].
    """
    kept, start = [_plain(names).empty_table()], 0
    for part in iter_columns(facts, names):
        kept.append(part.filter(pa.array(chosen[start : start + len(part)])))
        start += len(part)
    return pa.concat_tables(kept)


def get_digests(facts: Facts, name: str) -> npt.NDArray[np.uint8]:
    """A column of hashes, [N, 32].

    Args:
        facts: Rows of :data:`FACTS`, or some columns of them.
        name: Of the column.
    """
    chunks = [
        np.frombuffer(chunk.buffers()[1], np.uint8).reshape(-1, 32)[
            chunk.offset : chunk.offset + len(chunk)
        ]
        for chunk in facts.select([name]).column(0).chunks
        if len(chunk)
    ]
    return np.concatenate([np.zeros((0, 32), np.uint8), *chunks])


def iter_counted(facts: Facts) -> Iterator[pa.Table]:
    """Rows of :data:`skeletonllm.release.statistics.COUNTED`, some at a time."""
    for part in iter_columns(facts, COUNTED.names):
        yield part.cast(COUNTED)
