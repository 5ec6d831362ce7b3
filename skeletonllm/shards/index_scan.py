"""Reading an index row group by row group, checked as it passes, of which a view's part is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.shards.checked_files import open_checked, refuse_broken
from skeletonllm.shards.class_order import NO_ID, merge_class_ids
from skeletonllm.shards.index import WORDS
from skeletonllm.shards.manifest import Manifest
from skeletonllm.storage import join
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.ranges import open_ranges
from skeletonllm.storage.versions import check_table

Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

_UNREAD = ("key", "clip_id", "motion_sha256", "content_hash")
"""Other in each row, so the dearest: two thirds of the file. No view selects by them."""
COLUMNS = [name for name in SAMPLE.arrow.names if name not in _UNREAD]
KEPT_WORDS = ("topology", "label", "label_namespace", "corpus")
_Kind = type[np.signedinteger[Any]]
_KINDS: tuple[_Kind, ...] = (np.int8, np.int16, np.int32, np.int64)
_NARROWEST: dict[str, _Kind] = {
    "shard": np.int32,
    "offset": np.int64,
    "size": np.int32,
    "position": np.int32,
}
"""Where a row is used in sums, so that no sum of two overflows; the codes of words are not."""
_HINT = "Copy the whole folder again; `skeletonllm verify` names all that is wrong in a release."


class Place(NamedTuple):
    """Where a row group lies: its file, its number in it, and the position of its first row."""

    path: str
    group: int
    start: int


class IndexScan:
    """One pass over the files of an index.

    Args:
        manifest: Of the folder they lie in.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.rows = self.selected = 0
        self.groups: list[Place] = []
        self._manifest = manifest
        self._words: dict[str, dict[str, int]] = {n: {} for n in ("shard", *KEPT_WORDS)}
        self._pieces: dict[str, list[Any]] = defaultdict(list)
        self._ends = np.zeros(0, np.int64)
        self._labelled: Counter[int] = Counter()
        self._seen: Counter[int] = Counter()
        self._class_ids: dict[str, dict[str, int]] = {}

    def read(self, files: Sequence[str]) -> Iterator[pa.Table]:
        """The row groups of all files, each with :data:`COLUMNS`, the words as dictionaries.

        Raises:
            ReleaseError: A file is not what the manifest lists.
            SchemaError: A file is of another table, or of another major version.
        """
        folder = self._manifest.folder
        for path in files:
            where = join(folder, path)
            with open_checked(folder, path, self._manifest) as file:
                for number, table in enumerate(_read_groups(file, where)):
                    self.groups.append(Place(path, number, self.rows))
                    yield table

    def keep(self, table: pa.Table, mask: Bools, split: Bools | None = None) -> None:
        """Check the rows that :meth:`read` gave last, and keep those of the view.

        Args:
            table: The rows.
            mask: Which of them the view selects, [N].
            split: Which of them its split selects, [N]: a stage that takes fewer of them hides
                nothing from what was mined. None: the same.

        Raises:
            ReleaseError: The rows are not those that follow, or lie nowhere.
        """
        codes = {name: self._encode(name, table.column(name)) for name in self._words}
        numbers = {n: _numbers(table, n) for n in ("position", "offset", "size")}
        self._check_places(codes["shard"], **numbers)
        self._count_labels(
            codes["label_namespace"], codes["label"] >= 0, mask if split is None else split
        )
        self._keep_classes(codes["label_namespace"], codes["label"], table["label_id"], mask)
        kept = {**codes, **numbers, "bytes_hash": _hashes(table)}
        for name, values in kept.items():
            self._pieces[name].append(_narrow(values[mask], _NARROWEST.get(name, np.int8)))
        self.rows += len(table)
        self.selected += int(mask.sum())

    def column(self, name: str) -> Any:
        """A column of all rows that were kept; it can be taken once, so as not to hold it twice.

        Words are numbers, for which :meth:`words` has the words.
        """
        return np.concatenate(self._pieces.pop(name))

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a column, by their numbers."""
        return tuple(self._words[name])

    @property
    def class_ids(self) -> dict[str, dict[str, int]]:
        """Namespace -> class -> ``label_id``, of the rows that were kept."""
        return self._class_ids

    @property
    def hidden(self) -> int:
        """Labelled rows that the split leaves out, in the namespaces of those it selects."""
        return sum(self._labelled[space] - count for space, count in self._seen.items())

    def check_tars(self, tars: Mapping[str, tuple[str, int]]) -> None:
        """Compare what the index needs with what the manifest has.

        Args:
            tars: Name -> path and bytes of each tar that the manifest lists.

        Raises:
            ReleaseError: A tar is in one of them only, or too short, or samples are missing.
        """
        where = join(self._manifest.folder, MANIFEST)
        needed = dict(zip(self._words["shard"], self._ends.tolist(), strict=True))
        for here, there, found in (
            (needed, tars, "the index names tars that the manifest does not list"),
            (tars, needed, "the manifest lists tars that the index does not name"),
        ):
            if lost := sorted(here.keys() - there.keys()):
                few = f"{', '.join(lost[:3])}{', ...' if len(lost) > 3 else ''}"
                raise ReleaseError(f"{found}: {few}", where=where, hint=_HINT)
        for name, end in needed.items():
            path, size = tars[name]
            if end > size:
                expected = f"at least {end}, which the index needs"
                found = f"{path} has {size} bytes"
                raise ReleaseError(found, expected=expected, where=where, hint=_HINT)
        counts = self._manifest.data.get("counts")
        stated = counts.get("samples") if isinstance(counts, dict) else None
        if stated is not None and stated != self.rows:
            found = f"{stated} samples are stated"
            expected = f"{self.rows}, the rows of the index"
            raise ReleaseError(found, expected=expected, where=where, hint=_HINT)

    def _encode(self, name: str, column: pa.ChunkedArray) -> Ints:
        """The number of each row's word, -1 where it has none."""
        words = self._words[name]
        if not pa.types.is_dictionary(column.type):  # a column that an older version lacks
            column = column.dictionary_encode()
        array = column.combine_chunks()
        if array.null_count and not SAMPLE.arrow.field(name).nullable:
            raise ReleaseError(f"nulls in column {name!r} of the index", where=self._where())
        here = [words.setdefault(word, len(words)) for word in array.dictionary.to_pylist()]
        known = np.array([*here, -1], np.int32)  # the last for rows without a word
        codes: Ints = known[pc.fill_null(array.indices, -1).to_numpy()]
        return codes

    def _check_places(self, shard: Ints, *, position: Ints, offset: Ints, size: Ints) -> None:
        if not np.array_equal(position, np.arange(self.rows, self.rows + len(position))):
            raise ReleaseError("positions of the index are not 0, 1, 2, ...", where=self._where())
        if len(size) and (offset.min() < 0 or size.min() < 1 or (offset + size).min() < 0):
            raise ReleaseError("a sample lies before the start of its tar", where=self._where())
        more = len(self._words["shard"]) - len(self._ends)
        self._ends = np.concatenate([self._ends, np.zeros(more, np.int64)])
        np.maximum.at(self._ends, shard, offset + size)

    def _count_labels(self, spaces: Ints, labelled: Bools, mask: Bools) -> None:
        for counter, rows in ((self._labelled, labelled), (self._seen, labelled & mask)):
            counts = np.bincount(spaces[rows] + 1).tolist()
            counter.update({code - 1: count for code, count in enumerate(counts) if count})

    def _keep_classes(
        self, spaces: Ints, labels: Ints, label_id: pa.ChunkedArray, mask: Bools
    ) -> None:
        rows = mask & (spaces >= 0) & (labels >= 0)
        space_names, label_names = self.words("label_namespace"), self.words("label")
        lowest = np.full(len(space_names) * len(label_names), -1, np.int64)
        pairs = spaces[rows].astype(np.int64) * len(label_names) + labels[rows]
        numbers = pc.fill_null(label_id, NO_ID).to_numpy()[rows]
        lowest[pairs] = NO_ID
        np.minimum.at(lowest, pairs, numbers)
        here: dict[str, dict[str, int]] = {}
        for pair in np.flatnonzero(lowest >= 0).tolist():
            space, label = divmod(pair, len(label_names))
            here.setdefault(space_names[space], {})[label_names[label]] = int(lowest[pair])
        self._class_ids = merge_class_ids([self._class_ids, here])

    def _where(self) -> str:
        return join(self._manifest.folder, self.groups[-1].path)


def _read_groups(file: Any, where: str) -> Iterator[pa.Table]:
    with refuse_broken(where):
        parquet = pq.ParquetFile(file, read_dictionary=list(WORDS), pre_buffer=False)
        found = parquet.schema_arrow
    check_table(SAMPLE, found, where)
    _check_types(found, where)
    names = set(found.names)
    there = [name for name in COLUMNS if name in names]
    for group in range(parquet.num_row_groups):
        with refuse_broken(where):
            table = parquet.read_row_group(group, columns=there, use_threads=False)
        yield SAMPLE.conform(table, COLUMNS)


def _check_types(found: pa.Schema, where: str) -> None:
    types = dict(zip(found.names, found.types, strict=True))
    for column in SAMPLE.columns:
        if column.name not in types:
            if not column.optional:
                lost = f"{SAMPLE.name}: missing columns {[column.name]}"
                raise SchemaError(lost, where=where, hint="Run the job that makes it again.")
            continue
        kind = types[column.name]
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if kind != column.type:
            wrong = f"{SAMPLE.name}.{column.name}: type {kind}"
            raise SchemaError(wrong, expected=str(column.type), where=where)


def read_group(folder: str, place: Place) -> pa.Table:
    """All columns of a row group, as it lies there now.

    Args:
        folder: Of the release, or of the shards.
        place: Which row group.

    Raises:
        ReleaseError: The file is gone or broken.
        StorageError: The store gives no right answer.
    """
    where = join(folder, place.path)
    try:
        with (
            open_ranges(folder, place.path) as file,
            pq.ParquetFile(file, pre_buffer=False) as parquet,
        ):
            table = parquet.read_row_group(place.group, use_threads=False)
    except FileNotFoundError:
        raise ReleaseError("the index has gone since it was opened", where=where) from None
    except (pa.ArrowException, IndexError, OSError) as error:  # the last for broken pages as well
        found = f"the index has changed since it was opened ({error})"
        raise ReleaseError(found, where=where) from error
    return SAMPLE.conform(table)


def _narrow(values: Any, narrowest: _Kind) -> Any:
    """The same numbers in as few bytes as hold the highest; hashes stay as they are."""
    if values.dtype == np.uint8:
        return values
    kinds = [kind for kind in _KINDS if np.dtype(kind) >= np.dtype(narrowest)]
    highest = values.max(initial=0)
    return values.astype(next(kind for kind in kinds if np.iinfo(kind).max >= highest))


def _numbers(table: pa.Table, name: str) -> Ints:
    column = table.column(name)
    if column.null_count:
        raise ReleaseError(f"nulls in column {name!r} of the index")
    values: Ints = column.to_numpy()
    return values


def _hashes(table: pa.Table) -> NDArray[np.uint8]:
    """First bytes of SHA-256, uint8 [N, 16]."""
    column = table.column("bytes_hash")
    if column.null_count:
        raise ReleaseError("nulls in column 'bytes_hash' of the index")
    array = column.combine_chunks()
    width = array.type.byte_width
    start = array.offset * width
    data = np.frombuffer(array.buffers()[1], np.uint8)[start : start + len(array) * width]
    return data.reshape(len(array), width)
