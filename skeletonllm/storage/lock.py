"""One job at a time on a folder, without a lock that outlives its holder.

On a local folder the kernel holds the lock (flock) and frees it when the process ends, whatever
ended it. An object store knows no locks: there the holder renews a lease, and a lease that was not
renewed for a while is nobody's.

Clocks of machines jump, and may differ by hours. So the time that a lease states is trusted only
where it says that the holder is alive. A lease that looks old, or comes from the future, is watched
for as long as a lease lasts, by the clock that only goes on: one that changes is alive. On the
machine of its holder nobody waits: there one can see that the process is gone.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import fsspec

from skeletonllm.errors import UsageError
from skeletonllm.storage.files import (
    absolute,
    filesystem,
    is_local,
    join,
    read_bytes,
    write_bytes,
)
from skeletonllm.storage.layout import LOCK
from skeletonllm.storage.local_files import explain_place, explain_refusals

LEASE_S = 60.0
"""A lease that was not renewed for so long is dead. Shorter, and a slow upload loses it; longer,
and a rerun after a kill waits. No clock need be right."""

POLL_S = 0.1
"""Pause between two looks at a lock that another holds."""

_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a mounted file system answers that knows no flock, as Lustre does by default."""

_log = logging.getLogger(__name__)


class Lock:
    """What a holder holds.

    Args:
        ttl_s: Seconds after which it is lost, unless it is renewed; None where it needs none.
        is_ours: Asks the store whether it still names us.

    Attributes:
        taken: Another process has taken over.
    """

    def __init__(
        self, ttl_s: float | None = None, is_ours: Callable[[], bool] = lambda: True
    ) -> None:
        self.taken, self._ttl_s, self._is_ours = False, ttl_s, is_ours
        self.renew()

    def renew(self) -> None:
        """Count the time to its end from now on."""
        self._renewed = time.monotonic()

    @property
    def lost(self) -> bool:
        """Whether another may be at work: only a lease can be lost, by a process that stood still
        for longer than it lasts, or whose store took no renewal for so long."""
        overdue = self._ttl_s is not None and time.monotonic() - self._renewed > self._ttl_s
        return self.taken or overdue

    def confirm(self) -> None:
        """The same, by what the store says now: before a step that makes the work count.

        A machine that was suspended believes for a while that it holds what another has taken.

        Raises:
            UsageError: It was lost.
            StorageError: The store does not say.
        """
        self.check()
        self.taken = not self._is_ours()
        self.check()

    def check(self) -> None:
        """Do nothing while the lock is held, as far as this process knows.

        Raises:
            UsageError: It was lost.
        """
        if self.lost:
            raise UsageError(
                "the lease on this folder was lost to another job",
                hint="This job or its store stood still for longer than a lease lasts: run it "
                "again later.",
            )


@contextmanager
def hold_lock(
    folder: str, name: str, wait_s: float = 0.0, ttl_s: float = LEASE_S
) -> Iterator[Lock]:
    """Hold a lock on a folder while the block runs; a dead process holds none.

    A process that was forked (not started anew) within the block shares the lock, and keeps it for
    as long as it lives.

    Args:
        folder: Local or on an object store; a local one is made where it is missing.
        name: Of the lock; the file is ``.<name>.lock`` and enters no manifest.
        wait_s: How long to wait for a holder that may be about to end.
        ttl_s: Seconds after which a lease that is not renewed is dead; for object stores.

    Raises:
        UsageError: A live process holds it.
    """
    url = absolute(join(folder, f".{name}{LOCK}"))
    until = time.monotonic() + wait_s
    fs, path = filesystem(url)
    file = _flock(fs, path, folder, until) if is_local(fs) else None
    if file is None:
        with _lease(url, folder, until, ttl_s) as lock:
            yield lock
        return
    try:
        yield Lock()
    finally:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - while it is still locked, so it is ours
        os.close(file)


def _flock(fs: fsspec.AbstractFileSystem, path: str, folder: str, until: float) -> int | None:
    """Descriptor of the locked file; None where the file system has no flock."""
    with explain_refusals(path), explain_place(folder):
        fs.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120
    while True:
        with explain_refusals(path):
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 4096, 0)
            os.close(file)
            _wait_or_refuse(_read_holder(holder), folder, until)
            continue
        except OSError as error:
            os.close(file)
            if error.errno in _NO_FLOCK:
                return None
            raise
        if _is_still_there(file, path):
            os.ftruncate(file, 0)
            with suppress(OSError):  # a full disk: the lock is held, and only its holder nameless
                os.pwrite(file, _describe_us(), 0)
            return file
        os.close(file)  # its holder deleted it after we opened it: lock the new one


def _is_still_there(file: int, path: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), os.stat(path))  # noqa: PTH116
    return False


@contextmanager
def _lease(url: str, folder: str, until: float, ttl_s: float) -> Iterator[Lock]:
    ours = uuid.uuid4().hex
    since, pause_s = _now(), min(1.0, ttl_s / 60)
    lock, stop = Lock(ttl_s, lambda: _read_lease(url).get("holder") == ours), threading.Event()

    def write() -> None:
        write_bytes(url, _describe_us(since, holder=ours, renewed_at=time.time()))
        lock.renew()

    while True:
        looked = _wait_until_free(url, folder, until, ttl_s)
        write()
        # No store here can write on a condition. Of two that found it free the later writer has it,
        # and the earlier one sees that when it looks again. Where the store took long over ours,
        # the earlier one has looked: we begin when its next renewal has told it.
        in_time = time.monotonic() - looked < pause_s
        time.sleep(pause_s if in_time else ttl_s / 2)
        holder = _read_lease(url)
        if holder.get("holder") == ours:
            break
        _wait_or_refuse(holder, folder, until)
    renewing = threading.Thread(
        target=_renew,
        args=(url, ours, write, lock),
        kwargs={"stop": stop, "every_s": ttl_s / 3},
        daemon=True,
    )
    renewing.start()
    try:
        yield lock
    finally:
        stop.set()
        renewing.join()
        _give_back(url, ours)


def _give_back(url: str, ours: str) -> None:
    fs, path = filesystem(url)
    try:
        if _read_lease(url).get("holder") == ours:
            fs.rm_file(path)
    except Exception:  # what the block raised matters more, and the lease ends by itself
        _log.warning("%s: the lease could not be given back", url, exc_info=True)


def _wait_until_free(url: str, folder: str, until: float, ttl_s: float) -> float:
    """Return when the lease is nobody's: given back, or seen unchanged for as long as one lasts.

    Returns:
        When it was looked at last, by the clock that only goes on.
    """
    looked = time.monotonic()
    seen = holder = _read_lease(url)
    since, changed = time.monotonic(), False
    while holder:
        if holder != seen:
            seen, since, changed = holder, time.monotonic(), True
        if time.monotonic() - since >= ttl_s or _is_dead_here(holder):
            _log.warning("%s: taken over, its holder is dead (%s)", url, _name(holder))
            return looked
        if changed or 0 <= time.time() - _renewed(holder) < ttl_s:
            _wait_or_refuse(holder, folder, until)
        else:
            time.sleep(min(1.0, ttl_s / 10))
        looked = time.monotonic()
        holder = _read_lease(url)
    return looked


def _renew(
    url: str,
    ours: str,
    write: Callable[[], None],
    lock: Lock,
    *,
    stop: threading.Event,
    every_s: float,
) -> None:
    while not stop.wait(every_s):
        try:
            holder = _read_lease(url)
            if holder and holder.get("holder") != ours:
                lock.taken = True
                _log.error("%s: the lease was lost to %s", url, _name(holder))
                return
            write()
        except Exception:  # the store may answer again: two more tries before the lease is dead
            _log.warning("%s: the lease could not be renewed", url, exc_info=True)


def _read_lease(url: str) -> dict[str, Any]:
    try:
        return _read_holder(read_bytes(url))
    except UsageError:  # there is none
        return {}


def _read_holder(data: bytes) -> dict[str, Any]:
    """What a lock says of its holder; nothing where it is just being written."""
    with suppress(ValueError):
        holder = json.loads(data)
        if isinstance(holder, dict):
            return holder
    return {}


def _renewed(holder: dict[str, Any]) -> float:
    at = holder.get("renewed_at")
    return float(at) if isinstance(at, int | float) else 0.0


def _wait_or_refuse(holder: dict[str, Any], folder: str, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise _refusal(holder, folder)
    time.sleep(min(POLL_S, left))


def _refusal(holder: dict[str, Any], folder: str) -> UsageError:
    return UsageError(
        f"another job is at work on this folder ({_name(holder)})",
        where=folder,
        hint="Wait for it or end it, or choose another --output. A job that was killed frees the "
        "folder by itself: at once on this machine, within two minutes where it was killed on "
        "another one.",
    )


def _name(holder: dict[str, Any]) -> str:
    said = [f"{key} {holder[key]}" for key in ("host", "pid", "since") if key in holder]
    return ", ".join(said) or "it has not said who it is"


def _is_dead_here(holder: dict[str, Any]) -> bool:
    """Whether a holder was a process of this machine, and is no more; False where one cannot say.

    A process is known by its id, as this kernel counts them since it started, and by when it began:
    an id is given again.
    """
    kernel, pid = _name_kernel(), holder.get("pid")
    if kernel is None or holder.get("kernel") != kernel or not isinstance(pid, int):
        return False
    return _find_start(pid) != holder.get("began")


@cache
def _name_kernel() -> str | None:
    """Which run of a kernel, and which of its sets of process ids; None where it has no /proc."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return None


def _find_start(pid: int) -> str | None:
    """When a process began, in ticks of its kernel; None if there is none, or only what is left."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None


def _describe_us(since: str | None = None, **more: Any) -> bytes:
    us = {"host": socket.gethostname(), "pid": os.getpid(), "since": since or _now(), **more}
    us |= {"kernel": _name_kernel(), "began": _find_start(os.getpid())}
    return (json.dumps(us, sort_keys=True) + "\n").encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
