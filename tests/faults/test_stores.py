"""Stores that fail: every byte that is read is right, all trouble is told, and nothing hangs.

The same faults stand before files over HTTP and before an S3 (moto).
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import StorageError, TruncatedFile
from skeletonllm.storage import retries
from skeletonllm.storage.block_cache import BlockCache
from skeletonllm.storage.files import exists, join, list_files, read_bytes, sha256_of
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.testing.faulty_store import FaultyStore

DATA = np.random.default_rng(0).bytes(200_000)
BUCKET = "lab"
PASSING = ["error_500", "error_503", "reset", "cut", "short", "stall", "stall_within", "whole"]
KEYS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """URL of an S3 server in this process."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    pytest.importorskip("s3fs")
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def put(moto: str, name: str, data: bytes) -> None:
    """Write an object past our own file systems, as another machine does."""
    import boto3  # noqa: PLC0415 - comes with s3fs

    client = boto3.client("s3", endpoint_url=moto)
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key=name, Body=data)
    client.close()


@pytest.fixture(params=["http", "s3"])
def faulty(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[FaultyStore, str]]:
    """A store with ``x/a.tar``, and the base URL for the reader."""
    if request.param == "http":
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "a.tar").write_bytes(DATA)
        with FaultyStore(tmp_path) as store:
            yield store, f"{store.url}/x"
        return
    moto = request.getfixturevalue("moto")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    put(moto, "x/a.tar", DATA)
    with FaultyStore(upstream=moto) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        yield store, f"s3://{BUCKET}/x"


def test_a_range_is_right_whatever_passes(faulty: tuple[FaultyStore, str]) -> None:
    store, base = faulty
    said: list[str] = []
    reader = RangeReader(base, timeout_s=0.3, tell=said.append)
    for fault in PASSING:
        store.plan([fault])
        assert reader.read("a.tar", 1000, 51_000) == DATA[1000:51_000], fault
    assert len(said) == len(PASSING)
    assert all("a.tar" in text for text in said)
    assert sum("try 1 of 6" in text for text in said) == len(PASSING) - 1
    assert "sends the whole file" in said[-1]


def test_trouble_after_trouble_passes_too(faulty: tuple[FaultyStore, str]) -> None:
    store, base = faulty
    store.plan(["error_500", "reset", "short", "stall", "cut"])
    reader = RangeReader(base, timeout_s=0.3)
    assert reader.read("a.tar", 5, 100_005) == DATA[5:100_005]
    assert reader.requests == 6


@pytest.mark.parametrize("fault", ["error_500", "reset", "short", "stall"])
def test_trouble_without_end_is_no_damage(faulty: tuple[FaultyStore, str], fault: str) -> None:
    store, base = faulty
    store.plan([], always=fault)
    with pytest.raises(StorageError, match=r"a\.tar.*in each of 3 tries.*again when the store"):
        RangeReader(base, timeout_s=0.2, tries=3).read("a.tar", 0, 1000)
    assert store.count() == 3


def test_an_object_that_was_cut_is_told_apart_from_trouble(faulty: tuple[FaultyStore, str]) -> None:
    store, base = faulty
    reader = RangeReader(base, timeout_s=0.3)
    for start, end in ((199_000, 200_001), (200_005, 200_010)):
        store.plan(["error_500"])
        with pytest.raises(TruncatedFile, match=f"has 200,000 bytes; expected at least {end:,}"):
            reader.read("a.tar", start, end)
    with pytest.raises(FileNotFoundError, match=r"b\.tar"):
        reader.read("b.tar", 0, 1)


def test_whole_files_and_questions_survive_trouble(
    faulty: tuple[FaultyStore, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    store, base = faulty
    for fault in ("error_500", "error_503", "reset", "cut"):
        store.plan([fault] * 2)
        assert read_bytes(join(base, "a.tar")) == DATA
        store.plan([fault])
        assert sha256_of(join(base, "a.tar"))[1] == len(DATA)
        store.plan([fault])
        assert exists(join(base, "a.tar"))
        assert not exists(join(base, "b.tar"))


def test_what_appears_in_an_s3_after_a_look_is_seen(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    put(moto, "y/a", b"a")
    for base in (f"s3://{BUCKET}/y", f"s3://{BUCKET}/y/"):
        assert not exists(join(base, "b"))
        assert list_files(base) == ["a"]
        put(moto, "y/b", b"b")
        assert exists(join(base, "b"))
        assert list_files(base) == ["a", "b"]
        put(moto, "y/a", b"longer")
        assert read_bytes(join(base, "a")) == b"longer"
        assert sha256_of(join(base, "a"))[1] == 6
        import boto3  # noqa: PLC0415

        with monkeypatch.context() as keys:
            keys.setenv("AWS_ENDPOINT_URL", moto)
            client = boto3.client("s3", endpoint_url=moto)
            client.delete_object(Bucket=BUCKET, Key="y/b")
            client.close()
        assert not exists(join(base, "b"))
        put(moto, "y/a", b"a")


def _read_blocks(base: str, folder: Path, seed: int) -> tuple[int, int, int]:
    """Read all of 20 blocks in an order of its own; what it cost."""
    reader = RangeReader(base, cache=BlockCache(folder), timeout_s=1.0, tell=lambda _: None)
    for block in np.random.default_rng(seed).permutation(20).tolist():
        first = block * 10_000
        for start in range(first, first + 10_000, 2500):
            part = reader.read("a.tar", start, start + 2500, (first, first + 10_000))
            assert part == DATA[start : start + 2500]
    return reader.requests, reader.fetched, reader.used


FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@FORKS
@pytest.mark.parametrize("kind", ["fork", "spawn"])
def test_four_ranks_share_what_a_failing_store_gives(
    faulty: tuple[FaultyStore, str], tmp_path: Path, kind: str
) -> None:
    store, base = faulty
    assert RangeReader(base).read("a.tar", 0, 9) == DATA[:9]  # a loop is there to be inherited
    store.plan(["error_500", None, "reset", None, "short", None, None] * 2)
    before = store.count()
    with multiprocessing.get_context(kind).Pool(4) as pool:
        costs = pool.starmap(_read_blocks, [(base, tmp_path / "cache", s) for s in range(4)], 1)
    requests, _, used = (sum(column) for column in zip(*costs, strict=True))
    assert requests == 20 + 6  # one a block, and one more a fault
    assert store.count() >= before + requests
    assert used == 4 * len(DATA)


@pytest.mark.parametrize("fault", ["stall", "stall_within"])
def test_a_stall_of_30_seconds_is_left_behind(faulty: tuple[FaultyStore, str], fault: str) -> None:
    store, base = faulty
    store.plan([fault])
    begun = time.monotonic()
    assert RangeReader(base, timeout_s=0.5).read("a.tar", 0, 100) == DATA[:100]
    assert time.monotonic() - begun < store._stall_s
