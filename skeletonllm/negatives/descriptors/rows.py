"""The descriptors of clips as they lie on disk between the two halves of the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from skeletonllm.negatives.descriptors.robust_scale import FloatArray

DESCRIPTOR = pa.schema(
    [
        ("clip_id", pa.string()),
        ("label_namespace", pa.string()),
        ("label", pa.string()),
        ("group", pa.string()),
        ("descriptor", pa.list_(pa.float64())),
        ("views", pa.list_(pa.string())),
    ]
)
"""``group``: corpus and subject; null where the subject is not known. ``views``: names of those
whose ranking looks at the clip."""

Key = tuple[str, str]
"""(View, label namespace): what is ranked by itself."""
Tables = Callable[[], Iterable[pa.Table]]
"""Gives the parts of the descriptors, in the same order each time; one is in memory at a time."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Clips of one part that one ranking looks at.

    Args:
        clip_ids: N ids.
        labels: Their classes.
        groups: Their subjects; None where not known.
        values: Descriptors, [N, D].
    """

    clip_ids: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str | None, ...]
    values: FloatArray


def iter_rows(tables: Iterable[pa.Table]) -> Iterator[tuple[Key, Rows]]:
    """The clips of each part, once for each ranking that looks at them.

    Args:
        tables: Of :data:`DESCRIPTOR`.
    """
    for table in tables:
        columns = ("clip_id", "label", "group", "label_namespace", "views")
        clip_ids, labels, groups, spaces, views = (table.column(c).to_pylist() for c in columns)
        values = read_descriptors(table)
        found: dict[Key, list[int]] = {}
        for row, (space, names) in enumerate(zip(spaces, views, strict=True)):
            for name in names:
                found.setdefault((name, space), []).append(row)
        for key in sorted(found):
            at = found[key]
            ids, own, people = (tuple(c[row] for row in at) for c in (clip_ids, labels, groups))
            yield key, Rows(ids, own, people, values[at])


def read_descriptors(table: pa.Table, column: str = "descriptor") -> FloatArray:
    """A column of equally long lists as an array [N, D].

    Args:
        table: Rows of :data:`DESCRIPTOR`, or alike.
        column: Which.
    """
    flat = table.column(column).combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float64).reshape(len(table), -1) if len(table) else np.zeros((0, 0))
