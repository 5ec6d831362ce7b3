"""Which clips a page shows where a release has more than it holds: some of every class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MOST_ROWS = 10_000
"""Clips that one page holds: 30 MB, and what a phone still opens."""
MOST_BYTES = 150_000_000
"""Of their samples in the tars. A page takes a fifth of it; only long clips come to so much."""
_HASH_LENGTH = 10
"""A sample's key ends with so many letters of the hash of its clip id."""


class ClassScan:
    """Gathers class, hash and size of each row, table by table: 20 bytes a row.

    Example:
        >>> scan = ClassScan()
        >>> keys, words, sizes = ["b-b000000001", "a-a000000002"], ["x", "x"], [9, 9]
        >>> columns = {"key": keys, "label": words, "label_namespace": words, "size": sizes}
        >>> scan.add(pa.table(columns))
        >>> scan.choose(most=1).tolist()
        [1]
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str | None], int] = {}
        self._classes: list[npt.NDArray[np.int32]] = []
        self._hashes: list[npt.NDArray[np.int64]] = []
        self._sizes: list[npt.NDArray[np.int64]] = []

    def __len__(self) -> int:
        return sum(map(len, self._hashes))

    def add(self, table: pa.Table) -> None:
        """Add rows with ``key``, ``size``, ``label`` and ``label_namespace``."""
        spaces, labels = (_decode(table, name) for name in ("label_namespace", "label"))
        here = (self._known.setdefault(c, len(self._known)) for c in zip(spaces, labels))  # noqa: B905
        self._classes.append(np.fromiter(here, np.int32, len(table)))
        ends = pc.utf8_slice_codeunits(table.column("key"), -_HASH_LENGTH).to_pylist()
        self._hashes.append(np.fromiter((int(e, 16) for e in ends), np.int64, len(table)))
        self._sizes.append(table.column("size").to_numpy().astype(np.int64))

    def choose(self, most: int | None = MOST_ROWS) -> npt.NDArray[np.int64]:
        """Rows that are shown, in their order: all, or ``most`` of them.

        Each class gets one clip, as long as there is room. The rest goes by the hash of the clip id
        alone, so that the same clips are shown whatever else a release holds. Where clips are so
        long that a page would not open any more, there are fewer.
        """
        if most is None or not len(self):
            return np.arange(len(self))
        order = np.argsort(np.concatenate(self._hashes), kind="stable")
        first = np.zeros(len(order), np.bool_)
        first[np.unique(np.concatenate(self._classes)[order], return_index=True)[1]] = True
        chosen = np.concatenate([order[first], order[~first]])[:most]
        ends = np.cumsum(np.concatenate(self._sizes)[chosen])
        fitting = max(int(np.searchsorted(ends, MOST_BYTES, side="right")), 1)
        return np.sort(chosen[:fitting].astype(np.int64))


def _decode(table: pa.Table, name: str) -> list[str | None]:
    words: list[str | None] = table.column(name).cast(pa.string()).to_pylist()
    return words
