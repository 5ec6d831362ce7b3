from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from skeletonllm.errors import StorageError
from skeletonllm.storage import read_bytes, write_bytes
from skeletonllm.storage.transfer.outgoing import OutgoingFile
from skeletonllm.storage.transfer.uploads import copy_on_store, drop_unfinished


def test_small_files_anywhere(tmp_path: Path) -> None:
    for url in (str(tmp_path / "a.json"), "memory://puts/a.json"):
        write_bytes(url, b"{}")
        assert read_bytes(url) == b"{}"
    drop_unfinished("memory://puts")  # which keeps no parts
    fsspec.filesystem("memory").rm("/puts", recursive=True)


def test_nothing_is_copied_from_another_store(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    here = OutgoingFile("a", "0" * 64, 3, str(tmp_path / "a"))
    assert copy_on_store(here, "memory://copies", [str(tmp_path / "a")]) is None


def test_what_a_store_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refuse)
    with pytest.raises(StorageError, match=r"may not be written: .*what may be written there"):
        write_bytes("memory://puts/a.json", b"{}")
