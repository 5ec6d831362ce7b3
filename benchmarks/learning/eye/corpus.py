"""Whole corpora: unpacked and read once, then kept as a table; who trains and who is scored."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from schemas import SAMPLE
from skeletonllm.clip import Clip, clips_from_table, clips_to_table
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.evaluation import get_protocol
from skeletonllm.evaluation.coverage import COLUMNS
from skeletonllm.views.view import View

Index = npt.NDArray[np.int64]

PROTOCOLS = {
    "nw_ucla": ("nw_ucla/xview", "camera"),
    "utd_mhad": ("utd_mhad/xsub", "subject"),
    "msr_action3d": ("msr_action3d/xsub", "subject"),
}
"""Corpus -> its protocol, and what training and test differ in; folds differ in the same."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Clips of a corpus, of both parts of its protocol.

    Args:
        name: One of :data:`PROTOCOLS`.
        clips: All N that are in one of the parts.
        groups: Camera or subject of each clip.
        train: Indices of the training part.
        test: Indices of the test part; nobody looks at them before the choices are made.
    """

    name: str
    clips: tuple[Clip, ...]
    groups: tuple[str, ...]
    train: Index
    test: Index

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the actions of the training part, sorted."""
        return tuple(sorted({str(self.clips[i].label) for i in self.train}))

    @cached_property
    def labels(self) -> Index:
        """Index of the action of each clip in :attr:`classes`, int64 [N]."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        return np.array([numbers[str(clip.label)] for clip in self.clips], np.int64)


def load_corpus(name: str, shared: Path, work: Path) -> Corpus:
    """A whole corpus with the parts of its protocol.

    Args:
        name: One of :data:`PROTOCOLS`.
        shared: Folder that holds ``data/corpora/<name>.tar.xz``.
        work: Where the table of clips is kept; delete ``corpora`` in it when a reader changed.

    Raises:
        UsageError: The corpus is unknown, or its archive is absent.
    """
    if name not in PROTOCOLS:
        raise UsageError(f"unknown corpus {name!r}", expected=f"one of {', '.join(PROTOCOLS)}")
    table = work / "corpora" / f"{name}.parquet"
    if not table.exists():
        clips = read_archive(name, shared / "data" / "corpora" / f"{name}.tar.xz", work / "raw")
        table.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(clips_to_table(clips), table.with_suffix(".partial"))
        table.with_suffix(".partial").rename(table)
    return divide_corpus(name, clips_from_table(pq.read_table(table)))


def read_archive(name: str, archive: Path, folder: Path) -> list[Clip]:
    """All clips of an archive, by our reader; what cannot be read is said and left out.

    Args:
        name: The reader's.
        archive: A tar that holds the folder ``name``.
        folder: Where it is unpacked to.
    """
    if not archive.exists():
        raise UsageError("there is no such archive", where=str(archive), hint="Give --shared.")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    reader = get_reader(name)
    found = [read_clips(reader, source) for source in reader.sources(str(folder / name))]
    for reject in (reject for _, rejects in found for reject in rejects):
        print(f"{name}: left out {reject.source_uri}: {reject.message}", flush=True)
    return [clip for clips, _ in found for clip in clips]


def divide_corpus(name: str, clips: Sequence[Clip]) -> Corpus:
    """The clips of both parts of the corpus' protocol, in order of their ids.

    Args:
        name: One of :data:`PROTOCOLS`.
        clips: All that were read.
    """
    protocol_name, group = PROTOCOLS[name]
    protocol = get_protocol(protocol_name)
    train, test = (_select(view, clips) for view in (protocol.train, protocol.test))
    kept = tuple(sorted((c for c in clips if c.clip_id in train | test), key=lambda c: c.clip_id))
    parts = [np.array([i for i, c in enumerate(kept) if c.clip_id in ids]) for ids in (train, test)]
    return Corpus(name, kept, tuple(str(getattr(c, group)) for c in kept), *parts)


def _select(view: View, clips: Sequence[Clip]) -> set[str]:
    rows = [{**vars(clip), "topology": clip.motion.topology.name} for clip in clips]
    rows = [{column: row.get(column) for column in COLUMNS} for row in rows]
    schema = pa.schema([SAMPLE.arrow.field(column) for column in COLUMNS])
    return set(view.select(pa.Table.from_pylist(rows, schema=schema)).column("clip_id").to_pylist())
