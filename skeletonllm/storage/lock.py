"""One job at a time on a folder, without a lock that outlives its holder.

On a local folder the kernel holds the lock (flock) and frees it when the process ends, whatever
ended it. An object store knows no locks: there the holder renews a lease, and a lease that was not
renewed for a while is nobody's.
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
from typing import Any

import fsspec

from skeletonllm.errors import UsageError
from skeletonllm.storage.files import LOCK, absolute, filesystem, is_local, join, write_bytes

LEASE_S = 60.0
"""A lease this old is dead. Shorter, and a slow upload loses it; longer, and a rerun after a kill
waits. The clocks of the machines must agree within a third of it."""

POLL_S = 0.1
"""Pause between two looks at a lock that another holds."""

_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a mounted file system answers that knows no flock, as Lustre does by default."""

_log = logging.getLogger(__name__)


class Lock:
    """What a holder holds.

    Attributes:
        lost: Another process has taken over; only a lease can be lost, by a process that stood
            still for longer than it lasts.
    """

    def __init__(self) -> None:
        self.lost = False

    def check(self) -> None:
        """Do nothing while the lock is held.

        Raises:
            UsageError: It was lost.
        """
        if self.lost:
            raise UsageError(
                "the lease on this folder was lost to another job",
                hint="This job stood still for longer than its lease lasts: run it again later.",
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
    fs.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120
    while True:
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
    since = _now()
    while (holder := _read_lease(url)) and time.time() - _renewed(holder) < ttl_s:
        _wait_or_refuse(holder, folder, until)

    def write() -> None:
        write_bytes(url, _describe_us(since, holder=ours, renewed_at=time.time()))

    write()
    # No store here can write on a condition. Of two that found it free the later writer has it, and
    # the earlier one sees that when it looks again.
    time.sleep(min(1.0, ttl_s / 60))
    holder = _read_lease(url)
    if holder.get("holder") != ours:
        raise _refusal(holder, folder)
    lock, stop = Lock(), threading.Event()
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
    """Delete a lease that is ours still; one that cannot be deleted dies by itself.

    What went wrong before, if anything, is what its holder must hear, and not this.
    """
    try:
        if _read_lease(url).get("holder") == ours:
            fs, path = filesystem(url)
            with suppress(FileNotFoundError):
                fs.rm_file(path)
    except Exception:
        _log.warning("%s: the lease could not be given back; it dies by itself", url, exc_info=True)


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
                lock.lost = True
                _log.error("%s: the lease was lost to %s", url, _name(holder))
                return
            write()
        except Exception:  # the store may answer again: two more tries before the lease is dead
            _log.warning("%s: the lease could not be renewed", url, exc_info=True)


def _read_lease(url: str) -> dict[str, Any]:
    fs, path = filesystem(url)
    try:
        return _read_holder(fs.cat_file(path))
    except FileNotFoundError:
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
        "folder by itself: a local one at once, one on an object store within a minute or so.",
    )


def _name(holder: dict[str, Any]) -> str:
    said = [f"{key} {holder[key]}" for key in ("host", "pid", "since") if key in holder]
    return ", ".join(said) or "it has not said who it is"


def _describe_us(since: str | None = None, **more: Any) -> bytes:
    us = {"host": socket.gethostname(), "pid": os.getpid(), "since": since or _now(), **more}
    return (json.dumps(us, sort_keys=True) + "\n").encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
