"""Streams from stores that fail: each epoch is that of the disk, no sample is taken for damaged,
and nothing hangs."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from skeletonllm.errors import StorageError, UsageError
from skeletonllm.release import cut_release
from skeletonllm.shards import read_index
from skeletonllm.storage import files, ranges, retries
from skeletonllm.storage.block_cache import BlockCache
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.stream import stream as stream_module
from skeletonllm.stream.batch import Batch
from skeletonllm.stream.damage import DamageLimit
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.releases import write_release
from skeletonllm.views.view import View
from tests.faults.s3_here import BUCKET, point_s3_at, put
from tests.skeletonllm.release.conftest import write_stages

PASSING = ["error_500", "reset", "short", "stall", "cut", "error_503", "stall_within", "dropped"]
KILLS = 8
PATIENCE_S = 60.0
Read = list[tuple[Any, ...]]

pytestmark = [
    # A fork of a process with threads may hang, says Python; ours are the store's and torch's.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve: a release of two corpora in three tars, and a folder of shards."""
    root = tmp_path_factory.mktemp("site")
    made = cut_release(str(root / "cut"), "toy", "1.0.0", code="test", **write_stages(root))
    shutil.copytree(made, root / "site" / "toy")
    write_release(str(root / "site" / "lab"), per_action=15)
    return root / "site"


def open_stream(release: str, **options: Any) -> Stream:
    return Stream(release, View(), batch_size=4, **options)


def describe(batches: Iterator[Batch] | list[Batch]) -> Read:
    return [
        (s.clip.clip_id, s.weight, s.motion.sha256, list(s.negatives), list(s.rationales))
        for batch in batches
        for s in batch
    ]


def read(release: str, **options: Any) -> Read:
    """An epoch that must be whole."""
    stream = open_stream(release, **options)
    found = describe(list(stream))
    assert stream.damage.found == {}
    return found


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[float], None]:
    """Give stores less time than users do; and each test a cache of its own."""
    monkeypatch.setenv("SKELETONLLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(retries, "LONGEST_PAUSE_S", 0.05)

    def set_timeout(timeout_s: float) -> None:
        reader = partial(RangeReader, timeout_s=timeout_s, tries=8)
        monkeypatch.setattr(stream_module, "RangeReader", reader)
        for module in (files, ranges):
            monkeypatch.setattr(module, "TIMEOUT_S", timeout_s)
        monkeypatch.setattr(files, "WHOLE_S", timeout_s)

    set_timeout(1.0)
    return set_timeout


@pytest.fixture
def http(site: Path) -> Iterator[FaultyStore]:
    with FaultyStore(site) as store:
        yield store


@pytest.fixture
def own(site: Path, tmp_path: Path) -> Path:
    """A copy of the served folder that a test may damage."""
    return Path(shutil.copytree(site, tmp_path / "own"))


@pytest.fixture(params=["http", "s3"])
def faulty(
    request: pytest.FixtureRequest,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    short_waits: Callable[[float], None],
) -> Iterator[tuple[FaultyStore, str]]:
    """A store, and the URL of the folder that it serves."""
    if request.param == "http":
        with FaultyStore(site, heads=True) as store:
            yield store, store.url
        return
    moto = request.getfixturevalue("moto")
    point_s3_at(moto, monkeypatch)
    for path in (site / "toy").rglob("*"):
        if path.is_file():
            put(moto, str(path.relative_to(site)), path.read_bytes())
    with FaultyStore(upstream=moto) as store:
        point_s3_at(store.url, monkeypatch)
        short_waits(2.0)  # botocore takes half a second to begin
        yield store, f"s3://{BUCKET}"


def test_an_epoch_from_a_store_in_trouble_is_that_of_the_disk(
    faulty: tuple[FaultyStore, str], site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, base = faulty
    store.plan([*PASSING[:4], None, *PASSING[4:]])
    stream = open_stream(f"{base}/toy")
    opened = len(store.asked)
    store.plan([fault for kind in PASSING for fault in (kind, None)])
    found = describe(list(stream))
    assert found == read(str(site / "toy"))
    assert stream.damage.found == {}
    assert {a.fault for a in store.asked[:opened]} >= set(PASSING)
    assert {a.fault for a in store.asked[opened:]} >= {"error_500", "reset"}
    assert "asked again in" in caplog.text


@pytest.mark.parametrize("fault", ["error_500", "dropped", "short", "cut", "stall"])
def test_a_store_that_never_recovers_is_no_damage(
    http: FaultyStore,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    short_waits: Callable[[float], None],
) -> None:
    short_waits(0.1)
    stream = open_stream(f"{http.url}/toy")
    http.plan([], always=fault)
    with pytest.raises(StorageError, match=r"\.tar: .*each of 8 tries.*when the store answers"):
        list(stream)
    assert stream.damage.found == {}
    with pytest.raises(StorageError, match=r"manifest\.json.*each of 6 tries"):
        open_stream(f"{http.url}/toy")


@pytest.mark.parametrize("number", range(1, 8))
def test_no_file_of_a_release_that_comes_short_is_called_damaged(
    http: FaultyStore, number: int
) -> None:
    """Trouble begins after some answers, in the middle of opening, and does not end."""
    http.plan([None] * number, always="short")
    with pytest.raises(StorageError, match="bytes"):
        read(f"{http.url}/toy")


@pytest.mark.parametrize("url", ["{}/toy/", "simplecache::{}/toy", "filecache::{}/toy/"])
def test_a_url_of_any_form_gives_the_same_epoch(url: str, http: FaultyStore, site: Path) -> None:
    assert read(url.format(http.url)) == read(str(site / "toy"))


@pytest.mark.parametrize("fault", ["error_500", "reset", "short"])
def test_a_cache_of_fsspec_keeps_no_half_of_a_file(
    http: FaultyStore, site: Path, fault: str
) -> None:
    http.plan([None, fault, None] * 8)
    assert read(f"simplecache::{http.url}/toy") == read(str(site / "toy"))


def test_two_workers_of_a_loader_read_a_store_in_trouble(http: FaultyStore, site: Path) -> None:
    stream = open_stream(f"{http.url}/lab")
    http.plan(["error_500", "reset", None, "short", "stall"] * 2)
    loader = DataLoader(
        stream, batch_size=None, num_workers=2, multiprocessing_context="fork", timeout=PATIENCE_S
    )
    found = describe(list(stream.counted(loader)))
    assert found == read(str(site / "lab"))
    assert stream.damage.found == {}
    assert stream.state()["epoch"] == 1


def test_a_tar_that_the_store_lacks_is_named(own: Path) -> None:
    tar = sorted((own / "toy" / "shards").iterdir())[1]
    tar.unlink()
    with FaultyStore(own) as store, pytest.raises(UsageError, match=f"{tar.name}.*does not exist"):
        list(open_stream(f"{store.url}/toy"))


def test_of_a_tar_that_was_cut_on_the_store_the_rest_is_read(
    own: Path, site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = sorted(read_index(str(own / "lab")).to_pylist(), key=lambda row: row["offset"])
    cut = rows[40]["offset"] + 100
    (tar,) = (own / "lab" / "tars").iterdir()
    os.truncate(tar, cut)
    lost = {row["clip_id"] for row in rows[40:]}
    with FaultyStore(own) as store:
        stream = open_stream(f"{store.url}/lab", limit=DamageLimit(samples=len(lost)))
        found = describe(list(stream))
    assert set(stream.damage.found) == lost
    assert "the file has" in next(iter(stream.damage.found.values())).why
    assert caplog.text.count("a damaged sample is given out") == len(lost)
    whole = read(str(site / "lab"))
    assert [f if f[0] not in lost else None for f in found] == [
        f if f[0] not in lost else None for f in whole
    ]
    assert all(f[1] == 0 for f in found if f[0] in lost)


def test_a_block_that_rots_in_the_cache_is_fetched_again(
    http: FaultyStore, site: Path, tmp_path: Path
) -> None:
    cache = BlockCache(tmp_path / "blocks")
    whole = read(f"{http.url}/lab", cache=cache)
    blocks = [path for path in (tmp_path / "blocks").rglob("*") if path.stat().st_size > 10_000]
    assert blocks
    for path in blocks:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    for requests in (len(blocks), 0):  # and the second time it is right
        before = count_tars(http)
        assert read(f"{http.url}/lab", cache=cache) == whole == read(str(site / "lab"))
        assert count_tars(http) - before == requests


def count_tars(store: FaultyStore) -> int:
    return sum(a.method == "GET" and a.path.endswith(".tar") for a in store.asked)


def test_a_cache_on_a_full_disk_is_told_and_the_stream_goes_on(
    small_disk: Path, http: FaultyStore, site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (small_disk / "ballast").write_bytes(bytes(small_disk.stat().st_blksize * 64))
    with caplog.at_level(logging.WARNING):
        found = read(f"{http.url}/lab", cache=BlockCache(small_disk / "cache"))
    assert found == read(str(site / "lab"))
    assert caplog.text.count("the cache of blocks cannot be written (No space left") == 1


def stream_on(release: str, cache: str, limit_bytes: int, journal: str) -> None:
    """Read epoch after epoch through a cache that is too small, so that it always writes."""
    stream = open_stream(release, cache=BlockCache(cache, limit_bytes))
    with open(journal, "ab", buffering=0) as file:  # noqa: PTH123
        while True:
            for batch in stream:
                file.write(b"." * len(batch))


def test_kills_while_a_cache_is_written_leave_a_cache_that_is_right(
    http: FaultyStore, site: Path, tmp_path: Path
) -> None:
    release, blocks, journal = f"{http.url}/lab", tmp_path / "blocks", tmp_path / "journal"
    limit = next((site / "lab" / "tars").iterdir()).stat().st_size // 2
    journal.touch()
    random.seed(13)
    for _ in range(KILLS):
        before, late = journal.stat().st_size, time.monotonic() + PATIENCE_S
        child = multiprocessing.get_context("fork").Process(
            target=stream_on, args=(release, str(blocks), limit, str(journal)), daemon=True
        )
        child.start()
        while journal.stat().st_size == before and child.is_alive() and time.monotonic() < late:
            time.sleep(0.002)
        time.sleep(random.uniform(0, 0.05))
        assert child.is_alive()
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    assert journal.stat().st_size > 0
    cache = BlockCache(blocks, limit, tell=pytest.fail)
    assert read(release, cache=cache) == read(str(site / "lab"))
    assert 0 < cache.count_bytes() <= limit
