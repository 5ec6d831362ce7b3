"""Rows of two tables matched by their ids, and compared column by column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff.side import TableReader

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
LISTED = 1000
"""Ids that are named of each kind of change; all are counted."""
Digests = npt.NDArray[np.uint64]
_APART, _BETWEEN, _NONE = "\x1f", "\x1e", "\0"
"""Between the values of one digest, between those of two structs, and where there is none:
characters that no text of ours holds."""


@dataclass(frozen=True)
class Ids:
    """Some rows: how many, and the first of them by name.

    Args:
        count: How many.
        first: The first :data:`LISTED` of them, sorted.
    """

    count: int
    first: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"count": self.count, "first": list(self.first)}


def list_ids(ids: pa.Array) -> Ids:
    """What some ids are called, in their order."""
    order = pc.sort_indices(ids)
    return Ids(len(ids), tuple(ids.take(order[:LISTED]).to_pylist()))


@dataclass(frozen=True)
class Matched:
    """Which rows of two tables are of the same id.

    Args:
        old_ids: Ids of the old table.
        new_ids: Ids of the new one.
        old: Rows of the old table that are in both, in the order of the new one, [M].
        new: Rows of the new table that are in both, [M].
        removed: Rows of the old table alone.
        added: Rows of the new table alone.
    """

    old_ids: pa.Array
    new_ids: pa.Array
    old: Ints
    new: Ints
    removed: Ints
    added: Ints

    def kept(self, mask: Mask) -> pa.Array:
        """Ids of some rows that are in both.

        Args:
            mask: Which of them, [M].
        """
        return self.new_ids.take(pa.array(self.new[mask]))

    def pair(self, old: pa.Array, new: pa.Array) -> tuple[pa.Array, pa.Array]:
        """A column of both tables, in the rows that are in both.

        Args:
            old: Of the old table.
            new: Of the new one.
        """
        return old.take(pa.array(self.old)), new.take(pa.array(self.new))


def match_rows(old: pa.Array, new: pa.Array, what: str) -> Matched:
    """Match the ids of two tables.

    Args:
        old: Ids of the old one.
        new: Ids of the new one.
        what: What they are ids of, for the message.

    Raises:
        ReleaseError: An id stands twice in one of them.
    """
    for ids in (old, new):
        if pc.count_distinct(ids).as_py() != len(ids):
            hint = "`skeletonllm verify` says where."
            raise ReleaseError(f"an id of {what} stands twice in one release", hint=hint)
    found = pc.index_in(new, value_set=old)
    both = pc.is_valid(found).to_numpy(zero_copy_only=False)
    at = found.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
    lone = np.ones(len(old), np.bool_)
    lone[at] = False
    return Matched(old, new, at, np.flatnonzero(both), np.flatnonzero(lone), np.flatnonzero(~both))


def find_changed(old: pa.Array, new: pa.Array) -> Mask:
    """Where two columns differ; two nulls are equal.

    Args:
        old: One value a row.
        new: As many.
    """
    differ = pc.fill_null(pc.not_equal(old, new), True)
    empty = pc.and_(pc.is_null(old), pc.is_null(new))
    return to_mask(pc.and_not(differ, empty))


def to_mask(values: pa.Array) -> Mask:
    """Booleans of Arrow as those of NumPy."""
    return np.asarray(values.to_numpy(zero_copy_only=False), np.bool_)


def count_values(column: pa.Array) -> dict[str, int]:
    """How often each value stands in a column, by value; nulls are left out."""
    counts = pc.value_counts(column.drop_null())
    pairs = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return {str(value): int(count) for value, count in sorted(pairs)}


def find_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Name -> [old, new] of what differs between two mappings; None where it is in one only.

    Args:
        old: The earlier one.
        new: The later one.
    """
    names = sorted(old.keys() | new.keys())
    sides = ((name, (name in old, old.get(name)), (name in new, new.get(name))) for name in names)
    return {name: [one[1], other[1]] for name, one, other in sides if one != other}


def digest_columns(table: TableReader, names: Sequence[str]) -> Digests:
    """A hash of some columns of each row: 64 bits a row, whatever its length.

    Args:
        table: Is read some thousand rows at once.
        names: Its columns of plain values, or of lists of them.
    """
    return _concatenate(_digest(_join(columns)) for columns in table.batches(names))


def digest_leaves(table: TableReader, column: str, names: Sequence[str]) -> Digests:
    """A hash of some fields of each row's list of structs, in their order: 64 bits a row.

    Args:
        table: Is read some thousand rows at once.
        column: The list.
        names: The fields.
    """
    lists = table.leaves(column, names)
    return _concatenate(_digest(_join_lists(rows, names)) for rows in lists)


def _concatenate(parts: Iterable[Digests]) -> Digests:
    return np.concatenate([np.zeros(0, np.uint64), *parts])


def _join_lists(rows: pa.Array, names: Sequence[str]) -> pa.Array:
    values = pc.list_flatten(rows)
    fields = dict(zip((field.name for field in values.type), values.flatten(), strict=True))
    joined = _join([fields[name] for name in names])
    lengths = pc.fill_null(pc.list_value_length(rows), 0).to_numpy()
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    texts = pc.binary_join(pa.ListArray.from_arrays(offsets, joined), _BETWEEN)
    return pc.if_else(pc.is_null(rows), _NONE, texts)


def _join(columns: Sequence[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(
        *map(_to_text, columns), _APART, null_handling="replace", null_replacement=_NONE
    )


def _to_text(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        return pc.binary_join(column.cast(pa.list_(pa.string())), _APART)
    return column.cast(pa.string())


def _digest(texts: pa.Array) -> Digests:
    """Of the buffer itself: as values of Python, one by one, this takes thrice the time."""
    if len(texts) == 0:
        return np.zeros(0, np.uint64)
    _, offsets, data = texts.buffers()
    at = np.frombuffer(offsets, np.int32)[texts.offset :][: len(texts) + 1].tolist()
    held = memoryview(b"" if data is None else data)
    digests = (hashlib.blake2b(held[a:b], digest_size=8).digest() for a, b in pairwise(at))
    return np.frombuffer(b"".join(digests), np.uint64)


def flatten(rows: pa.Array) -> pa.Array:
    """The values of lists of structs of one field, one after the other."""
    return pc.list_flatten(rows).field(0)
