"""What the nodes of a job really fetch: whole streams over HTTP, counted by the server.

``python -m benchmarks.streaming.nodes`` writes a release, serves it on this machine, and reads an
epoch with all ranks of some nodes in turn, each node with a cache of its own. Beside it stands what
:mod:`benchmarks.streaming.fetches` computes from the order alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from benchmarks.streaming.fetches import NODE, Epoch
from benchmarks.table import publish_table
from skeletonllm.shards import encode
from skeletonllm.storage.block_cache import LIMIT_BYTES, BlockCache
from skeletonllm.stream.stream import Stream
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.releases import write_manifest, write_shards
from skeletonllm.views.view import View

TAR = 512


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    samples: int = 20_000
    """Of the release."""
    batch_size: int = 8
    """Samples of a rank in a step."""
    nodes: int = 2
    """Each of 8 ranks."""
    shares: tuple[float, ...] = (2.0, 0.5, 0.2)
    """Limits of the cache of each node, as shares of the bytes of the release."""
    json: str | None = None
    """Also write the table here."""


@dataclass(frozen=True)
class Fetched:
    """What an epoch cost.

    Args:
        samples: That were given out.
        requests: For ranges of tars.
        bytes: That these asked for.
        used: Bytes of all samples.
    """

    samples: int
    requests: int
    bytes: int
    used: int


def main(flags: Flags) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch, FaultyStore(scratch) as store:
        write_copies(f"{scratch}/release", flags.samples)
        rows = list(measure(flags, store, Path(scratch)))
    publish_table("What nodes fetch", rows, flags.json)


def write_copies(folder: str, samples: int, per_tar: int = TAR) -> str:
    """Write a folder of shards of one clip under many names; give the folder.

    Args:
        folder: Where to.
        samples: How many.
        per_tar: Samples of each tar.
    """
    motion = synthesize("jump up", fps=10)
    labelled = {"label": "jump up", "label_id": 0, "label_namespace": "lab"}
    clip = make_clip(motion.select_frames(np.arange(4)), source_uri="raw", **labelled)
    named = (replace(clip, clip_id=f"lab/{number:06d}") for number in range(samples))
    write_shards(folder, [encode(each) for each in named], per_tar)
    return write_manifest(folder)


def measure(flags: Flags, store: FaultyStore, scratch: Path) -> Iterator[dict[str, Any]]:
    """A row a limit.

    Args:
        flags: Of the command.
        store: That serves the release.
        scratch: For the caches.
    """
    planned = Epoch(flags.samples).measure_ratio(flags.nodes * NODE, flags.batch_size)
    total = sum(path.stat().st_size for path in scratch.glob("release/tars/*"))
    for share in flags.shares:
        limit = min(LIMIT_BYTES, int(share * total))
        found = read_epoch(store, scratch / f"cache-{share}", flags, limit)
        yield {
            "samples": f"{found.samples:,}",
            "batch": flags.batch_size,
            "ranks": flags.nodes * NODE,
            "cache of a node over release": f"{share:g}",
            "fetched over used": f"{found.bytes / found.used:.3f}",
            "planned": f"{planned:.3f}",
            "samples a request": f"{found.samples / found.requests:.1f}",
        }


def read_epoch(
    store: FaultyStore, caches: Path, flags: Flags, limit_bytes: int, node: int = NODE
) -> Fetched:
    """Read an epoch of ``release`` with all ranks in turn, step by step.

    Args:
        store: That serves the release.
        caches: Folder for the caches of the nodes.
        flags: How many ranks, and of which batch.
        limit_bytes: Of each cache.
        node: Ranks of a node.
    """
    streams = [
        Stream(
            f"{store.url}/release",
            View(),
            batch_size=flags.batch_size,
            rank=rank,
            world_size=flags.nodes * node,
            ahead=0,
            cache=BlockCache(caches / str(rank // node), limit_bytes),
        )
        for rank in range(flags.nodes * node)
    ]
    before, samples = len(store.asked), 0
    for batches in zip(*streams, strict=True):
        samples += sum(sample.weight > 0 for batch in batches for sample in batch)
    asked = [a.range for a in store.asked[before:] if a.method == "GET" and a.path.endswith(".tar")]
    ends = [tuple(map(int, text.removeprefix("bytes=").split("-"))) for text in asked]
    used = int(streams[0].readers[0].catalogue.size.sum())
    return Fetched(samples, len(asked), sum(last + 1 - first for first, last in ends), used)


if __name__ == "__main__":
    main(tyro.cli(Flags))
