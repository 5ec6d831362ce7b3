"""``mosaicml-streaming``: the same members, in its own format."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import torch

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
    columns = {META: "bytes", MOTION: "bytes"}
    with _import_package().MDSWriter(out=str(folder), columns=columns) as writer:
        for members in iterate_members(tars):
            writer.write(members)


def open_reader(folder: Path, _count: int) -> NextEpoch:
    """A dataset in this process.

    Args:
        folder: Of its shards.
        _count: Samples of an epoch; not used.
    """
    package = _import_package()
    dataset = package.StreamingDataset(local=str(folder), shuffle=True, batch_size=BATCH)

    def next_epoch() -> Iterator[Taken]:
        return (take_sample(decode(members)) for members in dataset)

    return next_epoch


@cache
def _import_package() -> ModuleType:
    """The package, also where torch has no CUDA.

    It imports torchvision, whose wheel of the package index needs a torch with CUDA, and else trips
    over two operators that are absent. Nothing of torchvision is used here.
    """
    if torch.version.cuda is None:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")
    return import_module("streaming")
