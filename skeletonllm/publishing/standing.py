"""What stands in a target already, against what a manifest lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skeletonllm.errors import ReleaseError
from skeletonllm.storage import exists, join, list_files, sha256_of
from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.layout import MANIFEST
from skeletonllm.storage.transfer import OutgoingFile
from skeletonllm.storage.transfer.stamps import list_objects
from skeletonllm.storage.transfer.uploads import has_bytes


def list_missing(
    folder: str, entries: Sequence[dict[str, Any]], source: str | None = None
) -> list[dict[str, Any]]:
    """Entries of a manifest whose file is not in the folder, or is another one.

    Every file is hashed; but what a store calls by the ETag that the bytes in the source would get
    need not be read back.

    Args:
        folder: Local or on a store.
        entries: ``{path, sha256, bytes}`` of each file.
        source: Folder of the same files, to compare ETags with; None if they lie nowhere else.

    Raises:
        ReleaseError: A file of the source is damaged.
        StorageError: The store does not answer.
    """
    fs, root = filesystem(folder)
    if is_local(fs):
        return [entry for entry in entries if not stands(join(folder, entry["path"]), entry)]
    there = list_objects(fs, root)

    def stands_on_store(entry: Mapping[str, Any]) -> bool:
        path = entry["path"]
        info, url = there.get(join(root, path)), join(source or folder, path)
        file = OutgoingFile(path, entry["sha256"], entry["bytes"], url)
        return info is not None and has_bytes(join(folder, path), info, file)

    return [entry for entry in entries if not stands_on_store(entry)]


def stands(url: str, entry: Mapping[str, Any]) -> bool:
    """Whether a file is there with all bytes that a manifest lists.

    Args:
        url: The file.
        entry: ``{path, sha256, bytes}``.
    """
    return exists(url) and sha256_of(url) == (entry["sha256"], entry["bytes"])


def refuse_strangers(folder: str, paths: Iterable[str]) -> None:
    """Let a folder pass that holds nothing but files of these paths, and perhaps a manifest.

    Args:
        folder: Where a release or recipe is to stand.
        paths: Of its files.

    Raises:
        ReleaseError: Other files lie there.
    """
    if others := sorted(set(list_files(folder)) - {MANIFEST, *paths}):
        found = f"files that are none of this release: {', '.join(others[:3])}"
        raise ReleaseError(found, where=folder, hint="Move them away, or choose another target.")


def drop_manifest(folder: str) -> None:
    """Let what stands in a folder be no release, while it is being put right."""
    if exists(url := join(folder, MANIFEST)):
        fs, path = filesystem(url)
        fs.rm_file(path)
