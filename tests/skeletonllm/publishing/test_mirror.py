"""Releases to a folder, and to an S3 on this machine that fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from skeletonllm.errors import ReleaseError, StorageError, UsageError
from skeletonllm.publishing.mirror import publish_to_store
from skeletonllm.publishing.targets import Published, open_parcel
from skeletonllm.release import verify_release
from skeletonllm.storage import exists, hold_lock, join, list_files, read_bytes, retries
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.processes import read_folder
from tests.faults.conftest import moto
from tests.faults.s3_here import BUCKET, point_s3_at, put
from tests.skeletonllm.publishing.conftest import Made
from tests.skeletonllm.publishing.test_hub import make_next

__all__ = ["moto"]
Store = tuple[FaultyStore, str]


@pytest.fixture
def store(
    moto: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A bucket behind a server that counts and fails, and a folder of it for releases."""
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.01)
    with FaultyStore(upstream=moto, puts=True) as made:
        point_s3_at(made.url, monkeypatch)
        put(moto, "made", b"the bucket")
        yield made, f"s3://{BUCKET}/{request.node.name.partition('[')[0]}"


def bring(folder: Path, root: str) -> Published:
    return publish_to_store(open_parcel(str(folder), private=True), root)


def read_all(target: str) -> dict[str, bytes]:
    return {path: read_bytes(join(target, path)) for path in list_files(target)}


def total(folder: Path) -> int:
    return sum(map(len, read_folder(folder).values()))


def bytes_put(store: FaultyStore) -> int:
    """Bytes that came and stayed, beside locks and receipts."""
    own = (".lock", ".publishing.json")
    return sum(
        asked.bytes
        for asked in store.asked
        if asked.method == "PUT" and asked.fault is None and not asked.path.endswith(own)
    )


def test_a_folder_becomes_the_release(made: Made, tmp_path: Path) -> None:
    done = bring(made.release, str(tmp_path))
    target = tmp_path / "lab" / "1.0.0"
    count = len(read_folder(made.release))
    assert done == Published(str(target), count, count, total(made.release), False)
    assert read_folder(target) == read_folder(made.release)
    assert [path.name for path in (tmp_path / "lab").iterdir()] == ["1.0.0"]
    again = bring(made.release, str(tmp_path))
    assert again == Published(str(target), count, 0, 0, True)


def test_what_is_there_is_not_overwritten(made: Made, tmp_path: Path) -> None:
    bring(made.release, str(tmp_path))
    with pytest.raises(ReleaseError, match="another lab 1.0.0 is there.*choose a new version"):
        bring(make_next(made.release, tmp_path / "other"), str(tmp_path))
    with pytest.raises(ReleaseError, match="another lab 1.0.0 is there"):
        bring(made.recipe, str(tmp_path))
    assert read_folder(tmp_path / "lab" / "1.0.0") == read_folder(made.release)
    shutil.rmtree(tmp_path / "lab" / "1.0.0")
    (tmp_path / "lab" / "1.0.0").mkdir()
    (tmp_path / "lab" / "1.0.0" / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="files that are none of this release: mine.txt"):
        bring(made.release, str(tmp_path))


def damage(target: Path) -> tuple[str, str]:
    """Lose one file of a release, and cut another."""
    tar = min((target / "shards").iterdir())
    tar.unlink()
    index = (target / "index.parquet").read_bytes()
    (target / "index.parquet").write_bytes(index[:-1] + b"x")  # of the same size
    return f"shards/{tar.name}", "index.parquet"


def test_what_was_lost_or_changed_is_brought_again(made: Made, tmp_path: Path) -> None:
    target = Path(bring(made.release, str(tmp_path)).target)
    paths = damage(target)
    done = bring(made.release, str(tmp_path))
    size = sum((made.release / path).stat().st_size for path in paths)
    assert (done.sent, done.sent_bytes, done.already) == (2, size, False)
    assert read_folder(target) == read_folder(made.release)
    assert bring(made.release, str(tmp_path)).already
    (target / "mine.txt").write_text("mine")
    with pytest.raises(ReleaseError, match="files that are none of this release: mine.txt"):
        bring(made.release, str(tmp_path))


def test_two_publishers_do_not_meet(made: Made, tmp_path: Path) -> None:
    with (
        hold_lock(str(tmp_path / "lab"), "1.0.0"),
        pytest.raises(UsageError, match="another job is at work on this folder"),
    ):
        bring(made.release, str(tmp_path))


def test_a_damaged_file_never_gets_a_manifest(made: Made, tmp_path: Path) -> None:
    release = Path(shutil.copytree(made.release, tmp_path / "release"))
    (release / "statistics.json").write_text("{}")
    with pytest.raises(ReleaseError, match="statistics.json: its sha256 differs"):
        bring(release, str(tmp_path / "out"))
    assert not (tmp_path / "out" / "lab" / "1.0.0" / "manifest.json").exists()


def test_every_byte_goes_to_a_bucket_once(made: Made, store: Store) -> None:
    server, root = store
    done = bring(made.release, root)
    assert (done.already, done.sent_bytes) == (False, total(made.release))
    assert bytes_put(server) == total(made.release)
    assert read_all(done.target) == read_folder(made.release)
    assert list_files(root) == [f"lab/1.0.0/{path}" for path in list_files(done.target)]
    puts = [a.path.partition("?")[0] for a in server.asked if a.method == "PUT"]
    released = [path for path in puts if "/lab/1.0.0/" in path]
    assert released[-1].endswith("/manifest.json")
    server.asked.clear()
    assert bring(made.release, root).already
    assert server.count("PUT") == 0
    assert verify_release(done.target) == []


def test_what_a_bucket_lost_is_sent_again_and_nothing_else(made: Made, store: Store) -> None:
    server, root = store
    target = bring(made.release, root).target
    s3 = fsspec.filesystem("s3")
    tar = min(path for path in list_files(target) if path.startswith("shards/"))
    s3.rm_file(f"{target}/{tar}")
    s3.pipe_file(f"{target}/index.parquet", b"short")
    server.asked.clear()
    done = bring(made.release, root)
    size = sum((made.release / path).stat().st_size for path in (tar, "index.parquet"))
    assert (done.sent, done.sent_bytes, bytes_put(server)) == (2, size, size)
    assert read_all(target) == read_folder(made.release)
    assert bring(made.release, root).already


def test_what_has_changed_in_a_bucket_is_sent_again_whatever_its_size(
    made: Made, store: Store
) -> None:
    server, root = store
    target = bring(made.release, root).target
    index = (made.release / "index.parquet").read_bytes()
    fsspec.filesystem("s3").pipe_file(f"{target}/index.parquet", index[:-1] + b"x")
    server.asked.clear()
    done = bring(made.release, root)
    assert (done.already, done.sent, done.sent_bytes) == (False, 1, len(index))
    read_back = {asked.path for asked in server.asked if asked.method == "GET"}
    assert not [path for path in read_back if path.endswith(".tar")]  # their ETags tell enough
    assert read_all(target) == read_folder(made.release)


@pytest.mark.parametrize(
    "faults",
    [
        ["error_500", "reset", None, "error_503", "dropped"],
        [None, None, None, "error_500", "cut", "reset", None, "short", "error_500"],
        ["short", None, "dropped", None, "short", None, "reset"] * 2,
    ],
)
def test_trouble_passes(made: Made, store: Store, faults: list[str | None]) -> None:
    server, root = store
    for path in fsspec.filesystem("s3").find(root):
        fsspec.filesystem("s3").rm_file(path)
    server.plan(faults)
    done = bring(made.release, root)
    assert read_all(done.target) == read_folder(made.release)
    assert not [path for path in list_files(root) if not path.startswith("lab/1.0.0/")]


def test_trouble_without_end_is_told_and_the_same_command_goes_on(
    made: Made, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, root = store
    target = f"{root}/lab/1.0.0"
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("skeletonllm.publishing.mirror.LEASE_S", 3.0)
    fsspec.filesystem("s3").clear_instance_cache()
    server.plan([None] * 14, always="error_500")
    with pytest.raises(StorageError, match="Run the same command again: what stands there is not"):
        bring(made.release, root)
    server.plan([])
    assert not exists(join(target, "manifest.json"))
    assert list_files(target)
    bring(made.release, root)
    assert read_all(target) == read_folder(made.release)


def test_what_came_before_a_refusal_is_not_sent_again(made: Made, store: Store) -> None:
    server, root = store
    server.plan([*[None] * 14, "forbidden"])
    with pytest.raises(StorageError, match="may not be written: .*403.*Run the same command again"):
        bring(made.release, root)
    before = list_files(f"{root}/lab/1.0.0")
    assert before
    done = bring(made.release, root)
    assert done.sent == done.files - len(before)
    assert bytes_put(server) == total(made.release)
    assert read_all(done.target) == read_folder(made.release)


def test_a_new_version_is_copied_by_the_store(made: Made, store: Store, tmp_path: Path) -> None:
    server, root = store
    bring(made.release, root)
    server.asked.clear()
    later = make_next(made.release, tmp_path / "later", version="1.1.0")
    done = bring(later, root)
    changed = ("README.md", "manifest.json")
    own = sum(len(data) for path, data in read_folder(later).items() if path in changed)
    assert (done.sent, done.sent_bytes) == (2, own)
    assert bytes_put(server) == own
    assert sum(asked.copied for asked in server.asked) == done.files - 2
    assert read_all(done.target) == read_folder(later)


def test_a_release_in_a_bucket_comes_back_to_a_folder(
    made: Made, store: Store, tmp_path: Path
) -> None:
    server, root = store
    there = bring(made.recipe, root).target
    server.plan([None, "short", "error_500", None, "reset", "cut", None, "error_503"] * 2)
    parcel = open_parcel(there, private=False)
    done = publish_to_store(parcel, str(tmp_path))
    assert read_folder(Path(done.target)) == read_folder(made.recipe)


def test_a_folder_of_the_name_of_the_manifest_is_one_sentence(made: Made, tmp_path: Path) -> None:
    (tmp_path / "lab" / "1.0.0" / "manifest.json").mkdir(parents=True)
    with pytest.raises(ReleaseError, match="a folder manifest.json is there"):
        bring(made.release, str(tmp_path))
