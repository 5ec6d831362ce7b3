from __future__ import annotations

import gzip
import os
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from skeletonllm.corpora.files import decode, list_sources, load, own_stem
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError, UsageError

Write = Callable[[str, str | bytes], Path]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(SourceError) as caught:
        call()
    return caught.value.code


def test_sources_are_sorted_by_id_through_all_subfolders(write: Write, tmp_path: Path) -> None:
    write("z/a.dat", "1")
    write("b.dat", "22")
    write("c.txt", "no")
    found = list_sources(str(tmp_path), ".dat")
    assert found == [
        Source(f"{tmp_path}/b.dat", "b", 2),
        Source(f"{tmp_path}/z/a.dat", "z/a", 1),
    ]


def test_uris_start_with_the_root_as_it_was_given(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("raw/a.dat", "1")
    monkeypatch.chdir(tmp_path)
    assert [source.uri for source in list_sources("raw/", ".dat")] == ["raw/a.dat"]
    assert load(list_sources("raw", ".dat")[0]) == b"1"


def test_a_single_file_is_a_root(write: Write) -> None:
    path = write("one.dat", "1")
    assert list_sources(str(path), ".dat") == [Source(str(path), "one", 1)]


def test_hidden_files_are_left_out(write: Write, tmp_path: Path) -> None:
    write("a.dat", "1")
    write("._a.dat", "1")
    write(".trash/b.dat", "1")
    assert [source.source_id for source in list_sources(str(tmp_path), ".dat")] == ["a"]


def test_a_folder_named_like_a_file_is_listed_as_a_fault(write: Write, tmp_path: Path) -> None:
    write("a.dat/b.dat", "1")
    (source,) = list_sources(str(tmp_path), ".dat")
    assert source == Source(f"{tmp_path}/a.dat", "a", 0, "not_a_file")
    assert code_of(lambda: load(source)) == "not_a_file"


def test_a_pipe_is_never_opened(write: Write, tmp_path: Path) -> None:
    write("a.dat", "1")
    os.mkfifo(tmp_path / "p.dat")
    source = list_sources(str(tmp_path), ".dat")[1]
    assert source.fault == "not_a_file"
    assert code_of(lambda: load(Source(source.uri, "p", 0))) == "not_a_file"


def test_files_of_one_name_in_two_folders_are_two_sources(write: Write, tmp_path: Path) -> None:
    for name in ("S5/walk.npy", "S1/walk.npy", "S1/walk.npz", "S1/sit.txt", "notes.md"):
        write(name, "x")
    found = list_sources(f"{tmp_path}/", ".npy", ".npz", ".txt")
    assert [(s.source_id, s.uri[-4:], s.fault) for s in found] == [
        ("S1/sit", ".txt", ""),
        ("S1/walk", ".npy", ""),
        ("S1/walk", ".npz", "duplicate_id"),
        ("S5/walk", ".npy", ""),
    ]
    assert code_of(lambda: load(found[2])) == "duplicate_id"


def test_a_name_that_its_corpus_gave_out_is_the_id_in_any_folder(
    write: Write, tmp_path: Path
) -> None:
    for name in ("x/A001.dat", "y/A001.dat", "x/mine.dat", "y/mine.dat"):
        write(name, "1")
    found = list_sources(str(tmp_path), ".dat", own_id=own_stem(re.compile(r"A\d+")))
    assert [(s.source_id, s.fault) for s in found] == [
        ("A001", ""),
        ("A001", "duplicate_id"),
        ("x/mine", ""),
        ("y/mine", ""),
    ]
    assert found[1].uri.endswith("y/A001.dat")


def test_what_its_corpus_does_not_name_so_is_left_out(write: Write, tmp_path: Path) -> None:
    write("ab.dat", "1")
    write("readme.dat", "1")
    (source,) = list_sources(str(tmp_path), ".dat", keep=lambda uri: uri.endswith("ab.dat"))
    assert source.source_id == "ab"
    with pytest.raises(UsageError, match=r"no \.dat file that is named as this corpus names them"):
        list_sources(str(tmp_path), ".dat", keep=lambda uri: "nosuch" in uri)


def test_linked_folders_are_followed_and_loops_are_not(write: Write, tmp_path: Path) -> None:
    write("elsewhere/a.dat", "1")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)
    (root / "gone.dat").symlink_to(tmp_path / "nowhere")
    found = {source.source_id: source.fault for source in list_sources(str(root), ".dat")}
    assert found == {"link/a": "", "gone": "not_a_file"}


def test_only_what_lies_in_the_wanted_folder_which_is_no_part_of_the_id(
    write: Write, tmp_path: Path
) -> None:
    write("kit/new_joints/a.npy", "1")
    write("kit/vecs/a.npy", "1")
    write("Mean.npy", "1")
    folder = tmp_path / "kit" / "new_joints"
    for root, name in ((tmp_path, "kit/a"), (folder.parent, "a"), (folder, "a")):
        (source,) = list_sources(str(root), ".npy", folder="new_joints")
        assert (source.uri, source.source_id) == (f"{folder}/a.npy", name)
    (alone,) = list_sources(str(folder / "a.npy"), ".npy", folder="new_joints")
    assert alone.source_id == "a"


def test_a_root_that_is_not_there_or_holds_nothing_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such file or folder\. Check the path\."):
        list_sources(str(tmp_path / "nowhere"), ".dat")
    with pytest.raises(UsageError, match=r"no \.dat file\. Is it this corpus\?"):
        list_sources(str(tmp_path), ".dat")
    with pytest.raises(UsageError, match=r"no \.npz or \.txt file"):
        list_sources(str(tmp_path), ".npz", ".txt")


def test_a_single_file_of_another_suffix_is_none_of_this_format(write: Write) -> None:
    with pytest.raises(UsageError, match=r"notes\.txt: no \.dat file"):
        list_sources(str(write("notes.txt", "1")), ".dat")


def test_urls_are_listed_and_loaded() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/corpus/a.dat", b"bytes")
    (source,) = list_sources("memory://corpus", ".dat")
    assert source == Source("memory://corpus/a.dat", "a", 5)
    assert load(source) == b"bytes"


def test_loading_names_what_is_wrong(write: Write, tmp_path: Path) -> None:
    def loading(path: Path, limit: int = 10) -> Callable[[], object]:
        return lambda: load(Source(str(path), "x", 0), limit)

    assert code_of(loading(write("empty.dat", ""))) == "empty"
    assert code_of(loading(write("zeros.dat", bytes(9)))) == "format"
    assert code_of(loading(write("long.dat", "x" * 11))) == "unsafe"
    assert code_of(loading(tmp_path / "gone.dat")) == "unreadable"
    assert code_of(loading(tmp_path)) == "not_a_file"


def test_text_is_utf8_with_or_without_a_mark() -> None:
    assert decode("\ufeffä".encode()) == "ä"
    with pytest.raises(SourceError, match="byte 0xfc at offset 2 is not UTF-8; expected UTF-8"):
        decode(b"ab\xfc")
    assert code_of(lambda: decode(b" \r\n")) == "empty"


def test_links_in_circles_and_to_what_is_above_are_searched_once(
    write: Write, tmp_path: Path
) -> None:
    write("root/x0/a.dat", "1")
    for i in range(12):  # every folder leads to every other: 12! ways around
        (tmp_path / "root" / f"x{i}").mkdir(exist_ok=True)
        for j in range(12):
            (tmp_path / "root" / f"x{i}" / f"to{j}").symlink_to(tmp_path / "root" / f"x{j}")
    (tmp_path / "root" / "up").symlink_to("/")
    (tmp_path / "root" / "kernel").symlink_to("/proc")
    (source,) = list_sources(str(tmp_path / "root"), ".dat")
    assert source.uri == f"{tmp_path}/root/x0/a.dat"


def test_a_folder_far_down_is_found() -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe(f"/down{'/d' * 1200}/a.dat", b"1")
    (source,) = list_sources("memory://down", ".dat")
    assert source.source_id == f"{'d/' * 1200}a"
    fs.rm("/down", recursive=True)


def test_a_folder_that_cannot_be_listed_is_a_fault(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.dat", "1")
    (tmp_path / "locked").mkdir()
    ls = LocalFileSystem.ls

    def guarded(self: LocalFileSystem, path: str, detail: bool = False) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return ls(self, path, detail=detail)

    monkeypatch.setattr(LocalFileSystem, "ls", guarded)
    faults = {source.source_id: source.fault for source in list_sources(str(tmp_path), ".dat")}
    assert faults == {"a": "", "locked": "unreadable"}


def test_a_name_that_is_no_text_is_a_fault_and_can_be_written_down(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.dat")).write_text("1")
    (source,) = list_sources(str(tmp_path), ".dat")
    assert (source.source_id, source.fault) == ("a\\udcff", "encoding")
    assert code_of(lambda: load(source)) == "encoding"


def test_loading_takes_no_more_memory_than_the_file(write: Write) -> None:
    source = Source(str(write("a.dat", "1")), "a", 1)
    tracemalloc.start()
    load(source, limit=1 << 30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_file_packed_with_gzip_counts_as_what_is_in_it(write: Write, tmp_path: Path) -> None:
    write("x/a.dat.gz", gzip.compress(b"inside"))
    write("b.DAT.GZ", gzip.compress(b"two"))
    write("x/a.gz", gzip.compress(b"no"))
    found = list_sources(str(tmp_path), ".dat")
    assert [(source.source_id, load(source)) for source in found] == [
        ("b", b"two"),
        ("x/a", b"inside"),
    ]
    write("x/a.dat", "plain")
    assert [s.fault for s in list_sources(str(tmp_path), ".dat")] == ["", "", "duplicate_id"]


def test_a_name_of_a_corpus_is_seen_behind_the_packing(write: Write) -> None:
    path = write("A001.dat.gz", gzip.compress(b"1"))
    own = own_stem(re.compile(r"A\d+"))
    (source,) = list_sources(str(path), ".dat", own_id=own, keep=lambda p: p.endswith(".dat"))
    assert source.source_id == "A001"


def test_a_packed_file_that_expands_without_bound_is_unsafe(write: Write) -> None:
    (source,) = list_sources(str(write("a.dat.gz", gzip.compress(b"a" * 5000))), ".dat")
    assert code_of(lambda: load(source, 4999)) == "unsafe"
    assert len(load(source, 5000)) == 5000
