"""Cuts that are killed, cut off, or raced by another: the old release, the new one, or nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest

from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.release import cut_release, verify_release
from skeletonllm.release.cutting import place as places
from skeletonllm.release.cutting.place import ReleasePlace
from skeletonllm.storage import exists, join, list_files, read_bytes
from skeletonllm.storage import lock as locks
from skeletonllm.storage.failpoints import VARIABLE
from skeletonllm.storage.lock import hold_lock
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.processes import HOME, read_folder

Counted = tuple[FaultyStore, str]
Stages = dict[str, Any]

CUT = """
import json, sys
from skeletonllm.release import cut_release
from skeletonllm.release.cutting import place
place._DEAD_S = float(sys.argv[3])
cut_release(sys.argv[1], "toy", "1.0.0", code="test", **json.loads(sys.argv[2]))
"""


def begin_cut(
    root: str, stages: Stages, failpoint: str = "", wait_s: float = 0.0
) -> subprocess.Popen[str]:
    env = {**os.environ, **({VARIABLE: failpoint} if failpoint else {})}
    command = [sys.executable, "-c", CUT, root, json.dumps(stages), str(wait_s)]
    return subprocess.Popen(command, cwd=HOME, env=env, stderr=subprocess.PIPE, text=True)


def kill_cut(root: str, stages: Stages, moment: str, frozen: Path) -> None:
    """Kill a cut with -9 at a moment: ``<moment>:<text>``, see ``storage.failpoints``."""
    cut = begin_cut(root, stages, f"{moment}:{frozen}")
    deadline = time.monotonic() + 120
    while not frozen.exists():
        assert cut.poll() is None, cut.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    cut.send_signal(signal.SIGKILL)
    cut.communicate()


def read_store(root: str) -> dict[str, bytes]:
    return {path: read_bytes(join(root, path)) for path in list_files(root)}


def bytes_put(store: FaultyStore, text: str = "/toy/1.0.0/") -> int:
    return sum(a.bytes for a in store.asked if a.method == "PUT" and text in a.path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that are dead after two seconds."""
    hold = locks.hold_lock

    def short(folder: str, name: str, wait_s: float = 0.0) -> Any:
        return hold(folder, name, wait_s, ttl_s=2.0)

    monkeypatch.setattr("skeletonllm.release.cut.hold_lock", short)
    monkeypatch.setattr(places, "_DEAD_S", 30.0)


@pytest.mark.parametrize(
    "moment",
    [
        "before_rename:rationales.parquet",
        "before_rename:shard-000001.tar",
        "after_rename:shard-000001.tar",
        "before_rename:manifest.json",
        "after_rename:manifest.json",
    ],
)
def test_a_local_cut_that_was_killed_goes_on(
    moment: str, tmp_path: Path, stages: Stages, pristine: Path
) -> None:
    root = tmp_path / "root"
    kill_cut(str(root), stages, moment, tmp_path / "frozen")
    assert not (root / "toy" / "1.0.0").exists()
    tar = root / "toy" / ".1.0.0.building" / "shards" / "shard-000000.tar"
    before = tar.stat().st_ino if tar.exists() else None
    if "shard" not in moment:  # tars are copied four at once: the first may end after the second
        assert (before is None) == ("rationales" in moment)
    release = cut_release(str(root), "toy", "1.0.0", code="test", **stages)
    assert read_folder(Path(release)) == read_folder(pristine)
    if before is not None:
        assert (Path(release) / "shards" / tar.name).stat().st_ino == before
    assert [p.name for p in (root / "toy").iterdir()] == ["1.0.0"]


def test_a_cut_that_was_killed_after_its_release_stood_has_nothing_left_to_do(
    tmp_path: Path, stages: Stages, pristine: Path
) -> None:
    root = tmp_path / "root"
    kill_cut(str(root), stages, "after_publish:1.0.0", tmp_path / "frozen")
    assert read_folder(root / "toy" / "1.0.0") == read_folder(pristine)
    cut_release(str(root), "toy", "1.0.0", code="test", **stages)
    assert [p.name for p in (root / "toy").iterdir()] == ["1.0.0"]


def test_what_another_plan_left_in_the_building_is_replaced(
    tmp_path: Path, stages: Stages, pristine: Path, make_stages, make_clip
) -> None:
    others = [[make_clip(c, i, licence="mit") for i in range(n)] for c, n in (("a", 7), ("b", 12))]
    other = make_stages(tmp_path / "other", *others)
    root = tmp_path / "root"
    kill_cut(str(root), other, "before_rename:manifest.json", tmp_path / "frozen")
    assert (root / "toy/.1.0.0.building/shards/shard-000003.tar").exists()
    release = cut_release(str(root), "toy", "1.0.0", code="test", **stages)
    assert read_folder(Path(release)) == read_folder(pristine)


@pytest.mark.parametrize(
    "moment",
    ["before_upload:shard-000001.tar", "after_upload:README.md", "before_upload:manifest.json"],
)
def test_a_cut_to_a_store_that_was_killed_goes_on(
    moment: str,
    counted: Counted,
    tmp_path: Path,
    stages: Stages,
    pristine: Path,
    quick: None,
) -> None:
    store, root = counted
    kill_cut(root, stages, moment, tmp_path / "frozen")
    assert not exists(join(root, "toy/1.0.0/manifest.json"))
    fsspec.filesystem("s3").rm_file(f"{root}/toy/.1.0.0.lock")  # else its lease is waited for
    release = cut_release(root, "toy", "1.0.0", code="test", **stages)
    assert read_store(release) == read_folder(pristine)
    assert not [p for p in list_files(root) if "/1.0.0/" not in p]
    whole = sum(map(len, read_folder(pristine).values()))
    if "manifest" in moment:  # all that is sent had been noted
        assert bytes_put(store) == whole


def test_a_cut_off_cut_sends_no_byte_twice(
    counted: Counted, stages: Stages, pristine: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, root = counted
    send, left = places.send_files, [9]

    def send_some(files: Any, *args: Any, check: Any, **options: Any) -> Any:
        def stop() -> None:
            check()
            left[0] -= 1
            if left[0] < 0:
                raise ConnectionError("the line is dead")

        return send(files, *args, check=stop, at_once=1, **options)

    monkeypatch.setattr(places, "send_files", send_some)
    with pytest.raises(ConnectionError):
        cut_release(root, "toy", "1.0.0", code="test", **stages)
    first = bytes_put(store)
    monkeypatch.setattr(places, "send_files", send)
    release = cut_release(root, "toy", "1.0.0", code="test", **stages)
    whole = read_folder(pristine)
    assert read_store(release) == whole
    assert 0 < first < sum(map(len, whole.values()))
    assert bytes_put(store) == sum(map(len, whole.values()))


def test_a_store_gets_every_byte_once_and_the_manifest_last(
    counted: Counted, stages: Stages, pristine: Path, quick: None
) -> None:
    store, root = counted
    release = cut_release(root, "toy", "1.0.0", code="test", **stages)
    whole = read_folder(pristine)
    assert read_store(release) == whole
    puts = [a.path for a in store.asked if a.method == "PUT" and "/1.0.0/" in a.path]
    assert len(puts) == len(set(puts)) == len(whole)
    assert puts[-1].endswith("manifest.json")
    assert bytes_put(store) == sum(map(len, whole.values()))


def test_tars_are_copied_from_the_parent_and_from_shards_on_the_same_store(
    counted: Counted, stages: Stages, quick: None
) -> None:
    store, root = counted
    parent = cut_release(root, "toy", "1.0.0", code="test", **stages)
    tars = [p for p in list_files(parent) if p.endswith(".tar")]
    store.asked.clear()
    release = cut_release(root, "toy", "1.0.1", code="test", parent=parent, **stages)
    assert bytes_put(store, "/1.0.1/shards/") == 0
    copied = {a.path.partition("?")[0].rpartition("/")[2] for a in store.asked if a.copied}
    assert {path.rpartition("/")[2] for path in tars} <= copied
    assert verify_release(release) == []
    shards = join(root, "shards")
    for path, data in read_folder(Path(stages["shards_dir"])).items():
        fsspec.filesystem("s3").pipe_file(join(shards, path), data)
    store.asked.clear()
    again = cut_release(root, "other", "1.0.0", code="test", **{**stages, "shards_dir": shards})
    assert bytes_put(store, "/other/1.0.0/shards/") == 0
    assert sum(a.copied for a in store.asked) == len(tars)
    assert read_store(join(again, "shards")) == read_store(join(parent, "shards"))


def test_what_comes_to_lie_in_the_place_of_a_cut_is_kept(tmp_path: Path, stages: Stages) -> None:
    theirs = tmp_path / "toy" / "1.0.0" / "shards" / "theirs.tar"

    def run(work: Any, tasks: Any) -> Any:
        theirs.parent.mkdir(parents=True)
        theirs.write_bytes(b"of somebody else")
        return map(work, tasks)

    with pytest.raises(ReleaseError, match="files came to lie here while the release was cut"):
        cut_release(str(tmp_path), "toy", "1.0.0", run=run, **stages)
    assert theirs.read_bytes() == b"of somebody else"
    theirs.unlink()  # its empty folder is in nobody's way
    assert not verify_release(cut_release(str(tmp_path), "toy", "1.0.0", **stages))


def test_another_cut_is_refused_on_a_local_disk_and_named(tmp_path: Path, stages: Stages) -> None:
    root = str(tmp_path)
    with (
        hold_lock(join(root, "toy"), "1.0.0"),
        pytest.raises(UsageError, match=rf"another job is at work .*pid {os.getpid()}"),
    ):
        cut_release(root, "toy", "1.0.0", **stages)
    cut_release(root, "toy", "1.0.0", **stages)
    assert [p.name for p in (tmp_path / "toy").iterdir()] == ["1.0.0"]


def test_of_two_cutters_one_is_refused_and_the_release_is_whole(
    tmp_path: Path, stages: Stages, pristine: Path, make_stages, make_clip
) -> None:
    others = [[make_clip(c, i, licence="mit") for i in range(6)] for c in ("a", "b")]
    other = make_stages(tmp_path / "other", *others)
    root = tmp_path / "root"
    first = begin_cut(str(root), stages, f"before_rename:manifest.json:{tmp_path / 'frozen'}")
    while not (tmp_path / "frozen").exists():
        assert first.poll() is None
        time.sleep(0.05)
    with pytest.raises(UsageError, match=f"pid {first.pid}"):
        cut_release(str(root), "toy", "1.0.0", code="test", **other)
    assert not (root / "toy" / "1.0.0").exists()
    first.kill()
    first.communicate()
    racing = [begin_cut(str(root), stages) for _ in range(2)]
    ends = [cut.communicate()[1] for cut in racing]
    assert 0 in [cut.returncode for cut in racing]
    assert all(
        cut.returncode == 0 or "another job is at work" in end
        for cut, end in zip(racing, ends, strict=True)
    )
    assert read_folder(root / "toy" / "1.0.0") == read_folder(pristine)


def test_a_second_cutter_on_a_store_waits_for_the_first(
    counted: Counted, stages: Stages, pristine: Path, tmp_path: Path
) -> None:
    _, root = counted
    racing = [begin_cut(root, stages, wait_s=100.0) for _ in range(2)]
    ends = [cut.communicate()[1] for cut in racing]
    # Two that find a store free at once are told apart a second later: one may be refused.
    assert 0 in [cut.returncode for cut in racing], ends
    assert all(
        cut.returncode == 0 or "another job is at work" in end
        for cut, end in zip(racing, ends, strict=True)
    ), ends
    assert read_store(join(root, "toy/1.0.0")) == read_folder(pristine)
    assert not [p for p in list_files(root) if "/1.0.0/" not in p]


def test_a_lost_lease_ends_a_cut_before_its_manifest(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = places.send_files

    def lose(files: Any, *args: Any, check: Any, **options: Any) -> Any:
        done = send(files, *args, check=check, **options)
        check.__self__.taken = True
        return done

    monkeypatch.setattr(places, "send_files", lose)
    with pytest.raises(UsageError, match="lost to another job"):
        cut_release("memory://lost", "toy", "1.0.0", **stages)
    assert not exists("memory://lost/toy/1.0.0/manifest.json")
    assert exists("memory://lost/toy/.1.0.0.cut.json")
    monkeypatch.setattr(places, "send_files", send)
    assert verify_release(cut_release("memory://lost", "toy", "1.0.0", **stages)) == []
    fsspec.filesystem("memory").rm("/lost", recursive=True)


def test_a_store_folder_of_somebody_elses_is_left_alone(stages: Stages) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/strange/toy/1.0.0/notes.txt", b"mine")
    with pytest.raises(ReleaseError, match="the folder holds files but no release"):
        cut_release("memory://strange", "toy", "1.0.0", **stages)
    assert fs.cat_file("/strange/toy/1.0.0/notes.txt") == b"mine"
    fs.rm("/strange", recursive=True)


def test_a_damaged_release_is_not_taken_for_the_same(
    tmp_path: Path, pristine: Path, stages: Stages
) -> None:
    shutil.copytree(pristine, tmp_path / "toy" / "1.0.0")
    (tmp_path / "toy/1.0.0/shards/shard-000001.tar").write_bytes(b"damaged")
    with pytest.raises(ReleaseError, match=r"other contents \(shards/shard-000001\.tar\)"):
        cut_release(str(tmp_path), "toy", "1.0.0", code="test", **stages)


@pytest.mark.parametrize("name", ["1.0.0", ".1.0.0.building"])
@pytest.mark.parametrize("kind", ["file", "link", "link to a folder"])
def test_what_is_no_folder_is_refused_before_anything_is_made(
    tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "other").mkdir()
    there = tmp_path / "toy" / name
    if kind == "file":
        there.write_text("a")
    else:
        there.symlink_to(tmp_path / ("other" if kind == "link to a folder" else "none"))
    place = ReleasePlace(str(tmp_path), "toy", "1.0.0")
    with (
        pytest.raises(ReleaseError, match="a file or a link is where a folder is made"),
        place.open(),
    ):
        pass
    assert there.is_symlink() or there.read_text() == "a"
