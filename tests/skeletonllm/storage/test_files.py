from __future__ import annotations

import errno
import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest

from skeletonllm.errors import StorageError, UsageError
from skeletonllm.storage import files, local_files, retries
from skeletonllm.testing.faulty_store import FaultyStore


def test_writes_are_whole_and_leave_no_partials(tmp_path: Path) -> None:
    url = str(tmp_path / "deep" / "a.txt")
    files.write_bytes(url, b"one")
    files.write_bytes(url, b"two")
    assert files.read_bytes(url) == b"two"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.txt"]


def test_partials_are_invisible_and_removable(tmp_path: Path) -> None:
    (tmp_path / f".a.txt{local_files.PARTIAL}123").write_text("half")
    (tmp_path / "b.txt").write_text("whole")
    assert files.list_files(str(tmp_path)) == ["b.txt"]
    all_files = files.list_files(str(tmp_path), unfinished=True)
    assert all_files == [f".a.txt{local_files.PARTIAL}123", "b.txt"]
    files.remove_partials(str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_what_a_folder_is_called_makes_nothing_in_it_unfinished(tmp_path: Path) -> None:
    folder = tmp_path / "run.partial-2"
    files.write_bytes(str(folder / "mine.txt"), b"mine")
    files.write_bytes(str(folder / "a.partial-1.tar"), b"named so by somebody")
    files.remove_partials(str(folder))
    assert files.list_files(str(folder)) == ["a.partial-1.tar", "mine.txt"]


def test_of_a_store_no_folder_is_removed_for_a_name_that_looks_like_a_pattern() -> None:
    for name in ("run[12]", "run1", "run2"):
        files.write_bytes(f"memory://patterns/{name}/a", b"x")
    files.remove_folder("memory://patterns/run[12]")
    assert files.list_files("memory://patterns") == ["run1/a", "run2/a"]


def test_home_is_one_place_for_all_who_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert files.absolute("~/a") == files.filesystem("~/a")[1] == str(tmp_path / "a")


def test_other_file_systems_work_too() -> None:
    files.write_bytes("memory://stage/x/a.json", b"{}")
    assert files.exists("memory://stage/x/a.json")
    assert files.read_json("memory://stage/x/a.json") == {}
    assert files.list_files("memory://stage") == ["x/a.json"]


@pytest.mark.parametrize("times", [2, 99])
def test_a_store_is_asked_to_take_a_file_as_often_as_one_to_give_it(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = fsspec.filesystem("memory")
    plain, left = fs.pipe_file, [OSError("connection reset")] * times

    def refuse(*given: Any, **named: Any) -> None:
        if left:
            raise left.pop()
        plain(*given, **named)

    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(type(fs), "pipe_file", lambda _, *given, **named: refuse(*given, **named))
    if times == 2:
        files.write_bytes("memory://taken/a", b"1")
        assert files.read_bytes("memory://taken/a") == b"1"
    else:
        with pytest.raises(StorageError, match=r"taken/b: OSError.*in each of 6 tries.*again when"):
            files.write_bytes("memory://taken/b", b"1")
        assert not files.exists("memory://taken/b")


def test_a_bucket_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any, **_named: Any) -> None:
        raise FileNotFoundError("NoSuchBucket")

    monkeypatch.setattr(fsspec.filesystem("memory"), "pipe_file", refuse)
    with pytest.raises(StorageError, match="nowhere/a: not written: the store has no such place"):
        files.write_bytes("memory://nowhere/a", b"1")


def test_json_is_canonical(tmp_path: Path) -> None:
    one, two = str(tmp_path / "1"), str(tmp_path / "2")
    files.write_json(one, {"b": 1, "a": "é"})
    files.write_json(two, {"a": "é", "b": 1})
    assert files.read_bytes(one) == files.read_bytes(two)


def test_missing_and_broken_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        files.read_bytes(str(tmp_path / "none"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        files.read_json(str(tmp_path / "bad.json"))


def test_hash_and_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    expected = hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert files.sha256_of(str(tmp_path / "a")) == (expected, 3_000_000)


def test_a_new_folder_is_durable_in_the_one_that_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = local_files.sync_folder
    monkeypatch.setattr(
        local_files, "sync_folder", lambda folder: (synced.append(folder), sync(folder))
    )
    files.write_bytes(str(tmp_path / "a" / "b" / "c.txt"), b"1")
    assert synced == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")]
    files.write_bytes(str(tmp_path / "a" / "b" / "d.txt"), b"1")
    assert synced[3:] == [str(tmp_path / "a" / "b")]


@pytest.mark.parametrize("url", ["a/b", "/x//y/", "~/z", "./k/../m", "file:///q/w", "memory://a/b"])
def test_the_place_of_a_url_is_the_one_that_fsspec_finds(url: str) -> None:
    assert files.filesystem(url) == fsspec.core.url_to_fs(url)


PLACES = {
    "/": "/n/m",
    "a": "a/n/m",
    "/a/": "/a/n/m",
    "file:///": "file:///n/m",
    "memory://": "memory://n/m",
    "s3://b": "s3://b/n/m",
    "s3://b/x/": "s3://b/x/n/m",
    "s3://b/x?y": "s3://b/x?y/n/m",  # part of a key there
    "https://host/x/": "https://host/x/n/m",
    "https://host/x/?key=a/b": "https://host/x/n/m?key=a/b",
    "simplecache::s3://b/x/": "simplecache::s3://b/x/n/m",
    "simplecache::/data/x": "simplecache::/data/x/n/m",
    "filecache::https://host/x/?k=1": "filecache::https://host/x/n/m?k=1",
    "zip://inner::file:///a.zip": "zip://inner/n/m::file:///a.zip",
    "zip://::simplecache::s3://b/a.zip": "zip://n/m::simplecache::s3://b/a.zip",
}


@pytest.mark.parametrize("base", PLACES)
def test_names_are_joined_to_the_link_that_says_where(base: str) -> None:
    assert files.join(base, "n", "m") == PLACES[base]


def test_a_chain_is_absolute_as_it_is() -> None:
    assert files.absolute("simplecache::data/x") == "simplecache::data/x"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"aaa")
    (folder / "sub" / "b.txt").write_bytes(b"bb")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(folder / "a.txt", "in/a.txt")
        archive.write(folder / "sub" / "b.txt", "in/sub/b.txt")
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[FaultyStore]:
    with FaultyStore(folder.parent) as store:
        yield store


URLS = [
    "{here}/r",
    "{here}/r/",
    "file://{here}/r/",
    "simplecache::file://{here}/r/",
    "simplecache::{here}/r",
    "filecache::file://{here}/r",
    "zip://in::file://{here}/a.zip",
    "zip://in/::simplecache::file://{here}/a.zip",
    "{http}/r",
    "{http}/r/",
    "simplecache::{http}/r/",
    "zip://in::{http}/a.zip",
]


@pytest.mark.parametrize("url", URLS)
def test_chains_and_slashes_at_the_end_lead_to_the_same_files(
    url: str, folder: Path, store: FaultyStore
) -> None:
    base = url.format(here=folder.parent, http=store.url)
    assert files.list_files(base) == ["a.txt", "sub/b.txt"]
    assert files.exists(base)
    assert files.exists(files.join(base, "sub", "b.txt"))
    assert not files.exists(files.join(base, "sub", "c.txt"))
    assert files.read_bytes(files.join(base, "sub", "b.txt")) == b"bb"
    assert files.sha256_of(files.join(base, "a.txt")) == (hashlib.sha256(b"aaa").hexdigest(), 3)
    with pytest.raises(UsageError, match="no such file"):
        files.read_bytes(files.join(base, "c.txt"))


@pytest.mark.parametrize("chain", ["", "filecache::"])
def test_a_query_goes_with_every_file_and_lists_none(
    chain: str, folder: Path, store: FaultyStore
) -> None:
    base = f"{chain}{store.url}/r/?key=1"
    assert files.read_bytes(files.join(base, "a.txt")) == b"aaa"
    assert {asked.path for asked in store.asked} == {"/r/a.txt?key=1"}
    assert files.exists(files.join(base, "a.txt"))  # although the folder cannot be listed
    assert not files.exists(files.join(base, "b.txt"))
    with pytest.raises(UsageError, match="a URL with a query lists no files"):
        files.list_files(base)


def test_half_of_a_file_is_never_taken_for_it(store: FaultyStore) -> None:
    url = f"{store.url}/r/sub/b.txt"
    store.plan(["short"])
    assert files.read_bytes(url) == b"bb"
    store.plan(["short"])
    assert files.sha256_of(url) == (hashlib.sha256(b"bb").hexdigest(), 2)


class ListedFileSystem(fsspec.AbstractFileSystem):
    """Answers from the listings that it remembers, as those of object stores do."""

    protocol = "listed"
    files: ClassVar[dict[str, bytes]] = {}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        if (found := self._ls_from_cache(path)) is None:
            prefix = path.rstrip("/") + "/"
            found = self.dircache[path] = [
                {"name": name, "size": len(data), "type": "file"}
                for name, data in self.files.items()
                if name.startswith(prefix)
            ]
        if not found:
            raise FileNotFoundError(path)
        return found if detail else [entry["name"] for entry in found]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None) -> bytes:
        return self.files[path][: self.info(path)["size"]][start:end]


fsspec.register_implementation("listed", ListedFileSystem, clobber=True)


def check_what_appears(base: str, write: Any) -> None:
    """Whatever was asked before, a file that another process writes is seen, whole."""
    write("x/a.txt", b"a")
    assert files.list_files(f"{base}/x") == ["a.txt"]
    assert not files.exists(f"{base}/x/b.txt")
    assert not files.exists(f"{base}/y/c.txt")
    write("x/b.txt", b"b")
    write("y/c.txt", b"c")
    assert files.exists(f"{base}/x/b.txt")
    assert files.exists(f"{base}/y/c.txt")
    assert files.list_files(f"{base}/x") == ["a.txt", "b.txt"]
    write("x/a.txt", b"longer")
    assert files.read_bytes(f"{base}/x/a.txt") == b"longer"
    assert files.sha256_of(f"{base}/x/a.txt")[1] == 6


def test_no_listing_is_remembered_of_a_store_that_remembers() -> None:
    check_what_appears(
        "listed://bucket",
        lambda name, data: ListedFileSystem.files.update({f"bucket/{name}": data}),
    )
    assert fsspec.filesystem("listed").dircache  # it does remember


def test_no_listing_is_remembered_of_a_web_server(tmp_path: Path) -> None:
    def write(name: str, data: bytes) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)

    with FaultyStore(tmp_path) as store:
        check_what_appears(store.url, write)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)


TROUBLE = ["error_500", "error_503", "dropped", "reset", "cut"]


def test_trouble_is_asked_again_by_every_function(
    folder: Path, store: FaultyStore, fast: None
) -> None:
    url = f"{store.url}/r/a.txt"
    for fault in TROUBLE:
        store.plan([fault])
        assert files.read_bytes(url) == b"aaa"
        store.plan([fault])
        assert files.sha256_of(url)[1] == 3
    store.plan(["short"])
    assert files.sha256_of(url)[1] == 3


def test_trouble_does_not_make_a_file_absent(store: FaultyStore, fast: None) -> None:
    with FaultyStore(store._folder, heads=True) as faulty:
        for fault in ("error_500", "error_503", "dropped"):
            faulty.plan([fault] * 4)
            assert files.exists(f"{faulty.url}/r/a.txt")
            faulty.plan([], always=fault)
            with pytest.raises(StorageError, match="in each of 6 tries"):
                files.exists(f"{faulty.url}/r/a.txt")
        faulty.plan([], always="forbidden")
        assert not files.exists(f"{faulty.url}/r/a.txt")
        with pytest.raises(StorageError, match="may not be read: the store answered HTTP 403"):
            files.read_bytes(f"{faulty.url}/r/a.txt")


def test_large_files_of_a_store_are_hashed_in_pieces(
    folder: Path, store: FaultyStore, monkeypatch: pytest.MonkeyPatch, fast: None
) -> None:
    monkeypatch.setattr(files, "PIECE", 1000)
    data = bytes(range(250)) * 10
    (folder / "large").write_bytes(data)
    for faults, requests in ([None] * 3, 3), ([None, "cut"], 4), (["whole"], 1):
        before = store.count()
        store.plan(faults)
        assert files.sha256_of(f"{store.url}/r/large") == (hashlib.sha256(data).hexdigest(), 2500)
        assert store.count() == before + requests
    with pytest.raises(FileNotFoundError):
        files.sha256_of(f"{store.url}/r/none")


def test_folders_right_below_are_listed_and_files_have_none(tmp_path: Path) -> None:
    for name in ("b/deeper", "a"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").write_text("")
    assert files.list_folders(str(tmp_path)) == [f"{tmp_path}/a", f"{tmp_path}/b"]
    assert files.list_folders(f"{tmp_path}/file") == []
    fsspec.filesystem("memory").pipe_file("/folders/x/1", b"1")
    assert [url.rpartition("/")[2] for url in files.list_folders("memory://folders")] == ["x"]


def test_a_place_where_no_file_can_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for place in ("file/a.json", "file/deeper/a.json", "folder", "n" * 300):
        with pytest.raises(UsageError, match="not written: .*Name another place"):
            files.write_bytes(str(tmp_path / place), b"1")
    with pytest.raises(UsageError, match="not written: .*Name another place"):
        files.write_bytes("/proc/nosuch/a.json", b"1")
    with pytest.raises(UsageError, match="no such file"):
        files.read_bytes(str(tmp_path / "file" / "manifest.json"))
    with pytest.raises(UsageError, match="a folder, where a file should be"):
        files.read_bytes(str(tmp_path / "folder"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_source_that_may_not_be_read_is_not_said_of_the_place(tmp_path: Path) -> None:
    source = "/data/source.tar"

    def read() -> Iterator[bytes]:
        yield b"1"
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), source)

    with pytest.raises(StorageError, match="not opened: Permission denied") as told:
        files.write_pieces(f"{tmp_path}/target.tar", read())
    assert told.value.where == source
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_elsewhere_is_not_said_of_the_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nosuch"), files.open_new(f"{tmp_path}/a") as file:
        file.write((tmp_path / "nosuch").read_bytes())
    assert list(tmp_path.iterdir()) == []


def test_nothing_lies_below_an_empty_path() -> None:
    with pytest.raises(UsageError, match="an empty path"):
        files.join("", "toy")
