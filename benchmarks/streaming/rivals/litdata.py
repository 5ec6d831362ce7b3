"""``litdata``: the same members, in its own format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from litdata import StreamingDataset, optimize

from benchmarks.streaming.rivals.taken import NextEpoch, Taken, iterate_members, take_sample
from skeletonllm.shards import decode


def convert(tars: Path, folder: Path) -> None:
    """Chunks of 64 MB, the size of its documentation.

    Args:
        tars: Of ours.
        folder: Where to.
    """
    samples = list(iterate_members(tars))
    optimize(fn=_keep, inputs=samples, output_dir=str(folder), chunk_bytes="64MB", num_workers=1)


def _keep(members: dict[str, bytes]) -> dict[str, bytes]:
    return members


def open_reader(folder: Path, _count: int) -> NextEpoch:
    """A dataset in this process.

    Args:
        folder: Of its shards.
        _count: Samples of an epoch; not used.
    """
    dataset = StreamingDataset(str(folder), shuffle=True)

    def next_epoch() -> Iterator[Taken]:
        return (take_sample(decode(members)) for members in dataset)

    return next_epoch
