"""Leases while clocks jump and holders die: one holder at a time, and none for ever."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.storage import lock as locks
from skeletonllm.storage.files import read_bytes, write_bytes, write_json
from skeletonllm.storage.lock import hold_lock

STORE = "memory://clocks"
LEASE = f"{STORE}/.ask.lock"
HOUR = 3600.0
JUMPS = (-7 * HOUR, -60.0, 60.0, 7 * HOUR)
TTL_S = 0.5
LATE_S = 30.0
"""A busy machine may stand still for seconds; later than this, the lock is stuck."""


class Clocks:
    """What tells a thread the time: of each as far from the true one as it was set."""

    def __init__(self) -> None:
        self.ahead: dict[int, float] = {}
        self.others = 0.0

    def time(self) -> float:
        """By the clock of this thread; threads that nobody set have that of the others."""
        return time.time() + self.ahead.get(threading.get_ident(), self.others)

    def set(self, ahead_s: float) -> None:
        """Set the clock of this thread."""
        self.ahead[threading.get_ident()] = ahead_s


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    shown = SimpleNamespace(time=made.time, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(locks, "time", shown)
    return made


@pytest.fixture(autouse=True)
def _empty_store() -> Iterator[None]:
    yield
    fs = fsspec.filesystem("memory")
    if fs.exists("/clocks"):
        fs.rm("/clocks", recursive=True)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_live_holder_refuses_whoever_has_another_time(clocks: Clocks, jump: float) -> None:
    with hold_lock(STORE, "ask", ttl_s=TTL_S) as lock:
        clocks.set(jump)
        with pytest.raises(UsageError, match="another job"), hold_lock(STORE, "ask", ttl_s=TTL_S):
            pass
        lock.check()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_live_holder_whose_clock_jumps_keeps_its_lease(clocks: Clocks, jump: float) -> None:
    clocks.set(0.0)
    with hold_lock(STORE, "ask", ttl_s=TTL_S) as lock:
        clocks.others = jump  # of the thread that renews
        with (
            pytest.raises(UsageError, match="another job"),
            hold_lock(STORE, "ask", wait_s=1.5 * TTL_S, ttl_s=TTL_S),
        ):
            pass
        lock.check()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_dead_holder_frees_whatever_time_it_had(clocks: Clocks, jump: float) -> None:
    dead = {"holder": "dead", "host": "gone", "pid": 1, "renewed_at": time.time() + jump}
    write_json(LEASE, dead)
    clocks.set(0.0)
    begun = time.monotonic()
    with hold_lock(STORE, "ask", ttl_s=TTL_S):
        assert json.loads(read_bytes(LEASE))["holder"] != "dead"
    assert begun + TTL_S <= time.monotonic() < begun + LATE_S


def test_a_dead_holder_whose_time_seems_to_stand_still_frees(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(LEASE, {"holder": "dead", "host": "gone", "pid": 1, "renewed_at": time.time()})
    halt = time.time()
    clocks.time = lambda: halt  # type: ignore[method-assign]
    monkeypatch.setattr(locks.time, "time", clocks.time)
    with hold_lock(STORE, "ask", wait_s=LATE_S, ttl_s=TTL_S) as lock:
        lock.check()


def test_a_holder_that_cannot_renew_knows_that_it_has_lost(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_url: str, _data: bytes) -> None:
        raise OSError("the store takes nothing")

    with hold_lock(STORE, "ask", ttl_s=TTL_S) as lock:
        lock.check()
        monkeypatch.setattr(locks, "write_bytes", refuse)
        until = time.monotonic() + LATE_S
        while not lock.lost and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(UsageError, match="stood still for longer than a lease lasts"):
            lock.check()


def test_of_many_whose_clocks_jump_one_holds_at_a_time_and_each_in_its_turn(
    clocks: Clocks,
) -> None:
    draw = random.Random(0)
    ttl_s, hold_s = 6.0, 0.1  # two that begin at once see each other within a tenth of a second
    jumps = [[draw.choice(JUMPS) for _ in range(3)] for _ in range(3)]
    holding: set[int] = set()
    met: list[set[int]] = []
    done: list[int] = []

    def work(number: int) -> None:
        for jump in jumps[number]:
            clocks.set(jump)
            with hold_lock(STORE, "ask", wait_s=LATE_S, ttl_s=ttl_s) as lock:
                holding.add(number)
                met.append(set(holding))
                clocks.set(-jump)
                time.sleep(hold_s)
                lock.check()
                holding.discard(number)
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(9 * LATE_S)
    assert sorted(done) == sorted([0, 1, 2] * 3)
    assert all(len(at_once) == 1 for at_once in met)


def test_whoever_the_store_is_slow_to_hear_does_not_begin_beside_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent, held = threading.Event(), threading.Event()
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}

    def write(url: str, data: bytes) -> None:
        if threading.current_thread().name == "slow" and not sent.is_set():
            sent.set()
            held.wait(LATE_S)  # the store takes it when the other has looked for the second time
        write_bytes(url, data)

    def work() -> None:
        name = threading.current_thread().name
        if name == "quick":
            sent.wait(LATE_S)
        with hold_lock(STORE, "ask", ttl_s=6.0):
            begun[name] = time.monotonic()
            held.set()
            time.sleep(0.5)
            ended[name] = time.monotonic()

    monkeypatch.setattr(locks, "write_bytes", write)
    threads = [threading.Thread(target=work, name=name) for name in ("slow", "quick")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LATE_S)
    assert ended["quick"] < begun["slow"]


def test_a_step_that_counts_asks_the_store_whose_the_lease_is() -> None:
    with hold_lock(STORE, "ask", ttl_s=LATE_S) as lock:
        lock.confirm()
        write_json(LEASE, {"holder": "other", "host": "elsewhere", "renewed_at": time.time()})
        lock.check()  # nobody has told it yet
        with pytest.raises(UsageError, match="lost to another job"):
            lock.confirm()


HOLD = """
import sys
from skeletonllm.storage import lock
print(lock._describe_us(holder="other", renewed_at=float(sys.argv[1])).decode(), flush=True)
sys.stdin.read()
"""


def test_a_holder_that_died_on_this_machine_frees_at_once_and_one_that_lives_does_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(time.time())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        write_bytes(LEASE, holder.stdout.readline().encode())
        with pytest.raises(UsageError, match="another job"), hold_lock(STORE, "ask"):
            pass
        holder.kill()
    begun = time.monotonic()
    with hold_lock(STORE, "ask"):
        assert time.monotonic() - begun < LATE_S < locks.LEASE_S


@pytest.mark.parametrize("other", [{"kernel": "another boot"}, {"kernel": None}, {"pid": "7"}])
def test_a_process_of_another_machine_is_not_looked_for_here(other: dict[str, Any]) -> None:
    gone = json.loads(locks._describe_us(holder="other", renewed_at=time.time()))
    write_json(LEASE, {**gone, "began": "1", **other})
    with pytest.raises(UsageError, match="another job"), hold_lock(STORE, "ask"):
        pass
