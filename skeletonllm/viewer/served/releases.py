"""A release on a shelf: all of its clips, whatever minor version wrote it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from skeletonllm.evaluation.coverage import COLUMNS, measure_coverage
from skeletonllm.shards.manifest import Manifest, read_manifest
from skeletonllm.storage import exists, join, load_topologies
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.viewer.columns import Rows
from skeletonllm.viewer.entries import Entry
from skeletonllm.viewer.overview import make_overview
from skeletonllm.viewer.release_clips import ReleaseClips
from skeletonllm.viewer.release_facts import read_facts, read_negatives
from skeletonllm.viewer.selection.index_rows import iter_index, scan_index
from skeletonllm.viewer.served.kept import keep, take
from skeletonllm.viewer.served.shelf import Shelf, ShelfBuilder, find_examples
from skeletonllm.viewer.served.words import WordIndex

_TOLD_EVERY = 10_000
_TOGETHER = 1_000
"""Rows of the index that become plain data at once."""
_log = logging.getLogger(__name__)


class ReleaseShelf:
    """Reads the clips of a release by number.

    Args:
        folder: Of the release.
    """

    def __init__(self, folder: str) -> None:
        load_topologies(folder)
        self.manifest: Manifest = read_manifest(folder)
        self.folder = folder
        self.index: pa.Table = pa.concat_tables(list(iter_index(folder))).unify_dictionaries()
        self.splits = scan_index(folder, None).splits
        self._clips = ReleaseClips(folder)

    def __len__(self) -> int:
        """Clips of the release."""
        return len(self.index)

    def count_missing(self) -> int:
        """Tables that the manifest lists and that are not there: their rows are missing."""
        listed = [path for path in self.manifest.files if path.endswith(".parquet")]
        return sum(not exists(join(self.folder, path)) for path in listed)

    def read(self, row: int) -> Entry:
        """The clip of a row, with its splits."""
        (found,) = self.index.slice(row, 1).to_pylist()
        return self._read(row, found)

    def read_all(self) -> Iterator[Entry]:
        """The clips of all rows, in their order: half as dear as one by one."""
        for start in range(0, len(self), _TOGETHER):
            found = self.index.slice(start, _TOGETHER).to_pylist()
            yield from (self._read(start + i, row) for i, row in enumerate(found))

    def _read(self, row: int, found: dict[str, Any]) -> Entry:
        entry = self._clips.read(found)
        columns = {**entry.columns, "splits": self.splits[row]}
        return Entry(
            entry.clip, entry.rationales, entry.questions, entry.place, columns, entry.fault
        )


def open_release(folder: str) -> Shelf:
    """A release as it is shown; what takes long is kept for the next time.

    Raises:
        ReleaseError: It has no manifest or index, or a damaged one.
        SchemaError: It is of another major version.
    """
    release = ReleaseShelf(folder)
    rows, words = _gather(release)
    head, negatives = release.manifest.data, read_negatives(folder)
    facts = read_facts(folder, head, release.splits, negatives, _find_leaks(release.index))
    return Shelf(
        kind="release",
        title=f"{head['name']} {head['version']}",
        rows=rows,
        words=words,
        read=release.read,
        overview=make_overview(facts, rows),
        negatives=negatives,
        examples=find_examples(rows),
        folder=folder,
        files=frozenset([*release.manifest.files, MANIFEST]),
    )


def _find_leaks(index: pa.Table) -> list[str]:
    """Test clips that training sees, as ``verify`` tells them, by the hashes of the index."""
    rows = index.select(COLUMNS)
    return [
        f"{cover.protocol}: {leak}" for cover in measure_coverage(rows) for leak in cover.leaks()
    ]


def _gather(release: ReleaseShelf) -> tuple[Rows, WordIndex]:
    """Rows and words: each clip is read once, and never again for the same release.

    Those of a damaged one are not kept: they would stand for the same release when it is repaired.
    """
    name = release.manifest.identity.sha256
    if (found := take(name)) is not None and len(found[0]) == len(release):
        return found
    builder, lost = ShelfBuilder(), release.count_missing()
    for done, entry in enumerate(release.read_all(), 1):
        builder.add(entry)
        lost += entry.fault is not None
        if done % _TOLD_EVERY == 0:
            _log.info("%s: %s of %s clips read", release.folder, f"{done:,}", f"{len(release):,}")
    built = builder.build()
    if lost:
        said = "%s: %s clips or tables cannot be read, so nothing is kept for the next time"
        _log.warning(said, release.folder, f"{lost:,}")
    else:
        keep(name, *built)
    return built
