"""The rows of an index that a view selects, as columns of numbers: 40 bytes a sample.

A row as a dict takes 2.2 kB. What a stream needs of each sample is where it lies, what its bytes
must hash to, and few words that many samples share; whole rows are read when somebody asks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.shards.checked_files import load_checked_topologies
from skeletonllm.shards.class_order import ClassIds, order_classes
from skeletonllm.shards.index import find_index, read_index
from skeletonllm.shards.index_scan import KEPT_WORDS, IndexScan, Place, read_group
from skeletonllm.shards.manifest import Identity, Manifest, read_manifest
from skeletonllm.storage import join
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.layout import INDEX, SHARDS, TARS, table_file

Ints = NDArray[np.integer[Any]]


class Selection(Protocol):
    """What a catalogue asks of a view; :class:`skeletonllm.views.view.View` is one."""

    @property
    def split(self) -> Selection:
        """The view of all stages of the same split."""

    def mask(self, table: pa.Table, /) -> pa.Array | pa.ChunkedArray:
        """For each row, whether it is selected, bool [N]."""

    def select(self, index: pa.Table, /) -> pa.Table:
        """The rows that are selected; raises where there are none."""


@dataclass(frozen=True, eq=False)
class Words:
    """A column of few words: a number a row, and the word that each number stands for.

    Args:
        codes: Place in ``names``; -1 where the row has no word, [N].
        names: The words, each once.
    """

    codes: Ints
    names: tuple[str, ...]

    def __getitem__(self, row: int) -> str | None:
        code = int(self.codes[row])
        return None if code < 0 else self.names[code]


@dataclass(eq=False)
class Catalogue:
    """The samples of one view, in order of position; what :func:`open_catalogue` gives.

    All of it can be pickled, as workers that are spawned need; forked ones share it.

    Args:
        folder: Of the release, or of the shards.
        identity: Which release it is.
        shards: Names of all tars of the index, each once.
        tars: Their paths within the folder.
        tar_bytes: Their sizes as the manifest lists them; -1 where it lists none, [S].
        damaged_tars: Name -> a sentence, for each tar that is not there or of another size; None
            where nobody looked, since each look at a store is a request.
        position: Place of each sample in the release, [N].
        shard: Which of ``shards``, int32 [N].
        offset: First byte in the tar, int64 [N].
        size: Number of bytes, int32 or int64 [N].
        bytes_hash: First 16 bytes of SHA-256 of those bytes, uint8 [N, 16].
        topology: Skeletons.
        label: Classes.
        label_namespace: Of the classes.
        corpus: Corpora.
        class_ids: Namespace -> class -> its ``label_id``, of the samples.
        hidden: Labelled samples that the view leaves out, in the namespaces of those it sees: a
            ranking of all clips has looked at them.
        groups: Where the row groups of the index lie.
    """

    folder: str
    identity: Identity
    shards: tuple[str, ...]
    tars: tuple[str, ...]
    tar_bytes: Ints
    damaged_tars: Mapping[str, str] | None
    position: Ints
    shard: Ints
    offset: Ints
    size: Ints
    bytes_hash: NDArray[np.uint8]
    topology: Words
    label: Words
    label_namespace: Words
    corpus: Words
    class_ids: ClassIds
    hidden: int
    groups: tuple[Place, ...] = field(repr=False)
    _last: tuple[Place, pa.Table] | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        """Samples of the view."""
        return len(self.position)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_last": None}

    def label_of(self, row: int) -> str | None:
        """Class of a sample; None where it has none."""
        return self.label[row]

    def label_namespace_of(self, row: int) -> str | None:
        """Namespace of its class; None where it has none."""
        return self.label_namespace[row]

    def topology_of(self, row: int) -> str:
        """Name of its skeleton."""
        return self.topology.names[self.topology.codes[row]]

    def corpus_of(self, row: int) -> str:
        """Its corpus."""
        return self.corpus.names[self.corpus.codes[row]]

    def classes(self) -> dict[str, tuple[str, ...]]:
        """Namespace -> the classes to choose from, by ``label_id``: those of the samples."""
        return order_classes(self.class_ids)

    def row(self, row: int) -> dict[str, Any]:
        """The whole row of the index, read from its file.

        The row group it lies in is kept, so that its neighbours cost nothing.

        Raises:
            ReleaseError: The file has changed since it was opened.
        """
        position = int(self.position[row])
        place = next(p for p in reversed(self.groups) if p.start <= position)
        if self._last is None or self._last[0] != place:
            self._last = place, read_group(self.folder, place)
        (found,) = self._last[1].slice(position - place.start, 1).to_pylist() or [None]
        here = {
            "position": position,
            "shard": self.shards[int(self.shard[row])],
            "offset": int(self.offset[row]),
            "size": int(self.size[row]),
        }
        if found is None or any(found[name] != value for name, value in here.items()):
            self._last, where = None, join(self.folder, place.path)
            raise ReleaseError("the index has changed since it was opened", where=where)
        return dict(found)


def open_catalogue(folder: str, view: Selection, *, manifest: Manifest | None = None) -> Catalogue:
    """The samples that a view selects of a release, or of a finished folder of shards.

    Every byte of the index is checked against the manifest, and the index against the tars that the
    manifest lists. What only ``verify`` looks at is trusted from there on: the hash says that these
    are the rows that were validated when they were written. The skeletons that the folder defines
    are registered.

    Args:
        folder: Of the release, or of the shards.
        view: Selects by any column but ids and hashes.
        manifest: Of the folder, where it has been read already.

    Raises:
        ReleaseError: The manifest, the index or the definitions of skeletons are damaged, or do
            not belong together.
        SchemaError: The index is of another major version.
        UsageError: The view selects nothing, or the folder defines a known skeleton otherwise, or
            is a recipe.
    """
    manifest = manifest or read_manifest(folder)
    if manifest.is_recipe:
        hint = "Make the release of it: `skeletonllm rebuild` (docs/PUBLISHING.md)."
        raise UsageError("a recipe, which has no motions", where=folder, hint=hint)
    load_checked_topologies(manifest)
    files = find_index(manifest)
    scan = IndexScan(manifest)
    for table in scan.read(files):
        mask = _to_numpy(view.mask(table))
        split = mask if view.split == view else _to_numpy(view.split.mask(table))
        scan.keep(table, mask, split)
    tars = _listed_tars(manifest, scan.words("shard"), files)
    if manifest.checked:
        scan.check_tars(tars)
    if not scan.selected:
        view.select(read_index(folder))  # raises, and says what there is instead
    return _collect(manifest, scan, tars)


def _to_numpy(mask: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), np.bool_)


def _listed_tars(
    manifest: Manifest, shards: tuple[str, ...], files: list[str]
) -> dict[str, tuple[str, int]]:
    """Name -> path and size of every tar: those the manifest lists, or else where they belong."""
    if not manifest.checked:
        place = SHARDS if files == [table_file(INDEX)] else TARS
        return {name: (f"{place}/{name}", -1) for name in shards}
    listed = manifest.files.items()
    return {
        path.rpartition("/")[2]: (path, entry.bytes)
        for path, entry in listed
        if path.endswith(".tar")
    }


def _collect(manifest: Manifest, scan: IndexScan, tars: Mapping[str, tuple[str, int]]) -> Catalogue:
    """The catalogue of what a scan kept."""
    shards = scan.words("shard")
    words = {name: Words(scan.column(name), scan.words(name)) for name in KEPT_WORDS}
    return Catalogue(
        folder=manifest.folder,
        identity=manifest.identity,
        shards=shards,
        tars=tuple(tars[name][0] for name in shards),
        tar_bytes=np.array([tars[name][1] for name in shards], np.int64),
        damaged_tars=_find_damaged(manifest.folder, {name: tars[name] for name in shards}),
        position=scan.column("position"),
        shard=scan.column("shard"),
        offset=scan.column("offset"),
        size=scan.column("size"),
        bytes_hash=scan.column("bytes_hash"),
        class_ids=scan.class_ids,
        hidden=scan.hidden,
        groups=tuple(scan.groups),
        **words,
    )


def _find_damaged(folder: str, tars: Mapping[str, tuple[str, int]]) -> dict[str, str] | None:
    """Name -> what is wrong with a tar, as far as its size tells; None where it lies far away."""
    fs, root = filesystem(folder)
    if not is_local(fs):
        return None
    damaged: dict[str, str] = {}
    for name, (path, size) in tars.items():
        where = join(folder, path)
        try:
            found = os.stat(join(root, path)).st_size  # noqa: PTH116 - a path that fsspec resolved
        except OSError as error:
            damaged[name] = f"{where}: this tar cannot be read ({error.strerror})"
            continue
        if size not in (-1, found):
            damaged[name] = f"{where}: {found} bytes; expected {size}, as the manifest says"
    return damaged
