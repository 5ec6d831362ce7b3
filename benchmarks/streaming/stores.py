"""How fast ranges are read from each store, and what a shared cache saves.

``python -m benchmarks.streaming.stores`` reads samples in shuffled blocks, as a stream does, from a
local folder, a web server and an S3 (moto, where it is installed), both on this machine: so the
figures are what the reader itself costs; a real store adds its distance. Then some processes share
one cache, each reading every so many-th sample of every block, as ranks of a node do.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from benchmarks.table import publish_table
from skeletonllm.storage.block_cache import BlockCache
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.testing.faulty_store import FaultyStore

NAME = "shard.tar"
BUCKET = "lab"
KEYS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}
SPAWN, FORK = multiprocessing.get_context("spawn"), multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Flags:
    """Flags of this command."""

    blocks: int = 128
    """How many blocks are read."""
    samples: int = 16
    """Samples of a block."""
    bytes: int = 8192
    """Of a sample."""
    processes: int = 8
    """How many share a cache."""
    json: str | None = None
    """Also write the table here."""


@dataclass(frozen=True)
class Run:
    """What a process read.

    Args:
        begun: When, by the clock of the machine.
        ended: Likewise.
        cpu_s: Seconds of its processor.
        requests: Sent to the store.
        fetched: Bytes from the store.
        used: Bytes that were asked for.
    """

    begun: float
    ended: float
    cpu_s: float
    requests: int
    fetched: int
    used: int


def read_share(flags: Flags, base: str, cache: str | None, part: int, parts: int) -> Run:
    """Read every ``parts``-th sample of every block, blocks in one shuffled order for all."""
    reader = RangeReader(base, cache=None if cache is None else BlockCache(cache))
    reader.read(NAME, 0, 1)  # connected, and its file system loaded
    order = np.random.default_rng(0).permutation(flags.blocks).tolist()
    whole = flags.samples * flags.bytes
    before = reader.requests, reader.fetched, reader.used
    begun, cpu = time.monotonic(), time.process_time()
    for number in order:
        first = number * whole
        for sample in range(part, flags.samples, parts):
            start = first + sample * flags.bytes
            reader.read(NAME, start, start + flags.bytes, (first, first + whole))
    after = reader.requests, reader.fetched, reader.used
    costs = [b - a for a, b in zip(before, after, strict=True)]
    return Run(begun, time.monotonic(), time.process_time() - cpu, *costs)


def main(flags: Flags) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        folder = Path(scratch, "release")
        folder.mkdir()
        data = np.random.default_rng(0).bytes(flags.blocks * flags.samples * flags.bytes)
        (folder / NAME).write_bytes(data)
        stores = {"local": str(folder), "http": stack.enter_context(serve(serve_folder, folder))}
        if find_spec("moto") and find_spec("s3fs"):
            import_module("s3fs")
            os.environ.update(KEYS, AWS_ENDPOINT_URL=stack.enter_context(serve(serve_s3, folder)))
            stores["s3"] = f"s3://{BUCKET}"
        rows = [row for name, base in stores.items() for row in measure(flags, name, base, scratch)]
    publish_table("Reading ranges", rows, flags.json)


def measure(flags: Flags, name: str, base: str, scratch: str) -> Iterator[dict[str, Any]]:
    """The rows of a store."""
    cache = str(Path(scratch, f"cache-{name}"))
    yield make_row(flags, name, "none", read_together(flags, base, None, 1))
    if name != "local":
        yield make_row(flags, name, "cold", read_together(flags, base, cache, 1))
        yield make_row(flags, name, "warm", read_together(flags, base, cache, 1))
        shutil.rmtree(cache)
    several = flags.processes
    yield make_row(flags, name, "none", read_together(flags, base, None, several))
    if name != "local":
        yield make_row(flags, name, "cold, shared", read_together(flags, base, cache, several))
        yield make_row(flags, name, "warm, shared", read_together(flags, base, cache, several))


def read_together(flags: Flags, base: str, cache: str | None, processes: int) -> list[Run]:
    """Processes that begin at about the same time."""
    with FORK.Pool(processes) as pool:  # of a process without threads, and with all imports done
        work = [(flags, base, cache, part, processes) for part in range(processes)]
        return pool.starmap(read_share, work, chunksize=1)


def make_row(flags: Flags, store: str, cache: str, runs: list[Run]) -> dict[str, Any]:
    """What some processes did together."""
    seconds = max(run.ended for run in runs) - min(run.begun for run in runs)
    used = sum(run.used for run in runs)
    samples = used // flags.bytes
    return {
        "store": store,
        "processes": len(runs),
        "cache": cache,
        "MB/s": f"{used / seconds / 1e6:.0f}",
        "samples/s": f"{samples / seconds:,.0f}",
        "processor, us a sample": f"{sum(run.cpu_s for run in runs) / samples * 1e6:.0f}",
        "requests a block": f"{sum(run.requests for run in runs) / flags.blocks:.2f}",
        "bytes fetched / used": f"{sum(run.fetched for run in runs) / used:.2f}",
    }


@contextlib.contextmanager
def serve(target: Any, folder: Path) -> Iterator[str]:
    """URL of a server in a process of its own, with the file of a folder."""
    said: Queue[str] = SPAWN.Queue()
    process = SPAWN.Process(target=target, args=(folder, said), daemon=True)
    process.start()
    try:
        yield said.get(timeout=60)
    finally:
        process.terminate()
        process.join()


def serve_folder(folder: Path, said: Queue[str]) -> None:
    with FaultyStore(folder) as store:
        said.put(store.url)
        time.sleep(86_400)


def serve_s3(folder: Path, said: Queue[str]) -> None:
    import logging  # noqa: PLC0415

    import boto3  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request otherwise
    os.environ.update(KEYS)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=url)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key=NAME, Body=(folder / NAME).read_bytes())
    said.put(url)
    time.sleep(86_400)


if __name__ == "__main__":
    main(tyro.cli(Flags))
