"""The same clips as tars of ours, with their index, and as tars of the frozen layout."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import webdataset

from benchmarks.streaming.rivals.clips import ToldClip
from benchmarks.streaming.rivals.frozen_layout import encode_frozen
from skeletonllm.shards import encode, key_of
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage


def write_our_folder(told: Iterable[ToldClip], folder: Path, per_tar: int) -> None:
    """A finished folder of ``build-shards``.

    Args:
        told: The clips, in the order of the tars.
        folder: Where to.
        per_tar: Samples of a tar.
    """
    samples = [encode(each.clip, each.rationales) for each in told]
    write_shards(str(folder), samples, per_tar)
    counts = {"samples": len(samples), "shards": -(-len(samples) // per_tar)}
    finish_stage(str(folder), "build_shards", {}, counts)


def write_frozen_tars(told: Iterable[ToldClip], folder: Path, per_tar: int) -> None:
    """Tars of the frozen layout, as plain ``webdataset`` writes them.

    Args:
        told: The clips, in the order of the tars.
        folder: Where to.
        per_tar: Samples of a tar.
    """
    folder.mkdir(parents=True)
    pattern = str(folder / "shard-%06d.tar")
    with webdataset.ShardWriter(pattern, maxcount=per_tar, verbose=0, mtime=0) as writer:
        for each in told:
            members = encode_frozen(each.clip, each.rationales)
            writer.write({"__key__": key_of(each.clip.clip_id), **members})
