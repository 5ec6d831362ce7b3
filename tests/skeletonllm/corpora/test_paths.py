from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skeletonllm.corpora.paths import sources_by_path
from skeletonllm.errors import UsageError

Write = Callable[[str, str | bytes], Path]


def test_ids_are_paths_and_the_second_of_an_id_is_a_fault(write: Write, tmp_path: Path) -> None:
    for name in ("S5/walk.npy", "S1/walk.npy", "S1/walk.npz", "S1/sit.txt", "notes.md"):
        write(name, "x")
    found = sources_by_path(f"{tmp_path}/", ".npy", ".npz", ".txt")
    assert [(s.source_id, s.uri[-4:], s.fault) for s in found] == [
        ("S1/sit", ".txt", ""),
        ("S1/walk", ".npy", ""),
        ("S1/walk", ".npz", "duplicate_id"),
        ("S5/walk", ".npy", ""),
    ]


def test_a_folder_of_such_a_name_stays_a_fault(write: Write, tmp_path: Path) -> None:
    write("a.npy/b.npy", "x")
    (source,) = sources_by_path(str(tmp_path), ".npy")
    assert (source.source_id, source.fault) == ("a", "not_a_file")


def test_one_file(write: Write) -> None:
    path = write("S1/walk.npy", "x")
    (source,) = sources_by_path(str(path), ".npz", ".npy")
    assert (source.uri, source.source_id) == (str(path), "walk")


def test_nothing_of_these(write: Write, tmp_path: Path) -> None:
    write("a.npy", "x")
    with pytest.raises(UsageError, match=r"no \.npz or \.txt file"):
        sources_by_path(str(tmp_path), ".npz", ".txt")
    with pytest.raises(UsageError, match=r"no \.npy file"):
        sources_by_path(str(tmp_path), ".npy", keep=lambda uri: "b" in uri.rpartition("/")[2])
    with pytest.raises(UsageError, match="no such file or folder"):
        sources_by_path(str(tmp_path / "absent"), ".npz")
