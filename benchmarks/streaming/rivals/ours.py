"""Our stream: shuffled over the whole release, verified and resumable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import ceil
from pathlib import Path

from benchmarks.streaming.rivals.taken import NextEpoch, Taken, take_sample
from skeletonllm.stream.stream import Stream
from skeletonllm.views.view import View

BATCH = 32


def convert(tars: Path, folder: Path) -> None:
    """Nothing: the tars are ours, and the index lies beside them.

    Args:
        tars: Of ours.
        folder: Not used.
    """


def open_reader(folder: Path, count: int) -> NextEpoch:
    """A stream of one process.

    Args:
        folder: A finished folder of shards.
        count: Samples of an epoch.
    """
    stream = Stream(str(folder), View(), seed=0, batch_size=BATCH, ahead=0)
    steps = ceil(count / BATCH)

    def next_epoch() -> Iterator[Taken]:
        for batch in islice(stream, steps):
            for sample in batch:
                if sample.weight:
                    yield take_sample(sample)

    return next_epoch
