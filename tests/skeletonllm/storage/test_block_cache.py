"""The cache of a node: one fetch a block, within a limit, whatever dies and whatever is full."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from skeletonllm.storage import cache_folder
from skeletonllm.storage.block_cache import BlockCache, BlockKey, MemoryBlocks, default_cache

SIZE = 10_000
LIMIT = 25 * SIZE


def key_of(number: int) -> BlockKey:
    return BlockKey("release", "a.tar", number * SIZE, (number + 1) * SIZE)


def bytes_of(number: int) -> bytes:
    return np.random.default_rng(number).bytes(SIZE)


def fetch(number: int, log: list[int] | None = None) -> Callable[[], bytes]:
    def load() -> bytes:
        if log is not None:
            log.append(number)
        return bytes_of(number)

    return load


def never() -> bytes:
    raise AssertionError("a block that is here was fetched")


def files_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != cache_folder.ROOM)


def test_a_block_is_kept_for_other_processes(tmp_path: Path) -> None:
    assert BlockCache(tmp_path, LIMIT).read(key_of(0), 10, 30, fetch(0)) == bytes_of(0)[10:30]
    other = BlockCache(tmp_path, LIMIT)
    assert other.read(key_of(0), 0, SIZE, never) == bytes_of(0)
    assert other.count_bytes() == SIZE


@pytest.mark.parametrize(
    "other",
    [
        BlockKey("other", "a.tar", 0, SIZE),
        BlockKey("release", "b.tar", 0, SIZE),
        BlockKey("release", "a.tar", 1, SIZE + 1),
    ],
)
def test_blocks_of_another_release_file_or_place_are_others(
    tmp_path: Path, other: BlockKey
) -> None:
    cache, log = BlockCache(tmp_path, LIMIT), list[int]()
    cache.read(key_of(0), 0, 9, fetch(0))
    assert cache.read(other, 0, 9, fetch(1, log)) == bytes_of(1)[:9]
    assert log == [1]


def test_the_folder_stays_within_the_limit_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, LIMIT)
    for number in range(20):
        cache.read(key_of(number), 0, 9, fetch(number))
        age = 1000 - number
        for file in files_in(tmp_path):
            if time.time() - file.stat().st_mtime < 60:
                os.utime(file, (time.time() - age, time.time() - age))
    assert BlockCache(tmp_path, LIMIT).read(key_of(0), 0, 9, never) == bytes_of(0)[:9]  # used now
    for number in range(20, 60):
        cache.read(key_of(number), 0, 9, fetch(number))
        assert cache.count_bytes() <= LIMIT
        if number == 26:  # the oldest went first
            assert cache.read(key_of(0), 0, 9, never) == bytes_of(0)[:9]
            log: list[int] = []
            assert BlockCache(tmp_path, LIMIT).read(key_of(1), 0, 1, fetch(1, log)) is not None
            assert log == [1]


def test_a_block_larger_than_the_limit_is_served_from_memory(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, SIZE - 1, tell=pytest.fail)
    assert cache.read(key_of(0), 0, 9, fetch(0)) == bytes_of(0)[:9]
    assert cache.read(key_of(0), 9, 18, never) == bytes_of(0)[9:18]
    assert files_in(tmp_path) == []


def test_a_torn_block_is_dropped_and_fetched_again(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, LIMIT)
    cache.read(key_of(0), 0, 9, fetch(0))
    (file,) = files_in(tmp_path)
    os.truncate(file, 100)
    for torn in (cache, BlockCache(tmp_path, LIMIT)):  # with the file open, and anew
        log: list[int] = []
        assert torn.read(key_of(0), 50, 150, fetch(0, log)) == bytes_of(0)[50:150]
        assert log == [0]
        assert file.stat().st_size == SIZE
        os.truncate(file, 100)


def test_what_one_process_forgets_another_does_not_lose(tmp_path: Path) -> None:
    one, two = BlockCache(tmp_path, LIMIT), BlockCache(tmp_path, LIMIT)
    one.read(key_of(0), 0, 9, lambda: bytes(SIZE))
    two.read(key_of(0), 0, 9, never)
    one.forget(key_of(0), 0, bytes(9))
    assert one.read(key_of(0), 0, 9, fetch(0)) == bytes_of(0)[:9]
    two.forget(key_of(0), 0, bytes(9))  # it had the wrong one open
    assert two.read(key_of(0), 0, 9, never) == bytes_of(0)[:9]
    two.forget(key_of(0), 0, bytes(9))  # as a thread does that was slower to see it
    assert two.read(key_of(0), 0, 9, never) == bytes_of(0)[:9]


def test_threads_that_meet_a_rotten_block_all_get_the_right_one_which_is_fetched_once(
    tmp_path: Path,
) -> None:
    cache, log = BlockCache(tmp_path, LIMIT), list[int]()
    cache.read(key_of(0), 0, SIZE, fetch(0))

    def read_checked(_: int) -> bool:
        for _ in range(2):  # as a stream does
            data = cache.read(key_of(0), 0, SIZE, fetch(0, log))
            if data == bytes_of(0):
                return True
            cache.forget(key_of(0), 0, data)
        return False

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns between any two steps
    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(100):
                (file,) = files_in(tmp_path)
                file.write_bytes(bytes(SIZE))
                assert all(pool.map(read_checked, range(8)))
                assert log == [0]
                log.clear()
    finally:
        sys.setswitchinterval(before)


def _read_all(folder: Path, log: Path, numbers: list[int]) -> bool:
    cache = BlockCache(folder, 100 * SIZE)

    def load(number: int) -> bytes:
        with log.open("ab") as file:
            file.write(b"%d\n" % number)
        time.sleep(0.01)
        return bytes_of(number)

    return all(
        cache.read(key_of(n), 5, 55, lambda n=n: load(n)) == bytes_of(n)[5:55] for n in numbers
    )


def test_eight_processes_that_want_the_same_blocks_fetch_each_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        work = [(tmp_path / "cache", tmp_path / "log", list(range(30)))] * 8
        assert all(pool.starmap(_read_all, work, chunksize=1))
    assert sorted(map(int, (tmp_path / "log").read_text().split())) == list(range(30))


def test_threads_of_a_process_fetch_a_block_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(_read_all, tmp_path / "c", tmp_path / "log", [0, 1]) for _ in range(8)]
        assert all(future.result() for future in done)
    assert sorted((tmp_path / "log").read_text().split()) == ["0", "1"]


def test_a_fetch_that_fails_leaves_the_block_to_the_next(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, LIMIT)
    with pytest.raises(ZeroDivisionError):
        cache.read(key_of(0), 0, 9, lambda: bytes(1 // 0))
    assert files_in(tmp_path) == []
    assert cache.read(key_of(0), 0, 9, fetch(0)) == bytes_of(0)[:9]


def test_a_holder_that_stands_still_delays_others_only_for_a_while(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, LIMIT, patience_s=0.2)
    folder = cache._folder
    lock = folder.lock(cache._path(key_of(0)))
    assert lock is not None
    assert cache.read(key_of(0), 0, 9, fetch(0)) == bytes_of(0)[:9]
    folder.store(lock, cache._path(key_of(0)), bytes_of(0))
    folder.release(lock, cache._path(key_of(0)), stored=True)
    assert BlockCache(tmp_path, LIMIT).read(key_of(0), 0, 9, never) == bytes_of(0)[:9]


def _write_for_ever(folder: Path, seed: int) -> None:
    cache, drawn = BlockCache(folder, LIMIT), np.random.default_rng(seed)
    while True:
        number = int(drawn.integers(0, 100))
        assert cache.read(key_of(number), 0, SIZE, fetch(number)) == bytes_of(number)


def test_kills_at_any_moment_leave_whole_blocks_within_the_limit(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    for _ in range(8):
        workers = [
            multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(tmp_path, s))
            for s in range(2)
        ]
        for worker in workers:
            worker.start()
        time.sleep(float(drawn.uniform(0.02, 0.2)))
        for worker in workers:
            assert worker.is_alive()  # none met a wrong block
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()
        # Not while they write: what is renamed during a count may be counted twice.
        assert BlockCache(tmp_path, LIMIT).count_bytes() <= LIMIT
    cache = BlockCache(tmp_path, LIMIT)
    for number in range(100):  # finishes what was left, and counts
        assert cache.read(key_of(number), 0, SIZE, fetch(number)) == bytes_of(number)
        assert cache.count_bytes() <= LIMIT
    assert [f.name for f in files_in(tmp_path) if f.name.endswith(cache_folder.PART)] == []


def test_a_total_that_a_kill_left_too_large_is_counted_anew(tmp_path: Path) -> None:
    cache = BlockCache(tmp_path, LIMIT)
    cache.read(key_of(0), 0, 9, fetch(0))
    room = tmp_path / cache_folder.ROOM
    total, counted = cache_folder._TOTAL.unpack(room.read_bytes())
    assert total == SIZE
    for wrong in (cache_folder._TOTAL.pack(LIMIT, counted), b"xx", b""):
        room.write_bytes(wrong)
        cache.read(key_of(1), 0, 9, fetch(1))
        cache.forget(key_of(1), 0, bytes_of(1)[:9])
        assert cache_folder._TOTAL.unpack(room.read_bytes())[0] == 2 * SIZE
    assert BlockCache(tmp_path, LIMIT).read(key_of(0), 0, 9, never) == bytes_of(0)[:9]


def test_a_disk_that_others_filled_is_told_once_and_blocks_are_served(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(256 * 1024))
    said, log = list[str](), list[int]()
    cache = BlockCache(small_disk / "cache", LIMIT, tell=said.append)
    for number in (0, 1, 0, 1):
        assert cache.read(key_of(number), 3, 9, fetch(number, log)) == bytes_of(number)[3:9]
    assert log == [0, 1]  # the second time from memory
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert "Free some space" in said[0]


def test_a_disk_smaller_than_the_limit_holds_what_fits(small_disk: Path) -> None:
    cache = BlockCache(small_disk / "cache", 1_000_000_000, tell=pytest.fail)
    for number in range(60):
        assert cache.read(key_of(number), 3, 9, fetch(number)) == bytes_of(number)[3:9]
    assert BlockCache(small_disk / "cache").read(key_of(59), 0, 9, never) == bytes_of(59)[:9]
    assert cache.count_bytes() >= 10 * SIZE


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_write_that_fails_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    said, log = list[str](), list[int]()
    cache = BlockCache(tmp_path, LIMIT, tell=said.append)
    cache.read(key_of(0), 0, 9, fetch(0))
    monkeypatch.setattr(cache_folder, "_write", fail)
    for number in (1, 2, 1, 2):
        assert cache.read(key_of(number), 3, 9, fetch(number, log)) == bytes_of(number)[3:9]
    assert log == [1, 2]
    assert len(said) == 1
    assert os.strerror(code) in said[0]
    if code not in (errno.ENOSPC, errno.EDQUOT):  # else it made room
        assert cache.read(key_of(0), 0, 9, never) == bytes_of(0)[:9]
    assert not any(f.name.endswith(cache_folder.PART) for f in files_in(tmp_path))


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    cache = BlockCache(tmp_path / "file" / "cache", LIMIT, tell=said.append)
    for number in (0, 1, 0):
        assert cache.read(key_of(number), 3, 9, fetch(number)) == bytes_of(number)[3:9]
    assert len(said) == 1
    assert "Make the folder writable" in said[0]


def test_a_read_only_folder_still_serves_its_blocks(small_disk: Path) -> None:
    BlockCache(small_disk, LIMIT).read(key_of(0), 0, 9, fetch(0))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    said: list[str] = []
    cache = BlockCache(small_disk, LIMIT, tell=said.append)
    assert cache.read(key_of(0), 0, 9, never) == bytes_of(0)[:9]
    assert cache.read(key_of(1), 0, 9, fetch(1)) == bytes_of(1)[:9]
    assert len(said) == 1


def test_memory_holds_the_last_blocks_within_its_limit() -> None:
    blocks, log = MemoryBlocks(3 * SIZE), list[int]()
    for number in (0, 1, 2, 0, 3, 0, 1):
        assert blocks.read(key_of(number), 1, 5, fetch(number, log)) == bytes_of(number)[1:5]
    assert log == [0, 1, 2, 3, 1]
    blocks.forget(key_of(1), 1, b"such bytes were never there")
    blocks.forget(key_of(1), 1, bytes_of(1)[1:5])
    blocks.read(key_of(1), 1, 5, fetch(1, log))
    assert log == [0, 1, 2, 3, 1, 1]


def test_the_default_cache_is_for_stores_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKELETONLLM_CACHE", str(tmp_path / "blocks"))
    for url in ("/data/x", "data", "file:///x", "memory://x", "simplecache::data/x"):
        assert default_cache(url) is None
    for url in ("s3://b/x", "https://host/x/", "gs://b", "zip://x::s3://b/a.zip"):
        cache = default_cache(url, 5)
        assert cache is not None
        assert (cache.folder, cache.limit_bytes) == (str(tmp_path / "blocks"), 5)
    monkeypatch.delenv("SKELETONLLM_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = default_cache("s3://b/x")
    assert cache is not None
    assert cache.folder == str(tmp_path / ".cache/skeletonllm/blocks")
