"""The order of samples: a pure function of (release, view, seed, epoch), and of nothing else.

Samples are cut into blocks of neighbours in the tars. The blocks are permuted, laid end to end and
cut into 64 lanes; within a window of each lane samples are shuffled. Position p of an epoch is item
p // 64 of lane p mod 64. Since position p goes to rank (p - start) mod W, a rank of a world that
divides 64 reads few lanes, hence few shards; yet 64 neighbours in the order come from 64 places.

A small release is cut into smaller blocks, down to single samples. Its order is then a plain random
permutation: locality would save nothing there and cost randomness.
"""

from __future__ import annotations

import hashlib
from math import ceil

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

LANES = 64
"""Places of a release that are read at once. Fewer, and neighbours in the order are neighbours in a
class-sorted corpus; more, and a rank reads more shards. Also the largest world of whole lanes."""
BLOCK = 256
"""Samples of the largest block: about half a shard, so that a shard is read for two lanes at most.
Larger blocks mix less; smaller ones read more shards at once."""
MIN_BLOCKS = 1024
"""Blocks there should be at least, before blocks grow beyond one sample: 16 a lane, so that also a
small release is mixed well."""
WINDOW = 4
"""Blocks within which a lane is shuffled: more mix better, and keep more shards open."""


def order_samples(count: int, *, release: str, view: str, seed: int, epoch: int) -> IntArray:
    """Indices of the samples of an epoch in their order, int64: a permutation of ``range(count)``.

    Args:
        count: Number of samples of the view.
        release: Identity of the release.
        view: Hash of the view.
        seed: Seed of the run.
        epoch: 0, 1, ...

    Example:
        >>> sorted(order_samples(5, release="r", view="v", seed=0, epoch=0).tolist())
        [0, 1, 2, 3, 4]
    """
    random = _generator(release, view, seed, epoch)
    size = min(BLOCK, max(1, count // MIN_BLOCKS))
    line = _permuted_blocks(count, size, random)
    ends = np.cumsum([_lane_length(count, lane) for lane in range(LANES)])
    lane = np.searchsorted(ends, np.arange(count), side="right")
    item = np.arange(count) - np.concatenate([[0], ends])[lane]
    window = item // (size * WINDOW)
    shuffled = line[np.lexsort((random.random_raw(count), window, lane))]
    result = np.empty(count, dtype=np.int64)
    result[item * LANES + lane] = shuffled
    return result


def _lane_length(count: int, lane: int) -> int:
    return max(0, ceil((count - lane) / LANES))


def _permuted_blocks(count: int, size: int, random: np.random.Philox) -> IntArray:
    """``range(count)`` with its blocks in random order."""
    blocks = np.argsort(random.random_raw(ceil(count / size)), kind="stable")
    place = np.argsort(blocks, kind="stable")  # block -> where it goes
    samples = np.arange(count)
    return np.argsort(place[samples // size], kind="stable").astype(np.int64)


def _generator(release: str, view: str, seed: int, epoch: int) -> np.random.Philox:
    """Raw bits of a counter-based generator: numpy promises these, not its shuffles, for ever."""
    identity = f"skeletonllm.order/1\n{release}\n{view}\n{seed}\n{epoch}".encode()
    key = np.frombuffer(hashlib.sha256(identity).digest()[:16], dtype="<u8")
    return np.random.Philox(key=key.astype(np.uint64))
