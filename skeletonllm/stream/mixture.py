"""The entries of an epoch: which sample of which part, and for the how manieth time.

A part of weight 2.3 is in an epoch with two whole copies, and with 30 % of its samples once more:
other ones in each epoch, chosen by blocks of neighbours, since a block is read at once. Neighbours
in a part are neighbours here. All whole blocks come first and then the few samples that each copy
leaves over, so that the blocks of the order are blocks of neighbours too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, isfinite

import numpy as np

from skeletonllm.errors import UsageError
from skeletonllm.stream.order import LARGEST_BLOCK, derive_key, size_block
from skeletonllm.stream.permutation import IntArray, random_bits

MOST_ENTRIES = 1 << 40
"""Entries of the largest epoch: beyond any that is ever read; an order keeps 8 bytes for 65,536."""


class Mixture:
    """Parts (corpora, tasks) by weights, as the entries of an epoch: (part, row, repeat) each once.

    Args:
        counts: Rows of each part.
        weights: How often each row of a part is in an epoch: 1 for once, 0 for never, 2.5 for twice
            in one epoch and three times in another.

    Raises:
        UsageError: A weight is impossible, or there is nothing to give.

    Example:
        >>> mixture = Mixture([3, 4], [2, 0.5])
        >>> len(mixture)
        8
    """

    def __init__(self, counts: Sequence[int], weights: Sequence[float]) -> None:
        _check(counts, weights)
        self.counts, self.weights = tuple(counts), tuple(float(weight) for weight in weights)
        runs = np.array(list(self._lay_runs()), dtype=np.int64).reshape(-1, 5)
        self._part, self._first_repeat, self._period, self._offset, sizes = runs.T
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes
        pairs = enumerate(zip(self.counts, self.weights, strict=True))
        self._partly = [part for part, pair in pairs if _count_some(*pair)]

    def __len__(self) -> int:
        """Entries of an epoch, the same in each."""
        return int(self._ends[-1])

    def entry(self, entries: IntArray, key: bytes) -> tuple[IntArray, IntArray, IntArray]:
        """Part, row and number of the repeat of each entry, int64 of equal shape.

        Args:
            entries: Of ``range(len(self))``.
            key: Of the epoch (:func:`skeletonllm.stream.order.order_key`): it decides which samples
                have one copy more than the others.
        """
        run = np.searchsorted(self._ends, entries, side="right")
        copy, place = np.divmod(entries - self._starts[run], self._period[run])
        part, row, repeat = (
            self._part[run],
            place + self._offset[run],
            copy + self._first_repeat[run],
        )
        for number in self._partly:
            some = (part == number) & (repeat == floor(self.weights[number]))
            row[some] = self._choose_rows(row[some], number, key)
        return part, row, repeat

    def _lay_runs(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Part, first repeat, rows of a copy, first row, and entries of each run of entries."""
        whole = [size - size % LARGEST_BLOCK for size in self.counts]
        some = [_count_some(*pair) for pair in zip(self.counts, self.weights, strict=True)]
        some_whole = [size - size % LARGEST_BLOCK for size in some]
        for part, copies in enumerate(map(floor, self.weights)):
            yield part, 0, max(1, whole[part]), 0, copies * whole[part]
            yield part, copies, max(1, some_whole[part]), 0, some_whole[part]
        for part, copies in enumerate(map(floor, self.weights)):
            rest, some_rest = self.counts[part] - whole[part], some[part] - some_whole[part]
            yield part, 0, max(1, rest), whole[part], copies * rest
            yield part, copies, max(1, some_rest), some_whole[part], some_rest

    def _choose_rows(self, place: IntArray, part: int, key: bytes) -> IntArray:
        """The rows of the copy that holds only some of a part.

        The rows are turned by a random number and cut into blocks; of each run of neighbouring
        blocks one is taken. So each row is as likely as any other, and each class has its share.
        """
        count, own = self.counts[part], derive_key(key, f"part {part}")
        size = size_block(count)
        blocks = count // size
        taken = min(blocks, -(-_count_some(count, self.weights[part]) // size))
        number, inside = np.divmod(place, size)
        low, high = number * blocks // taken, (number + 1) * blocks // taken
        step = random_bits(number, own) % (high - low).astype(np.uint64)
        block = low + step.astype(np.int64)
        return np.asarray((block * size + inside + own % count) % count, dtype=np.int64)


def _count_some(count: int, weight: float) -> int:
    """Rows that have one copy more than the others."""
    return round((weight - floor(weight)) * count)


def _check(counts: Sequence[int], weights: Sequence[float]) -> None:
    if len(counts) != len(weights):
        raise UsageError(f"{len(weights)} weights", expected=f"one for each of {len(counts)} parts")
    for part, (count, weight) in enumerate(zip(counts, weights, strict=True)):
        if not (isfinite(weight) and weight >= 0 and count >= 0):
            raise UsageError(
                f"weight {weight} of {count} samples",
                expected="a number from 0 on",
                where=f"part {part}",
            )
    total = sum(c * floor(w) + _count_some(c, w) for c, w in zip(counts, weights, strict=True))
    if not 0 < total <= MOST_ENTRIES:
        raise UsageError(
            f"weights {list(weights)} of parts of {list(counts)} samples give an epoch of {total}",
            expected=f"1 to {MOST_ENTRIES} samples",
        )
