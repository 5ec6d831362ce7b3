"""To a folder or an object store: every byte once, the manifest last."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any

from skeletonllm.errors import ReleaseError, SkeletonLLMError, StorageError
from skeletonllm.publishing.standing import list_missing, refuse_strangers
from skeletonllm.publishing.targets import Parcel, Published
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import absolute, exists, hold_lock, join, sha256_of
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.lock import LEASE_S, Lock
from skeletonllm.storage.transfer import OutgoingFile, Receipts, send_files

_log = logging.getLogger(__name__)
_AGAIN = "Run the same command again: what stands there is not sent twice."


def publish_to_store(parcel: Parcel, root: str) -> Published:
    """Bring a release to ``<root>/<name>/<version>``.

    The manifest comes last: until then nothing there is a release. Cut off at any moment, the same
    call goes on. What earlier versions below the same root have, the store copies by itself. Of a
    release that is there, but has lost files or has damaged ones, those are brought again.

    Args:
        parcel: Verified, and allowed to go there.
        root: A folder or URL, of all releases.

    Raises:
        ReleaseError: Another release of this name and version is there, or files of none.
        StorageError: The store gives no answer.
        UsageError: Another process is at work on this version there.
    """
    releases = join(absolute(root), parcel.name)
    target = join(releases, parcel.version)
    if _has_manifest(parcel, target) and not _list_missing(parcel, target):
        refuse_strangers(target, _list_paths(parcel))
        return Published(target, len(parcel.files) + 1, 0, 0, already=True)
    try:
        # One whose store failed could not give its lease back: it is waited for, and dies.
        wait_s = 0.0 if is_local(filesystem(target)[0]) else LEASE_S
        with hold_lock(releases, parcel.version, wait_s=wait_s, ttl_s=LEASE_S) as lock:
            return _send(parcel, releases, target, lock)
    except SkeletonLLMError as error:
        if isinstance(error, StorageError):
            error.hint = f"{error.hint} {_AGAIN}" if error.hint else _AGAIN
        raise
    except OSError as error:  # of the lock, for which a store is asked only as often as it asks
        found = f"no lock there ({type(error).__name__}: {error})"
        raise StorageError(found, where=target, hint=_AGAIN) from error


def _has_manifest(parcel: Parcel, target: str) -> bool:
    """Whether the manifest of this release is there; its files may be gone all the same.

    Raises:
        ReleaseError: Another one is.
    """
    if not exists(join(target, MANIFEST)):
        return False
    try:
        if sha256_of(join(target, MANIFEST))[0] == parcel.sha256:
            return True
        found = f"another {parcel.name} {parcel.version} is there"
    except IsADirectoryError:
        found = f"a folder {MANIFEST} is there"
    raise ReleaseError(found, where=target, hint="A release never changes: choose a new version.")


def _send(parcel: Parcel, releases: str, target: str, lock: Lock) -> Published:
    listed = list(parcel.files)
    if there := _has_manifest(parcel, target):  # no receipts are left: only what is missing goes
        listed = _list_missing(parcel, target)
    refuse_strangers(target, _list_paths(parcel))
    files = [
        OutgoingFile(e["path"], e["sha256"], e["bytes"], join(parcel.folder, e["path"]))
        for e in listed
    ]
    receipts = None
    if not is_local(filesystem(target)[0]):
        receipts = Receipts.open(join(releases, f".{parcel.version}.publishing.json"))
    known = _list_known(releases, parcel.version)
    sent, sent_bytes = send_files(files, target, receipts, known=known, check=lock.check).sent
    if not there:
        sha256, size = sha256_of(parcel.manifest)
        last = OutgoingFile(MANIFEST, sha256, size, parcel.manifest)
        send_files([last], target, receipts, check=lock.confirm)
        sent, sent_bytes = sent + 1, sent_bytes + size
    if receipts is not None:
        receipts.remove()
    return Published(target, len(parcel.files) + 1, sent, sent_bytes, there and not listed)


def _list_missing(parcel: Parcel, target: str) -> list[dict[str, Any]]:
    return list_missing(target, parcel.files, source=parcel.folder)


def _list_paths(parcel: Parcel) -> list[str]:
    return [entry["path"] for entry in parcel.files]


def _list_known(releases: str, version: str) -> dict[str, list[str]]:
    """SHA-256 -> where earlier versions below the same root have such a file."""
    known: dict[str, list[str]] = defaultdict(list)
    if is_local(filesystem(releases)[0]):
        return known  # a disk copies no quicker than it writes
    for other in _list_folders(releases):
        folder = join(releases, other)
        if other == version or not exists(join(folder, MANIFEST)):
            continue
        try:
            files = read_manifest(folder).files
        except SkeletonLLMError as error:  # somebody else's trouble, and none of this release
            _log.warning("%s: nothing is copied from it (%s)", folder, error)
            continue
        for path, listed in files.items():
            known[listed.sha256].append(join(folder, path))
    return known


def _list_folders(url: str) -> list[str]:
    """Names directly below a folder of a store."""
    fs, path = filesystem(url)
    try:
        listed = fs.ls(path, detail=True)
    except FileNotFoundError:
        return []
    return sorted(e["name"].rsplit("/", 1)[-1] for e in listed if e["type"] == "directory")
