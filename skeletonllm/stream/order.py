"""The order of an epoch: a pure function of (release, view, seed, epoch), and of nothing else.

Entries are the samples of an epoch by number, neighbours in the tars being neighbours here. They
are cut into blocks. The epoch is cut into equal windows: of each run of neighbouring blocks, as
many as there are windows, every window takes one, so that each class is spread evenly over them.
In a window the blocks are shuffled, laid end to end and cut into 256 lanes, and each lane is
shuffled. Then the lanes are dealt in turn: 256 neighbours in the order come from 256 lanes.

A rank that takes whole lanes reads few blocks, and nothing of the order depends on ranks. Nothing
is computed but the window that is asked for: the first position costs what the last one costs.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np

from skeletonllm.stream.permutation import IntArray, permute, random_bits

LANES = 256
"""Places that are read at once. Fewer, and a lane is a large part of what a node reads, so that two
nodes share much; more, and a lane is a few blocks that follow each other in every epoch."""
LARGEST_BLOCK = 16
"""Entries of the largest block. Larger ones put more of one class at one place; smaller ones are
more requests for the same bytes."""
MIN_BLOCKS = 1024
"""Blocks there should be at least, before blocks grow beyond one entry: a small release is shuffled
sample by sample, since locality saves nothing there and costs randomness."""
WINDOW = 65_536
"""Entries of a window, about. Wider ones mix better, and a node keeps its share of one in cache:
0.5 GB of 8 kB samples over all nodes."""
_KEPT = 3
"""Windows kept: a step lies in two at most, and one more for whoever looks ahead."""
_SHUFFLES = ("windows", "blocks", "lanes")


def order_key(release: str, view: str, seed: int, epoch: int) -> bytes:
    """What decides an order, 32 bytes.

    Args:
        release: SHA-256 of the manifest of the release, in hex.
        view: SHA-256 of the view, in hex.
        seed: Seed of the run.
        epoch: 0, 1, ...
    """
    text = f"skeletonllm.order/2\n{release}\n{view}\n{seed}\n{epoch}"
    return hashlib.sha256(text.encode()).digest()


def derive_key(key: bytes, purpose: str) -> int:
    """A key of 64 bits for one purpose, from that of the order.

    Args:
        key: Of :func:`order_key`.
        purpose: Any text; other texts give unrelated keys.
    """
    return int.from_bytes(hashlib.sha256(key + purpose.encode()).digest()[:8], "little")


def size_block(count: int) -> int:
    """Entries of a block: a power of two, so that blocks of 16 neighbours are never cut askew."""
    most = min(LARGEST_BLOCK, max(1, count // MIN_BLOCKS))
    return 1 << (most.bit_length() - 1)


class Order:
    """A permutation of ``range(count)``, computed window by window as it is asked for.

    For one thread at a time: it keeps the windows that were asked for last.

    Args:
        count: Entries of the epoch.
        key: Of :func:`order_key`.

    Example:
        >>> order = Order(5, order_key("r", "v", seed=0, epoch=0))
        >>> sorted(order[np.arange(5)].tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, count: int, key: bytes) -> None:
        self.block = size_block(count)
        self._count = count
        self._keys = {name: derive_key(key, name) for name in _SHUFFLES}
        self._windows = max(1, (count + WINDOW // 2) // WINDOW)
        self._blocks = -(-count // self.block)
        self._starts = np.concatenate([[0], np.cumsum(self._size_windows())])
        self._cache: OrderedDict[int, _Window] = OrderedDict()

    def __len__(self) -> int:
        """Entries of the epoch."""
        return self._count

    def __getitem__(self, positions: IntArray) -> IntArray:
        """The entries at these positions, int64 of equal shape."""
        windows = self._window_of(positions)
        result = np.empty(positions.shape, dtype=np.int64)
        for window in np.unique(windows).tolist():
            here = windows == window
            result[here] = self._window(window).take(positions[here] - self._starts[window])
        return result

    def lanes(self, positions: IntArray) -> IntArray:
        """The lanes that these positions come from, int64 of equal shape.

        Lanes are dealt with the bits of their numbers reversed: any neighbours in the order, few
        or many, are spread evenly over the lanes, so that equal shares of a step are equal shares
        of the lanes at every step.
        """
        turn = (positions - self._starts[self._window_of(positions)]) % LANES
        return _TURN_OF_LANE[turn]  # the reversal of bits is its own inverse

    def _window_of(self, positions: IntArray) -> IntArray:
        return np.searchsorted(self._starts, positions, side="right") - 1

    def _size_windows(self) -> IntArray:
        """Entries of each window: one block more or less where blocks are left over, and the last
        block may be short."""
        windows = np.arange(
            self._windows
        )  # each has one whole block of all groups but the last two
        sizes = np.zeros(self._windows, dtype=np.int64)
        for group in (self._blocks // self._windows, self._blocks // self._windows - 1):
            block = self._take_block(windows, np.full(self._windows, group))
            ends = np.minimum((block + 1) * self.block, self._count)
            sizes += np.where((block >= 0) & (block < self._blocks), ends - block * self.block, 0)
        return sizes + self.block * max(0, self._blocks // self._windows - 1)

    def _take_block(self, window: IntArray, group: IntArray) -> IntArray:
        """The block that a window takes of a group of neighbours; beyond the last for none."""
        inside = permute(window, self._windows, self._keys["windows"], group)
        return group * self._windows + inside

    def _window(self, window: int) -> _Window:
        if window not in self._cache:
            self._cache[window] = _Window(self._lay_blocks(window), window, self._keys["lanes"])
            if len(self._cache) > _KEPT:
                self._cache.popitem(last=False)
        self._cache.move_to_end(window)
        return self._cache[window]

    def _lay_blocks(self, window: int) -> IntArray:
        """The entries of a window, its blocks in random order and whole."""
        groups = np.arange(self._blocks // self._windows + 1)
        blocks = self._take_block(np.full(len(groups), window), groups)
        bits = random_bits(_number(np.arange(len(blocks)), window), self._keys["blocks"])
        blocks = blocks[np.argsort(bits, kind="stable")]
        line = (blocks[:, None] * self.block + np.arange(self.block)).reshape(-1)
        return line[line < self._count]  # some windows have no block of the last group


class _Window:
    """Entries in line, cut into lanes that are dealt in turn; a lane is shuffled once it is asked
    for, since a rank asks for few."""

    def __init__(self, line: IntArray, number: int, key: int) -> None:
        rounds, rest = divmod(len(line), LANES)
        sizes = rounds + (rest > _TURN_OF_LANE)  # those that are dealt first have the rest
        self._line, self._number, self._key = line, number, key
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes
        self._shuffled = np.zeros(LANES, dtype=np.bool_)

    def take(self, place: IntArray) -> IntArray:
        """The entries at these places of the window."""
        lane = _TURN_OF_LANE[place % LANES]
        for new in np.unique(lane[~self._shuffled[lane]]).tolist():
            self._shuffle(new)
        return self._line[self._starts[lane] + place // LANES]

    def _shuffle(self, lane: int) -> None:
        places = np.arange(self._starts[lane], self._ends[lane])
        bits = random_bits(_number(places, self._number), self._key)
        self._line[places] = self._line[places[np.argsort(bits, kind="stable")]]
        self._shuffled[lane] = True


def _number(places: IntArray, window: int) -> IntArray:
    """A number of its own for each place of each window."""
    return places + (window << 32)


def _reverse_bits(lanes: int) -> IntArray:
    """0, 1/2, 1/4, 3/4, ... of the lanes: when in a round each lane is dealt."""
    turn = np.arange(lanes)
    bits = lanes.bit_length() - 1
    return np.array([int(f"{i:0{bits}b}"[::-1], 2) for i in turn.tolist()], dtype=np.int64)


_TURN_OF_LANE = _reverse_bits(LANES)
