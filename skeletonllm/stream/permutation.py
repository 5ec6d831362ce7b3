"""Random bits and permutations that are computed where they are asked for, and kept nowhere.

The bits are our own (SplitMix64) and fixed for ever: an order that a library may change would end
every run that is to be resumed.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BitArray = npt.NDArray[np.uint64]

ROUNDS = 12
"""Rounds of the Feistel network. Four are the fewest that are a pseudo-random permutation (Luby and
Rackoff); tiny ranges, where a round adds one or two bits, need more to reach every permutation."""
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def random_bits(index: IntArray | BitArray, key: int) -> BitArray:
    """64 random bits for each index: entry ``index`` of the stream SplitMix64 seeded with ``key``.

    Args:
        index: Non-negative, of any shape.
        key: 0 to 2**64 - 1.
    """
    bits = (index.astype(np.uint64) + np.uint64(1)) * _STEP + np.uint64(key)
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    result: BitArray = bits ^ (bits >> np.uint64(31))
    return result


def permute(index: IntArray, count: int, key: int, group: IntArray) -> IntArray:
    """Where each index goes in a random permutation of ``range(count)``, int64 of equal shape.

    A Feistel network on a rectangle of about ``sqrt(count)`` by ``sqrt(count)`` cells; what falls
    on a cell beyond ``count`` is permuted again until it does not.

    Args:
        index: Of ``range(count)``.
        count: Size of the range.
        key: 0 to 2**64 - 1.
        group: Number of the permutation for each index: of one key there are as many as wanted.
    """
    group = random_bits(group, key).astype(np.int64)
    result = _permute_cells(index, count, group)
    while (beyond := result >= count).any():
        result[beyond] = _permute_cells(result[beyond], count, group[beyond])
    return result


def _permute_cells(index: IntArray, count: int, group: IntArray) -> IntArray:
    """A permutation of all cells of the smallest rectangle that holds ``count``."""
    width = isqrt(count - 1) + 1
    sides = (-(-count // width), width)
    halves = list(np.divmod(index, width))
    for number in range(ROUNDS):
        moved, other = number % 2, 1 - number % 2
        side = np.uint64(sides[moved])
        push = random_bits(halves[other] ^ group, number) % side
        halves[moved] = (halves[moved] + push.astype(np.int64)) % sides[moved]
    return np.asarray(halves[0] * width + halves[1], dtype=np.int64)
