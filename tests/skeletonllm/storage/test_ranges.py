"""Ranges of local files and of a store over HTTP, from threads, forks and spawned processes."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import StorageError, TruncatedFile
from skeletonllm.storage.block_cache import BlockCache
from skeletonllm.storage.local_files import OpenFile
from skeletonllm.storage.ranges import RangeReader, open_ranges
from skeletonllm.testing.faulty_store import FaultyStore

DATA = np.random.default_rng(0).bytes(100_000)
FAST = {"timeout_s": 0.3}
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
"""Python 3.12 warns of what DataLoader does all the time."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    (folder / "shards").mkdir(parents=True)
    (folder / "shards" / "a.tar").write_bytes(DATA)
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[FaultyStore]:
    with FaultyStore(folder) as store:
        yield store


def test_a_local_range_is_read_exactly(folder: Path) -> None:
    reader = RangeReader(str(folder))
    assert reader.read("shards/a.tar", 100, 250) == DATA[100:250]
    assert reader.read("shards/a.tar", 99_000, 100_000, (0, 100_000)) == DATA[99_000:]
    assert reader.read("shards/a.tar", 5, 5) == b""
    assert (reader.used, reader.fetched, reader.requests) == (1150, 1150, 3)


def test_few_of_many_local_files_stay_open(folder: Path) -> None:
    for number in range(100):
        (folder / f"{number}.tar").write_bytes(b"%03d" % number)
    reader = RangeReader(str(folder))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in (*range(100), *range(100)):
        assert reader.read(f"{number}.tar", 0, 3) == b"%03d" % number
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 64


def test_threads_that_close_files_of_others_read_the_right_bytes(folder: Path) -> None:
    for number in range(100):
        (folder / f"{number}.tar").write_bytes(b"%03d" % number * 1000)
    reader = RangeReader(str(folder))

    def read(seed: int) -> bool:
        numbers = np.random.default_rng(seed).integers(0, 100, 500).tolist()
        return all(reader.read(f"{n}.tar", 3, 9) == b"%03d%03d" % (n, n) for n in numbers)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(16)))


def test_a_local_file_that_is_too_short_says_both_sizes(folder: Path) -> None:
    reader = RangeReader(str(folder), **FAST)
    with pytest.raises(TruncatedFile, match="has 100,000 bytes; expected at least 100,001"):
        reader.read("shards/a.tar", 99_000, 100_001)
    with pytest.raises(FileNotFoundError, match=r"b\.tar"):
        reader.read("shards/b.tar", 0, 1)


def test_a_local_file_that_was_replaced_by_a_longer_one_is_opened_again(folder: Path) -> None:
    reader = RangeReader(str(folder), **FAST)
    assert reader.read("shards/a.tar", 0, 10) == DATA[:10]
    (folder / "new").write_bytes(DATA + DATA)
    (folder / "new").rename(folder / "shards" / "a.tar")
    assert reader.read("shards/a.tar", 150_000, 150_010) == DATA[50_000:50_010]


def test_trouble_of_a_mounted_folder_is_told_and_passes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    reader = RangeReader(str(folder), timeout_s=0.3, tell=said.append)
    read, failures = OpenFile.read, [OSError(errno.ESTALE, "stale"), OSError(errno.EIO, "broken")]

    def fail(file: OpenFile, start: int, end: int) -> bytes:
        if failures:
            raise failures.pop(0)
        return read(file, start, end)

    monkeypatch.setattr(OpenFile, "read", fail)
    assert reader.read("shards/a.tar", 0, 10) == DATA[:10]
    assert len(said) == 1
    assert "broken" in said[0]


def test_a_block_is_requested_once_and_its_parts_are_taken_from_it(
    store: FaultyStore, tmp_path: Path
) -> None:
    reader = RangeReader(store.url, cache=BlockCache(tmp_path / "cache"), **FAST)
    for start in range(1000, 5000, 500):
        part = reader.read("shards/a.tar", start, start + 400, (1000, 5000))
        assert part == DATA[start : start + 400]
    assert (reader.requests, reader.fetched, reader.used) == (1, 4000, 3200)
    assert store.asked[0].range == "bytes=1000-4999"


def test_without_a_cache_the_last_blocks_stay_in_memory(store: FaultyStore) -> None:
    reader = RangeReader(store.url, **FAST)
    for start in (10, 2000, 30):
        assert reader.read("shards/a.tar", start, start + 9, (0, 5000)) == DATA[start : start + 9]
    assert reader.read("shards/a.tar", 10, 20) == DATA[10:20]
    assert [asked.range for asked in store.asked] == ["bytes=0-4999", "bytes=10-19"]


def test_a_forgotten_block_is_requested_again(store: FaultyStore, tmp_path: Path) -> None:
    for cache in (None, BlockCache(tmp_path / "cache")):
        reader = RangeReader(store.url, cache=cache, **FAST)
        reader.read("shards/a.tar", 0, 9, (0, 50))
        reader.forget("shards/a.tar", 0, DATA[:9], (0, 50))
        assert reader.read("shards/a.tar", 0, 9, (0, 50)) == DATA[:9]
        assert reader.requests == 2


def test_blocks_of_another_release_at_the_same_place_are_not_taken(
    store: FaultyStore, folder: Path, tmp_path: Path
) -> None:
    cache = BlockCache(tmp_path / "cache")
    old = RangeReader(store.url, cache=cache, identity="1.0.0", **FAST)
    assert old.read("shards/a.tar", 0, 9, (0, 50)) == DATA[:9]
    (folder / "shards" / "a.tar").write_bytes(b"x" * 100)
    new = RangeReader(store.url, cache=cache, identity="1.1.0", **FAST)
    assert new.read("shards/a.tar", 0, 9, (0, 50)) == b"x" * 9


def test_what_stands_before_a_cut_is_still_read(store: FaultyStore, folder: Path) -> None:
    (folder / "shards" / "a.tar").write_bytes(DATA[:1000])
    reader = RangeReader(store.url, **FAST)
    assert reader.read("shards/a.tar", 500, 1000, (0, 2000)) == DATA[500:1000]
    with pytest.raises(TruncatedFile, match="has 1,000 bytes; expected at least 1,500"):
        reader.read("shards/a.tar", 500, 1500, (0, 2000))
    with pytest.raises(TruncatedFile, match="has 1,000 bytes; expected at least 1,500"):
        reader.read("shards/a.tar", 1200, 1500)


def test_a_missing_object_is_missing_at_once(store: FaultyStore) -> None:
    with pytest.raises(FileNotFoundError, match=r"shards/b\.tar"):
        RangeReader(store.url, **FAST).read("shards/b.tar", 0, 10)
    assert store.count() == 1


def test_a_404_amid_trouble_is_asked_again_once(store: FaultyStore) -> None:
    store.plan(["error_500", "missing"])
    assert RangeReader(store.url, **FAST).read("shards/a.tar", 0, 10) == DATA[:10]
    store.plan(["error_500", "missing"], always="missing")
    with pytest.raises(FileNotFoundError):
        RangeReader(store.url, **FAST).read("shards/a.tar", 0, 10)
    assert store.count() == 3 + 3


def test_a_store_that_refuses_is_not_asked_again(store: FaultyStore) -> None:
    store.plan([], always="forbidden")
    with pytest.raises(StorageError, match="HTTP 403. Check the credentials"):
        RangeReader(store.url, **FAST).read("shards/a.tar", 0, 10)
    assert store.count() == 1


def test_a_reader_of_a_memory_store_knows_its_size(folder: Path) -> None:
    import fsspec  # noqa: PLC0415

    fsspec.filesystem("memory").pipe_file("/ranges/a.tar", DATA)
    reader = RangeReader("memory://ranges/", **FAST)
    assert reader.read("a.tar", 7, 70) == DATA[7:70]
    with pytest.raises(TruncatedFile, match="100,000"):
        reader.read("a.tar", 99_999, 100_001)


def test_mistakes_in_a_file_system_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fail(fs: object, path: str, **ends: int) -> bytes:
        asked.append(path)
        raise AttributeError("no such method")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.cat_file", fail)
    with pytest.raises(AttributeError, match="no such method"):
        RangeReader("memory://ranges", **FAST).read("a.tar", 0, 1)
    assert asked == ["/ranges/a.tar"]


def _read_some(reader: RangeReader, seed: int) -> bool:
    starts = np.random.default_rng(seed).integers(0, 90_000, 20).tolist()
    return all(reader.read("shards/a.tar", s, s + 99) == DATA[s : s + 99] for s in starts)


@FORKS
@pytest.mark.parametrize("kind", ["fork", "spawn"])
def test_workers_of_a_reader_in_use_open_their_own(kind: str, store: FaultyStore) -> None:
    reader = RangeReader(store.url, timeout_s=5)
    assert _read_some(reader, 0)  # a loop, a session and connections are there to be inherited
    with multiprocessing.get_context(kind).Pool(2) as pool:
        assert all(pool.starmap(_read_some, [(reader, seed) for seed in range(6)]))
    assert _read_some(reader, 7)


@FORKS
def test_a_fork_reads_with_the_reader_it_inherits(store: FaultyStore, tmp_path: Path) -> None:
    reader = RangeReader(store.url, timeout_s=5, cache=BlockCache(tmp_path / "cache"))
    assert reader.read("shards/a.tar", 0, 10, (0, 100)) == DATA[:10]
    child = os.fork()
    if child == 0:
        block = (0, 100), (100, 200)
        right = [reader.read("shards/a.tar", a, a + 9, (a, b)) == DATA[a : a + 9] for a, b in block]
        os._exit(0 if right == [True, True] and reader.requests == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert reader.read("shards/a.tar", 100, 110, (100, 200)) == DATA[100:110]
    assert store.count() == 2  # the block of the child is in the cache


def test_a_pickled_reader_counts_anew(folder: Path) -> None:
    reader = RangeReader(str(folder), cache=BlockCache(folder / "cache", 1000))
    reader.read("shards/a.tar", 0, 10, (0, 100))
    again = pickle.loads(pickle.dumps(reader))
    assert (again.used, again.fetched, again.cache.limit_bytes) == (0, 0, 1000)
    assert again.read("shards/a.tar", 0, 10, (0, 100)) == DATA[:10]
    assert again.requests == 0


def test_a_file_opened_by_ranges_survives_trouble(tmp_path: Path) -> None:
    data = np.random.default_rng(1).bytes(50_000)
    (tmp_path / "a").write_bytes(data)
    with FaultyStore(tmp_path, faults=["error_500", "short", "reset"]) as store:
        for folder in (store.url, str(tmp_path)):
            with open_ranges(folder, "a") as file:
                file.seek(-100, io.SEEK_END)
                assert file.read() == data[-100:]
                file.seek(10)
                assert (file.read(5), file.tell(), file.read()) == (data[10:15], 15, data[15:])
        with pytest.raises(FileNotFoundError):
            open_ranges(store.url, "b")


def test_whoever_waits_behind_one_that_gave_up_gives_up_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(1000))
    with FaultyStore(tmp_path, always="stall") as store:
        cache = BlockCache(tmp_path / "cache")
        reader = RangeReader(store.url, cache=cache, timeout_s=0.3, tries=2)

        def fail(start: int) -> None:
            with pytest.raises(StorageError, match="in each of 2 tries"):
                reader.read("a", start, start + 10, (0, 1000))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fail, range(8)))
        assert store.count() == 2
        store.plan([])
        assert reader.read("a", 0, 10, (0, 1000)) == bytes(10)
