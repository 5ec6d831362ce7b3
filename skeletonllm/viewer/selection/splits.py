"""In which parts of which published protocols each clip is, for any number of clips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skeletonllm.evaluation.protocols import get_protocol, list_protocols
from skeletonllm.viewer.columns import WordSets

PARTS = ("train", "test")


class SplitScan:
    """Gathers, table by table, which parts hold each row.

    A protocol that has clips in one part only is left out: nobody can use it here.
    """

    def __init__(self) -> None:
        names = list_protocols()
        self._words = [f"{name} {part}" for name in names for part in PARTS]
        self._views = [v for n in names for v in (get_protocol(n).train, get_protocol(n).test)]
        self._sets: dict[bytes, int] = {}
        self._codes: list[npt.NDArray[np.int32]] = []
        self._filled = np.zeros(len(self._words), np.bool_)

    def add(self, table: pa.Table) -> None:
        """Add rows with the columns that a view looks at."""
        masks = np.stack([_to_numpy(view.mask(table)) for view in self._views], axis=1)
        self._filled |= masks.any(axis=0)
        packed, places = np.unique(np.packbits(masks, axis=1), axis=0, return_inverse=True)
        here = [self._sets.setdefault(row.tobytes(), len(self._sets)) for row in packed]
        self._codes.append(np.array(here, np.int32)[places.reshape(-1)])

    def build(self) -> WordSets:
        """What was found of all rows, in their order."""
        whole = np.repeat(self._filled.reshape(-1, len(PARTS)).all(axis=1), len(PARTS))
        kept = np.flatnonzero(whole)
        place = {int(old): new for new, old in enumerate(kept)}
        merged: dict[tuple[int, ...], int] = {}
        codes = [merged.setdefault(self._read(s, place), len(merged)) for s in self._sets]
        rows = np.concatenate([np.zeros(0, np.int32), *self._codes])
        known = np.array(codes or [0], np.int32)
        return WordSets(tuple(self._words[i] for i in kept), tuple(merged), known[rows])

    def _read(self, packed: bytes, place: dict[int, int]) -> tuple[int, ...]:
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=len(self._words))
        return tuple(place[i] for i in np.flatnonzero(bits).tolist() if i in place)


def _to_numpy(mask: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False), np.bool_)
