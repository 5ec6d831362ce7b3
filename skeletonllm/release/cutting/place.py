"""Where a release goes: built beside its place and renamed, or sent to a store, manifest last."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from skeletonllm.errors import ReleaseError
from skeletonllm.shards.manifest import read_manifest
from skeletonllm.storage import exists, join, list_files, sha256_of, write_bytes, write_json
from skeletonllm.storage.failpoints import reach
from skeletonllm.storage.files import (
    filesystem,
    is_local,
    remove_folder,
    remove_partials,
    to_json_bytes,
)
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.local_files import sync_folder
from skeletonllm.storage.lock import LEASE_S, Lock
from skeletonllm.storage.transfer import (
    OutgoingFile,
    Receipts,
    remove_others,
    send_files,
)

_DEAD_S = 1.5 * LEASE_S
"""How long a lease is waited for: that of a killed cut has ended then."""


class ReleasePlace:
    """The place of one version of a release.

    Args:
        root: Folder of all releases.
        name: Of the release.
        version: MAJOR.MINOR.PATCH.

    Attributes:
        folder: Of all versions.
        target: Of this one.
        wait_s: How long to wait for another cut. A dead one frees a local folder at once, and one
            on a store when its lease has ended.
    """

    def __init__(self, root: str, name: str, version: str) -> None:
        self.folder = join(root, name)
        self.target = join(self.folder, version)
        self._is_local = is_local(filesystem(root)[0])
        self._building = join(self.folder, f".{version}.building")
        self._receipts = join(self.folder, f".{version}.cut.json")
        self.wait_s = 0.0 if self._is_local else _DEAD_S

    @contextmanager
    def open(self) -> Iterator[str]:
        """A local folder in which the files are made; where they are refused, it is removed.

        Of a local release it is where the release is built, and a kill leaves it for the next cut.

        Raises:
            ReleaseError: Files that are no release lie in the place.
        """
        self._refuse_strangers()
        if self._is_local:
            try:
                yield self._building
            except ReleaseError:
                remove_folder(self._building)
                raise
            return
        with tempfile.TemporaryDirectory(prefix="skeletonllm-cut-") as workshop:
            yield workshop

    def publish(
        self,
        workshop: str,
        manifest: Mapping[str, Any],
        tars: Sequence[OutgoingFile],
        *,
        parent: str | None,
        lock: Lock,
    ) -> None:
        """Bring a release to its place, unless it is there already.

        Args:
            workshop: What :meth:`open` gave, with all files but tars and manifest.
            manifest: Of the release.
            tars: Where they lie.
            parent: The release that this one replaces: what it has, the same store copies.
            lock: Is held.

        Raises:
            ReleaseError: This version exists with other contents, or a tar is damaged.
            UsageError: The lock was lost.
            StorageError: The store takes nothing; the same cut goes on from there.
        """
        if exists(join(self.target, MANIFEST)):
            self._compare(manifest)
        elif self._is_local:
            self._build(manifest, tars, lock)
        else:
            self._send(workshop, manifest, tars, parent, lock)
        self._tidy()

    def _refuse_strangers(self) -> None:
        if self._is_local:
            _refuse_no_folder(self._building)
            if not exists(join(self.target, MANIFEST)):  # a release may be a link to its folder
                _refuse_no_folder(self.target)
        if exists(join(self.target, MANIFEST)) or exists(self._receipts):
            return
        if list_files(self.target):
            raise ReleaseError("the folder holds files but no release", where=self.target)

    def _compare(self, manifest: Mapping[str, Any]) -> None:
        """Refuse to change a release; the same one may be cut as often as one likes."""
        new = {entry["path"]: (entry["sha256"], entry["bytes"]) for entry in manifest["files"]}
        paths = [path for path in list_files(self.target) if path != MANIFEST]
        old = {path: sha256_of(join(self.target, path)) for path in paths}
        differing = {path for path in new.keys() | old.keys() if new.get(path) != old.get(path)}
        if read_manifest(self.target).data != manifest:
            differing.add(MANIFEST)
        if differing:
            raise ReleaseError(
                f"this version exists with other contents ({', '.join(sorted(differing)[:4])})",
                where=self.target,
                hint="A release never changes: choose a new version.",
            )

    def _build(self, manifest: Mapping[str, Any], tars: Sequence[OutgoingFile], lock: Lock) -> None:
        """Complete the folder beside the place, and rename it."""
        send_files(tars, self._building, check=lock.check)
        remove_others(self._building, [entry["path"] for entry in manifest["files"]])
        lock.confirm()
        write_json(join(self._building, MANIFEST), dict(manifest))
        self._make_way()
        _, building = filesystem(self._building)
        _, target = filesystem(self.target)
        os.rename(building, target)  # noqa: PTH104 - paths that fsspec resolved
        sync_folder(filesystem(self.folder)[1])
        reach("after_publish", self.target)

    def _make_way(self) -> None:
        """Remove empty folders in the place, which a rename would refuse; nothing else.

        Raises:
            ReleaseError: Something came to lie there meanwhile.
        """
        remove_partials(self.target)
        _, target = filesystem(self.target)
        for folder, _, _ in os.walk(target, topdown=False):
            try:
                os.rmdir(folder)  # noqa: PTH106
            except OSError as error:
                raise ReleaseError(
                    "files came to lie here while the release was cut",
                    where=folder,
                    hint="Look whose they are, move them away, and cut again.",
                ) from error

    def _send(
        self,
        workshop: str,
        manifest: Mapping[str, Any],
        tars: Sequence[OutgoingFile],
        parent: str | None,
        lock: Lock,
    ) -> None:
        """Send what is made and the tars; a folder without a manifest is no release yet."""
        there = {file.path for file in tars}
        made = [
            OutgoingFile(e["path"], e["sha256"], e["bytes"], join(workshop, e["path"]))
            for e in manifest["files"]
            if e["path"] not in there
        ]
        receipts = Receipts.open(self._receipts)
        known = {} if parent is None else _list_known(parent)
        send_files([*tars, *made], self.target, receipts, known=known, check=lock.check)
        remove_others(self.target, [entry["path"] for entry in manifest["files"]])
        lock.confirm()
        write_bytes(join(self.target, MANIFEST), to_json_bytes(dict(manifest)))
        reach("after_publish", self.target)

    def _tidy(self) -> None:
        """Remove what only an unfinished cut needs."""
        if self._is_local:
            remove_folder(self._building)
        Receipts.open(self._receipts).remove()


def _refuse_no_folder(url: str) -> None:
    """A file or a link cannot become the folder of a release: a rename would refuse it at the end.

    Raises:
        ReleaseError: One is there.
    """
    _, path = filesystem(url)
    if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):  # noqa: PTH112, PTH114
        hint = "Look whose it is, move it away, and cut again."
        raise ReleaseError("a file or a link is where a folder is made", where=url, hint=hint)


def _list_known(parent: str) -> dict[str, list[str]]:
    """SHA-256 -> where a release has a file of it."""
    files = read_manifest(parent).files
    return {listed.sha256: [join(parent, path)] for path, listed in files.items()}
