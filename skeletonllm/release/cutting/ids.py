"""Many ids in little memory: eight bytes of a hash each, sorted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]


def digest_ids(ids: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """64 bits of a hash of each text.

    Two of a million ids are equal in them with a chance of 3 in 10^8.
    """
    texts = ids.to_pylist()
    joined = b"".join(hashlib.blake2b(t.encode(), digest_size=8).digest() for t in texts)
    return np.frombuffer(joined, np.uint64)


class KnownIds:
    """The ids of a table, by which its rows are found.

    Args:
        columns: The ids, some at a time.
    """

    def __init__(self, columns: Iterable[pa.Array | pa.ChunkedArray]) -> None:
        found = np.concatenate([np.zeros(0, np.uint64), *map(digest_ids, columns)])
        self._rows: Ints = np.argsort(found, kind="stable")
        self._sorted = found[self._rows]

    def __len__(self) -> int:
        """Number of rows, whether an id stands once or more often."""
        return len(self._rows)

    def find(self, ids: pa.Array | pa.ChunkedArray) -> Ints:
        """The first row of each id; -1 where it is not known."""
        wanted = digest_ids(ids)
        at = np.searchsorted(self._sorted, wanted)
        inside = at < len(self._sorted)
        inside[inside] = self._sorted[at[inside]] == wanted[inside]
        rows = np.full(len(wanted), -1, np.int64)
        rows[inside] = self._rows[at[inside]]
        return rows

    def list_repeats(self) -> Ints:
        """Rows whose id stands in a row before them already."""
        return self._rows[1:][self._sorted[1:] == self._sorted[:-1]]

    def list_twice(self) -> Ints:
        """Rows whose id seems to stand more than once, sorted: few look alike without being so."""
        equal = self._sorted[1:] == self._sorted[:-1]
        either = np.zeros(len(self._sorted), np.bool_)
        either[1:] |= equal
        either[:-1] |= equal
        return np.sort(self._rows[either])


def to_digest(text: str) -> bytes:
    """The 32 bytes of a hash in hex; of a text that is none, its own hash."""
    if len(text) == 64:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    return hashlib.sha256(text.encode()).digest()
