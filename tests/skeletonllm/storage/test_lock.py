from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.storage.files import join, list_files, read_bytes, write_bytes, write_json
from skeletonllm.storage.lock import hold_lock

HOLD = """
import sys, time
from skeletonllm.storage.lock import hold_lock
with hold_lock(sys.argv[1], "ask"):
    print("held", flush=True)
    time.sleep(60)
"""
STORE = "memory://locked"
LEASE = f"{STORE}/.ask.lock"


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def store() -> Iterator[str]:
    fs = fsspec.filesystem("memory")
    yield STORE
    if fs.exists("/locked"):
        fs.rm("/locked", recursive=True)


def test_a_live_holder_refuses_and_is_named_and_its_death_frees_at_once(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    with (
        pytest.raises(UsageError, match="another job is at work on this folder") as refused,
        hold_lock(str(tmp_path), "ask"),
    ):
        pass
    assert f"pid {holder.pid}" in str(refused.value)
    assert "since 20" in str(refused.value)
    assert refused.value.where == str(tmp_path)
    holder.kill()
    holder.wait()
    with hold_lock(str(tmp_path), "ask") as lock:
        lock.check()


def test_waiting_outlives_a_holder_that_is_about_to_end(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    holder.terminate()
    with hold_lock(str(tmp_path), "ask", wait_s=20):
        pass


def test_a_released_lock_leaves_no_file_and_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_lock(str(tmp_path / "new"), "ask"):
            assert [p.name for p in (tmp_path / "new").iterdir()] == [".ask.lock"]
            assert list_files(str(tmp_path)) == []
    assert list((tmp_path / "new").iterdir()) == []


def test_locks_of_two_names_do_not_meet_and_one_name_does(tmp_path: Path) -> None:
    with hold_lock(str(tmp_path), "a"), hold_lock(str(tmp_path), "b"):
        with pytest.raises(UsageError, match=f"pid {os.getpid()}"), hold_lock(str(tmp_path), "a"):
            pass
        assert list_files(str(tmp_path)) == []


def test_an_error_in_the_block_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_lock(str(tmp_path), "ask"):
        _ = 1 / 0
    with hold_lock(str(tmp_path), "ask"):
        pass


def test_other_files_that_end_in_lock_are_listed(tmp_path: Path) -> None:
    write_bytes(str(tmp_path / "uv.lock"), b"")
    write_bytes(str(tmp_path / "parts" / ".ask.lock"), b"")
    assert list_files(str(tmp_path)) == ["uv.lock"]


def test_a_live_lease_refuses_and_is_renewed_and_is_gone_after(store: str) -> None:
    with hold_lock(store, "ask", ttl_s=0.3):
        first = json.loads(read_bytes(LEASE))
        assert list_files(store) == []
        with pytest.raises(UsageError, match="another job"), hold_lock(store, "ask", ttl_s=30):
            pass
        _until(lambda: json.loads(read_bytes(LEASE))["renewed_at"] > first["renewed_at"])
    assert not fsspec.filesystem("memory").exists("/locked/.ask.lock")


def test_a_lease_that_was_not_renewed_is_taken_over(store: str) -> None:
    write_json(LEASE, {"holder": "dead", "host": "gone", "pid": 1, "renewed_at": time.time() - 61})
    with hold_lock(store, "ask", ttl_s=0.3):
        assert json.loads(read_bytes(LEASE))["holder"] != "dead"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"renewed_at": "noon"}'])
def test_a_lease_that_cannot_be_read_is_nobodys(store: str, content: bytes) -> None:
    write_bytes(LEASE, content)
    with hold_lock(store, "ask", ttl_s=0.3):
        pass


def test_a_lost_lease_is_said_and_left_to_its_new_holder(store: str) -> None:
    other = {"holder": "other", "host": "elsewhere", "pid": 2, "renewed_at": time.time() + 60}
    with hold_lock(store, "ask", ttl_s=0.3) as lock:
        write_json(LEASE, other)
        _until(lambda: lock.lost)
        with pytest.raises(UsageError, match="lost to another job"):
            lock.check()
    assert json.loads(read_bytes(join(store, ".ask.lock")))["holder"] == "other"


def test_a_file_system_without_flock_is_leased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: int, _how: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("skeletonllm.storage.lock.fcntl.flock", refuse)
    with hold_lock(str(tmp_path), "ask", ttl_s=1):
        assert "holder" in json.loads((tmp_path / ".ask.lock").read_bytes())
        with pytest.raises(UsageError, match="another job"), hold_lock(str(tmp_path), "ask"):
            pass
    assert list(tmp_path.iterdir()) == []


def _until(condition: object) -> None:
    assert callable(condition)
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to be so")
