"""``webdataset`` as any laboratory would use it: a buffer that shuffles, and ``np.load``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import webdataset

from benchmarks.streaming.rivals.frozen_layout import decode_frozen
from benchmarks.streaming.rivals.taken import NextEpoch, Taken, list_tars

TARS_AT_ONCE = 100
"""Of its shuffle of tars; the number of its documentation, as are the samples of its buffer."""
BUFFER = 1000


def convert(tars: Path, folder: Path) -> None:
    """Nothing: it reads plain tars.

    Args:
        tars: Of ours.
        folder: Not used.
    """


def open_reader(folder: Path, _count: int) -> NextEpoch:
    """The tars of the frozen layout.

    Args:
        folder: That holds the tars.
        _count: Samples of an epoch; not used.
    """
    return shuffle_tars(folder, take_frozen)


def take_frozen(members: dict[str, Any]) -> Taken:
    """A sample of the frozen layout."""
    meta, motion = decode_frozen(members)
    arrays = (motion["joints"], motion["present"], motion["confidence"])
    return Taken(meta["clip_id"], meta["label"], meta["rationales"], *arrays)


def shuffle_tars(folder: Path, take: Callable[[dict[str, Any]], Taken]) -> NextEpoch:
    """The tars of a folder, shuffled, each sample decoded once it leaves the buffer.

    Args:
        folder: That holds the tars.
        take: Decodes the members of a sample.
    """
    tars = webdataset.WebDataset(list_tars(folder), shardshuffle=TARS_AT_ONCE, seed=0)
    dataset = tars.shuffle(BUFFER, seed=0).map(take)

    def next_epoch() -> Iterator[Taken]:
        return iter(dataset)

    return next_epoch
