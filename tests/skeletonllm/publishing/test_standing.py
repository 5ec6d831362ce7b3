"""What stands in a folder or on a store, against what a manifest lists."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import fsspec
import pytest

from skeletonllm.publishing.standing import list_missing
from skeletonllm.storage import join, write_bytes

FILES = {"a": b"first", "shards/b.tar": b"second", "c": b"third", "d": b"fourth"}
ENTRIES: list[dict[str, Any]] = [
    {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    for path, data in FILES.items()
]


@pytest.mark.parametrize("source", [True, False])
@pytest.mark.parametrize("store", [True, False])
def test_lost_cut_and_changed_files_are_missing(tmp_path: Path, store: bool, source: bool) -> None:
    """The memory of fsspec gives no ETags, so that every file of it is read."""
    folder = "memory://standing" if store else str(tmp_path / "there")
    for path, data in FILES.items():
        write_bytes(join(str(tmp_path / "source"), path), data)
        write_bytes(join(folder, path), data)
    given = str(tmp_path / "source") if source else None
    assert list_missing(folder, ENTRIES, given) == []
    write_bytes(join(folder, "shards/b.tar"), b"secont")
    write_bytes(join(folder, "c"), b"thir")
    fsspec.core.url_to_fs(join(folder, "d"))[0].rm(join(folder, "d"))
    missing = [entry["path"] for entry in list_missing(folder, ENTRIES, given)]
    assert missing == ["shards/b.tar", "c", "d"]
