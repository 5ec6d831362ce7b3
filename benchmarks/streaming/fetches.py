"""Bytes that nodes fetch for the bytes that their ranks use, counted over whole epochs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skeletonllm.stream.order import Order, order_key

IntArray = npt.NDArray[np.int64]
NODE = 8
"""Ranks of a node."""
TAR = 512
"""Samples of a tar."""
SAMPLE_KB = 8


class Epoch:
    """The order of an epoch, and who reads what of it.

    Args:
        count: Samples.
        seed: Of the order.
    """

    def __init__(self, count: int, seed: int = 0) -> None:
        order = Order(count, order_key("release", "view", seed, 0))
        self.count, self.block = count, order.block
        self.entries = order[np.arange(count)]
        self.lanes = order.lanes(np.arange(count))

    def assign_ranks(self, world: int, batch_size: int) -> IntArray:
        """The rank that reads each position, int64 [count]: what the ranks of ``Schedule`` do.

        Args:
            world: Number of ranks.
            batch_size: Samples of a rank in a step.
        """
        stride, last = world * batch_size, (self.count - 1) % (world * batch_size) + 1
        place = np.arange(self.count) % stride
        step = np.arange(self.count) // stride
        rank = place // batch_size
        cuts = np.arange(world + 1) * last // world
        in_last = step == step[-1]
        rank[in_last] = np.searchsorted(cuts, place[in_last], side="right") - 1
        result = np.empty_like(rank)
        result[np.lexsort((self.lanes, step))] = rank
        return result

    def list_fetches(self, world: int, batch_size: int) -> tuple[IntArray, IntArray]:
        """Block and node of each fetch, if a node fetches each block that it needs once.

        Args:
            world: Number of ranks.
            batch_size: Samples of a rank in a step.
        """
        node = self.assign_ranks(world, batch_size) // NODE
        nodes = -(-world // NODE)
        pairs = np.unique(self.entries // self.block * nodes + node)
        block, node = np.divmod(pairs, nodes)
        return block, node

    def measure_ratio(self, world: int, batch_size: int) -> float:
        """Bytes fetched over bytes used, all samples of one size.

        Args:
            world: Number of ranks.
            batch_size: Samples of a rank in a step.
        """
        block, _ = self.list_fetches(world, batch_size)
        sizes = np.minimum((block + 1) * self.block, self.count) - block * self.block
        return float(sizes.sum() / self.count)


def measure_worlds(
    counts: Sequence[int], batch_sizes: Sequence[int], worlds: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Rows of the table of worlds.

    Args:
        counts: Samples of the releases.
        batch_sizes: Samples of a rank in a step.
        worlds: Numbers of ranks.
    """
    for count in counts:
        epoch = Epoch(count)
        for batch_size in batch_sizes:
            ratios = {world: epoch.measure_ratio(world, batch_size) for world in worlds}
            worst = max(ratios, key=lambda world: ratios[world])
            yield {
                "samples": f"{count:,}",
                "batch": batch_size,
                "worlds": f"{min(worlds)} to {max(worlds)}",
                "fetched over used, mean": f"{np.mean(list(ratios.values())):.3f}",
                "worst": f"{ratios[worst]:.3f}",
                "world of the worst": worst,
            }


def measure_views(count: int, world: int, batch_size: int) -> Iterator[dict[str, Any]]:
    """Rows of the table of sparse views, of samples of 8 kB.

    Args:
        count: Samples of the release.
        world: Number of ranks.
        batch_size: Samples of a rank in a step.
    """
    for share in (1.0, 0.5, 0.2, 0.1, 0.05):
        kept = np.flatnonzero(np.random.default_rng(0).random(count) < share)
        epoch = Epoch(len(kept))
        block, _ = epoch.list_fetches(world, batch_size)
        for gap_kb in (256, 64, 0) if share < 1 else (256,):
            spans, requests = _measure_blocks(kept, epoch.block, gap_kb)
            yield {
                "share of the view": f"{share:.0%}",
                "samples": f"{len(kept):,}",
                "split at gaps over": f"{gap_kb} kB",
                "fetched over used": f"{spans[block].sum() / len(kept):.2f}",
                "of that, nodes": f"{epoch.measure_ratio(world, batch_size):.2f}",
                "requests a block": f"{requests.mean():.2f} (at most {requests.max()})",
            }


def _measure_blocks(kept: IntArray, size: int, gap_kb: int) -> tuple[IntArray, IntArray]:
    """Samples of the tars in the spans of each block, and how many spans those are."""
    block = np.arange(len(kept)) // size
    between = np.diff(kept, prepend=-1) - 1
    new = np.diff(block, prepend=-1) > 0
    split = ~new & ((np.diff(kept // TAR, prepend=0) > 0) | (between * SAMPLE_KB > gap_kb))
    read = np.where(new | split, 1, between + 1)
    return np.bincount(block, read).astype(np.int64), np.bincount(block, new | split).astype(
        np.int64
    )
