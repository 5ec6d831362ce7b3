"""By what a store calls the bytes of an object: so one sees whether they are still the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import fsspec

from skeletonllm.storage.files import filesystem, is_local
from skeletonllm.storage.retries import TIMEOUT_S, Patience, call

_NAMES = ("ETag", "etag", "generation", "content_md5", "md5Hash")
"""Of S3, Google and Azure."""
_TIMES = ("LastModified", "last_modified", "mtime", "created")


def list_stamps(url: str) -> dict[str, str]:
    """Path below a folder -> stamp of every object there; empty on a local disk.

    Raises:
        StorageError: The store does not say.
    """
    fs, root = filesystem(url)
    if is_local(fs):
        return {}
    prefix = root.rstrip("/") + "/"
    found = list_objects(fs, root)
    return {path.removeprefix(prefix): make_stamp(info) for path, info in found.items()}


def list_objects(fs: fsspec.AbstractFileSystem, root: str) -> dict[str, dict[str, Any]]:
    """Path -> what a store says of it, for every object below a folder.

    Args:
        fs: The store.
        root: Path of the folder in it.
    """

    def request() -> Any:
        return call(fs, "find", root, detail=True, timeout_s=TIMEOUT_S)

    try:
        return dict(Patience().ask(request, str(fs.unstrip_protocol(root))))
    except FileNotFoundError:
        return {}


def describe_object(fs: fsspec.AbstractFileSystem, path: str) -> dict[str, Any] | None:
    """What a store says of an object; None if there is none.

    Args:
        fs: The store.
        path: Of the object in it.
    """

    def request() -> Any:
        fs.invalidate_cache()
        return call(fs, "info", path, timeout_s=TIMEOUT_S)

    try:
        return dict(Patience().ask(request, str(fs.unstrip_protocol(path))))
    except FileNotFoundError:
        return None


def make_stamp(info: Mapping[str, Any]) -> str:
    """What changes whenever the bytes of an object do: its size, and its ETag or else its time."""
    named = next((info[name] for name in (*_NAMES, *_TIMES) if info.get(name)), "")
    if isinstance(named, datetime):  # the memory of fsspec lists the same time as a number
        named = named.timestamp()
    return f"{info.get('size')} {str(named).strip(chr(34))}"


def read_etag(info: Mapping[str, Any]) -> str:
    """The ETag of an object, without quotes; empty where the store gives none."""
    return str(info.get("ETag") or info.get("etag") or "").strip('"')
