"""Many files to one folder: what stands stays, what the store has it copies, the rest is sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from skeletonllm.storage.failpoints import reach
from skeletonllm.storage.files import (
    exists,
    filesystem,
    is_local,
    join,
    list_files,
    remove_partials,
    sha256_of,
    write_pieces,
)
from skeletonllm.storage.transfer.outgoing import OutgoingFile, Sent, read_checked_parts
from skeletonllm.storage.transfer.receipts import Receipt, Receipts
from skeletonllm.storage.transfer.stamps import list_objects, make_stamp
from skeletonllm.storage.transfer.uploads import copy_on_store, drop_unfinished, upload

_log = logging.getLogger(__name__)

AT_ONCE = 4
"""Files on their way together: enough to hide the time that a store takes to answer; each holds
some parts in memory."""


def send_files(
    files: Sequence[OutgoingFile],
    target: str,
    receipts: Receipts | None = None,
    *,
    known: Mapping[str, Sequence[str]] | None = None,
    check: Callable[[], None] = lambda: None,
    at_once: int = AT_ONCE,
) -> Sent:
    """Bring files to a folder, local or on a store; every byte is sent once.

    A file that stands there with the right bytes is kept: on a local disk it is hashed; on a store
    the receipts of an earlier try must name its hash, and its stamp must be the one they name. What
    the same store has elsewhere is copied by the store. Everything else is sent, hashed on its way,
    and becomes visible whole or not at all. Killed or cut off at any moment, the same call goes on.

    Nothing is deleted (see :func:`remove_others`), and the receipts stay: remove them when what
    makes the folder complete stands.

    Args:
        files: What to bring.
        target: The folder.
        receipts: Of this target, beside it; None on a local disk, or to send everything.
        known: SHA-256 -> URLs of files that have it, such as those of an earlier release.
        check: Called before each file; what it raises ends the transfer, as a lost lock must.
        at_once: Files on their way together.

    Raises:
        ReleaseError: A file is missing or is not what it must be.
        StorageError: The store gave no answer, however often it was asked; the receipts are saved.
    """
    fs, root = filesystem(target)
    if is_local(fs):
        remove_partials(target)
        bring: Callable[[OutgoingFile], str] = _LocalFolder(target).bring
    else:
        if receipts is not None:
            receipts.save()  # before the first object: they say whose the folder is
        drop_unfinished(target)
        bring = _Store(target, root, list_objects(fs, root), receipts, known or {}).bring
    try:
        sent = _run(bring, files, check, at_once)
    except BaseException:
        _save_what_stands(receipts)
        raise
    if receipts is not None:
        receipts.save()
    _log.info("%s: %s", target, sent)
    return sent


def _save_what_stands(receipts: Receipts | None) -> None:
    if receipts is not None:
        try:
            receipts.save()
        except Exception:  # what went wrong is being raised already
            _log.warning("%s: could not be saved", receipts.url, exc_info=True)


def _run(
    bring: Callable[[OutgoingFile], str],
    files: Sequence[OutgoingFile],
    check: Callable[[], None],
    at_once: int,
) -> Sent:
    sent, failed = Sent(), threading.Event()

    def bring_one(file: OutgoingFile) -> tuple[str, int] | None:
        if failed.is_set():  # one has failed, and its error is raised: no other is begun
            return None
        try:
            check()
            return bring(file), file.bytes
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(at_once, "transfer") as pool:
        for done in pool.map(bring_one, files):
            sent = sent if done is None else sent.add(*done)
    return sent


@dataclass(frozen=True)
class _LocalFolder:
    target: str

    def bring(self, file: OutgoingFile) -> str:
        url = join(self.target, file.path)
        if exists(url) and sha256_of(url) == (file.sha256, file.bytes):
            return "kept"
        write_pieces(url, read_checked_parts(file))
        return "sent"


@dataclass(frozen=True)
class _Store:
    target: str
    root: str
    there: Mapping[str, Mapping[str, Any]]
    receipts: Receipts | None
    known: Mapping[str, Sequence[str]]

    def bring(self, file: OutgoingFile) -> str:
        if self._stands(file):
            return "kept"
        reach("before_upload", file.path)
        stamp, how = copy_on_store(file, self.target, self.known.get(file.sha256, ())), "copied"
        if stamp is None:
            stamp, how = upload(file, self.target), "sent"
        reach("after_upload", file.path)
        if self.receipts is not None:
            self.receipts.add(file.path, Receipt(file.sha256, file.bytes, stamp))
        return how

    def _stands(self, file: OutgoingFile) -> bool:
        """Whether an earlier try has brought it, and nobody has changed it since."""
        info = self.there.get(join(self.root, file.path))
        receipt = None if self.receipts is None else self.receipts.find(file.path)
        if info is None or receipt is None or receipt[:2] != (file.sha256, file.bytes):
            return False
        return receipt.stamp == make_stamp(info)


def remove_others(folder: str, paths: Collection[str]) -> list[str]:
    """Delete files of a folder that are none of these, such as what an earlier plan left.

    Args:
        folder: Local or on a store.
        paths: Below the folder; they stay.

    Returns:
        What was deleted.
    """
    others = [path for path in list_files(folder) if path not in set(paths)]
    fs, _ = filesystem(folder)
    for path in others:
        fs.rm_file(filesystem(join(folder, path))[1])
    return others
