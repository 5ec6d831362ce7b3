"""``webdataset`` with our decoder inside: what remains is the reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.streaming.rivals.plain_webdataset import shuffle_tars
from benchmarks.streaming.rivals.taken import NextEpoch, Taken, take_sample
from skeletonllm.shards import decode


def convert(tars: Path, folder: Path) -> None:
    """Nothing: it reads plain tars.

    Args:
        tars: Of ours.
        folder: Not used.
    """


def open_reader(folder: Path, _count: int) -> NextEpoch:
    """Our tars.

    Args:
        folder: A finished folder of shards.
        _count: Samples of an epoch; not used.
    """
    return shuffle_tars(folder / "tars", _take)


def _take(members: dict[str, Any]) -> Taken:
    return take_sample(decode(members))
