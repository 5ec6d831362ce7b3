"""``mosaicml-streaming``: the same members, in its own format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streaming import MDSWriter, StreamingDataset

from benchmarks.streaming.rivals.frozen_layout import META, MOTION
from benchmarks.streaming.rivals.taken import NextEpoch, Taken, iterate_members, take_sample
from skeletonllm.shards import decode

BATCH = 32


def convert(tars: Path, folder: Path) -> None:
    """Shards of its default size, without compression: the arrays are compressed already.

    Args:
        tars: Of ours.
        folder: Where to.
    """
    with MDSWriter(out=str(folder), columns={META: "bytes", MOTION: "bytes"}) as writer:
        for members in iterate_members(tars):
            writer.write(members)


def open_reader(folder: Path, count: int) -> NextEpoch:
    """A dataset in this process.

    Args:
        folder: Of its shards.
        count: Samples of an epoch; not used.
    """
    dataset = StreamingDataset(local=str(folder), shuffle=True, batch_size=BATCH)

    def next_epoch() -> Iterator[Taken]:
        return (take_sample(decode(members)) for members in dataset)

    return next_epoch
