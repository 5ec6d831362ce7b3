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
from tests.faults.s3_here import BUCKET, point_s3_at, put

DATA = np.random.default_rng(0).bytes(200_000)
Faulty = tuple[FaultyStore, str, float]
PASSING = ["error_500", "error_503", "reset", "cut", "short", "stall", "stall_within", "whole"]


@pytest.fixture(params=["http", "s3"])
def faulty(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Faulty]:
    """A store with ``x/a.tar``; the base URL and the timeout for its readers."""
    if request.param == "http":
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "a.tar").write_bytes(DATA)
        with FaultyStore(tmp_path) as store:
            yield store, f"{store.url}/x", 0.3
        return
    moto = request.getfixturevalue("moto")
    with FaultyStore(upstream=moto) as store:
        point_s3_at(store.url, monkeypatch)
        put(moto, "x/a.tar", DATA)
        yield store, f"s3://{BUCKET}/x", 2.0  # botocore takes half a second to begin


def test_a_range_is_right_whatever_passes(faulty: Faulty) -> None:
    store, base, timeout_s = faulty
    said: list[str] = []
    reader = RangeReader(base, timeout_s=timeout_s, tell=said.append)
    for fault in PASSING:
        store.plan([fault])
        assert reader.read("a.tar", 1000, 51_000) == DATA[1000:51_000], fault
    assert len(said) == len(PASSING)
    assert all("a.tar" in text for text in said)
    assert sum("try 1 of 6" in text for text in said) == len(PASSING) - 1
    assert "sends the whole file" in said[-1]


def test_trouble_after_trouble_passes_too(faulty: Faulty) -> None:
    store, base, timeout_s = faulty
    store.plan(["error_500", "reset", "short", "stall", "cut"])
    reader = RangeReader(base, timeout_s=timeout_s)
    assert reader.read("a.tar", 5, 100_005) == DATA[5:100_005]
    assert reader.requests == 6


@pytest.mark.parametrize("fault", ["error_500", "reset", "short", "stall"])
def test_trouble_without_end_is_no_damage(faulty: Faulty, fault: str) -> None:
    store, base, timeout_s = faulty
    store.plan([], always=fault)
    with pytest.raises(StorageError, match=r"a\.tar.*in each of 3 tries.*again when the store"):
        RangeReader(base, timeout_s=timeout_s, tries=3).read("a.tar", 0, 1000)
    assert store.count() == 3


def test_an_object_that_was_cut_is_told_apart_from_trouble(faulty: Faulty) -> None:
    store, base, timeout_s = faulty
    reader = RangeReader(base, timeout_s=timeout_s)
    for start, end in ((199_000, 200_001), (200_005, 200_010)):
        store.plan(["error_500"])
        with pytest.raises(TruncatedFile, match=f"has 200,000 bytes; expected at least {end:,}"):
            reader.read("a.tar", start, end)
    with pytest.raises(FileNotFoundError, match=r"b\.tar"):
        reader.read("b.tar", 0, 1)


def test_whole_files_and_questions_survive_trouble(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    store, base, _ = faulty
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
    point_s3_at(moto, monkeypatch)
    put(moto, "y/a", b"a")
    for number, base in enumerate((f"s3://{BUCKET}/y", f"s3://{BUCKET}/y/")):
        known = list_files(base)
        name = f"b{number}"
        assert not exists(join(base, name))
        put(moto, f"y/{name}", b"b")
        assert exists(join(base, name))
        assert list_files(base) == [*known, name]
        put(moto, "y/a", b"longer" * (number + 1))
        assert read_bytes(join(base, "a")) == b"longer" * (number + 1)
        assert sha256_of(join(base, "a"))[1] == 6 * (number + 1)


def test_objects_that_stand_for_folders_are_no_files(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_s3_at(moto, monkeypatch)
    for name in ("z/", "z/run/", "z/run/ray/"):
        put(moto, name, b"")
    put(moto, "z/run/parts/a", b"a")
    assert list_files(f"s3://{BUCKET}/z/run") == ["parts/a"]
    assert list_files(f"s3://{BUCKET}/z/run/ray") == []


def _read_blocks(base: str, folder: Path, seed: int) -> tuple[int, int, int]:
    """Read all of 20 blocks in an order of its own; what it cost."""
    reader = RangeReader(base, cache=BlockCache(folder), timeout_s=20.0, tell=lambda _: None)
    for block in np.random.default_rng(seed).permutation(20).tolist():
        first = block * 10_000
        for start in range(first, first + 10_000, 2500):
            part = reader.read("a.tar", start, start + 2500, (first, first + 10_000))
            assert part == DATA[start : start + 2500]
    return reader.requests, reader.fetched, reader.used


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_four_ranks_share_what_a_failing_store_gives(faulty: Faulty, tmp_path: Path) -> None:
    store, base, _ = faulty
    assert RangeReader(base).read("a.tar", 0, 9) == DATA[:9]  # a loop is there to be inherited
    store.plan(["error_500", None, "reset", None, "short", None, None] * 2)
    before = store.count()
    with multiprocessing.get_context("fork").Pool(4) as pool:
        costs = pool.starmap(_read_blocks, [(base, tmp_path / "cache", s) for s in range(4)], 1)
    requests, _, used = (sum(column) for column in zip(*costs, strict=True))
    assert requests == 20 + 6  # one a block, and one more a fault
    assert store.count() >= before + requests
    assert used == 4 * len(DATA)


@pytest.mark.parametrize("fault", ["stall", "stall_within"])
def test_a_stall_of_30_seconds_is_left_behind(faulty: Faulty, fault: str) -> None:
    store, base, timeout_s = faulty
    store.plan([fault])
    begun = time.monotonic()
    assert RangeReader(base, timeout_s=timeout_s).read("a.tar", 0, 100) == DATA[:100]
    assert time.monotonic() - begun < store._stall_s
