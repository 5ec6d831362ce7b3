from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from skeletonllm.errors import ReleaseError, StorageError
from skeletonllm.storage import exists, join, list_files, read_bytes, sha256_of
from skeletonllm.storage.transfer import (
    OutgoingFile,
    Receipts,
    Sent,
    list_stamps,
    remove_others,
    send_files,
)
from skeletonllm.testing.faulty_store import FaultyStore
from tests.faults.s3_here import BUCKET

Counted = tuple[FaultyStore, str]
Files = list[OutgoingFile]


class Stopped(Exception):
    """A test ends a transfer with it."""


def stop_before(number: int):
    """A check that lets so many files pass."""
    left = [number]

    def check() -> None:
        if left[0] == 0:
            raise Stopped
        left[0] -= 1

    return check


def bytes_put(store: FaultyStore, text: str = "") -> int:
    return sum(a.bytes for a in store.asked if a.method == "PUT" and text in a.path)


def total(files: Files) -> int:
    return sum(file.bytes for file in files)


def assert_whole(target: str, files: Files) -> None:
    found = {path: sha256_of(join(target, path)) for path in list_files(target)}
    assert found == {file.path: (file.sha256, file.bytes) for file in files}


def test_to_a_local_folder_and_what_is_right_there_stays(tmp_path: Path, files: Files) -> None:
    target = str(tmp_path / "target")
    with pytest.raises(Stopped):
        send_files(files, target, check=stop_before(2), at_once=1)
    (tmp_path / "target" / files[0].path).write_bytes(b"another plan's")
    before = (tmp_path / "target" / files[1].path).stat().st_ino
    sent = send_files(files, target)
    assert sent.kept == (1, files[1].bytes)
    assert sent.sent == (2, files[0].bytes + files[2].bytes)
    assert (tmp_path / "target" / files[1].path).stat().st_ino == before
    assert_whole(target, files)


def test_a_file_of_other_bytes_is_refused_and_not_there(tmp_path: Path, files: Files) -> None:
    Path(files[1].url).write_bytes(b"damaged")
    with pytest.raises(ReleaseError, match=r"b\.tar: its sha256 differs: 7 bytes .*manifest says"):
        send_files(files, str(tmp_path / "target"), at_once=1)
    assert list_files(str(tmp_path / "target")) == [files[0].path]
    assert not [p for p in (tmp_path / "target").rglob("*") if ".partial-" in p.name]


def test_a_missing_file_is_named(tmp_path: Path, files: Files) -> None:
    gone = replace(files[0], url=f"{files[0].url}.gone")
    with pytest.raises(ReleaseError, match=r"a\.json\.gone: no such file"):
        send_files([gone], str(tmp_path / "target"))


def test_every_byte_goes_to_a_store_once(counted: Counted, files: Files) -> None:
    store, target = counted
    receipts = Receipts.open(f"{target}.receipts")
    assert send_files(files, target, receipts) == Sent(sent=(3, total(files)))
    assert_whole(target, files)
    assert bytes_put(store, "_once/") == total(files)
    parts = [a for a in store.asked if a.method == "PUT" and "partNumber" in a.path]
    assert len(parts) == 3
    receipts.remove()
    assert not exists(receipts.url)


def test_an_interrupted_transfer_goes_on(counted: Counted, files: Files) -> None:
    store, target = counted
    with pytest.raises(Stopped):
        send_files(files, target, Receipts.open(f"{target}.r"), check=stop_before(2), at_once=1)
    store.asked.clear()
    sent = send_files(files, target, Receipts.open(f"{target}.r"))
    assert sent == Sent(kept=(2, total(files[:2])), sent=(1, files[2].bytes))
    assert bytes_put(store, "goes_on/") == files[2].bytes
    assert_whole(target, files)


def test_without_receipts_or_with_others_everything_is_sent(
    counted: Counted, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    _, target = counted
    files = files[:2]
    url = f"{target}.r"
    send_files(files, target, Receipts.open(url))
    fs = fsspec.filesystem("s3")
    fs.pipe_file(url, b'{"schema": "skeletonllm.transfer", "schema_version": "2.0.0"}')
    assert send_files(files, target, Receipts.open(url)).kept == (0, 0)
    assert "cannot be used (skeletonllm.transfer 2.0.0); all files are sent again" in caplog.text


def test_what_was_changed_since_is_sent_again(counted: Counted, files: Files) -> None:
    _, target = counted
    files = files[:2]
    send_files(files, target, Receipts.open(f"{target}.r"))
    fsspec.filesystem("s3").pipe_file(join(target, files[1].path), b"x" * files[1].bytes)
    assert send_files(files, target, Receipts.open(f"{target}.r")).sent == (1, files[1].bytes)
    assert_whole(target, files)


def test_the_store_copies_what_it_has(counted: Counted, files: Files) -> None:
    store, target = counted
    earlier = f"{target}-earlier"
    send_files(files, earlier)
    store.asked.clear()
    known = {file.sha256: [join(earlier, file.path)] for file in files}
    assert send_files(files, target, known=known) == Sent(copied=(3, total(files)))
    assert bytes_put(store) == 0
    assert sum(a.copied for a in store.asked) == 3
    assert not [a for a in store.asked if a.method == "GET" and a.path.endswith(".tar")]
    assert_whole(target, files)


def test_a_wrong_copy_is_found_and_the_file_is_sent(
    counted: Counted, files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    _, target = counted
    bad = f"s3://{BUCKET}/bad.tar"
    fsspec.filesystem("s3").pipe_file(bad, b"x" * files[1].bytes)
    sent = send_files([files[1]], target, known={files[1].sha256: [bad]})
    assert sent.sent == (1, files[1].bytes)
    assert "bad.tar: not the bytes that its manifest lists" in caplog.text
    assert_whole(target, [files[1]])


def test_from_the_store_itself_nothing_is_read_where_the_stamp_is_that_of_the_check(
    counted: Counted, files: Files
) -> None:
    store, target = counted
    stage = f"{target}-stage"
    send_files(files, stage)
    stamps = list_stamps(stage)
    there = [replace(f, url=join(stage, f.path), stamp=stamps[f.path]) for f in files]
    store.asked.clear()
    assert send_files(there, target).copied == (3, total(files))
    assert not [
        a
        for a in store.asked
        if a.method == "GET" and "list-type" not in a.path and "uploads" not in a.path
    ]
    # Without a stamp, or with an old one, what was copied is read back.
    store.asked.clear()
    fsspec.filesystem("s3").pipe_file(there[1].url, b"x" * files[1].bytes)
    with pytest.raises(ReleaseError, match=r"b\.tar: its sha256 differs"):
        send_files([there[1]], f"{target}-2")
    assert list_files(f"{target}-2") == []


@pytest.mark.parametrize("fault", ["error_500", "reset", "dropped"])
def test_trouble_of_the_moment_passes(counted: Counted, files: Files, fault: str) -> None:
    store, target = counted
    store.plan([None, fault, fault])
    assert send_files(files, target, at_once=1).sent == (3, total(files))
    assert_whole(target, files)


def test_a_store_that_takes_nothing_is_named_and_the_next_try_goes_on(
    counted: Counted, files: Files
) -> None:
    store, target = counted
    receipts = Receipts.open(f"{target}.r")
    send_files(files[:1], target, receipts)
    store.plan([], always="forbidden")
    with pytest.raises(StorageError, match=r"may not be written: .*403"):
        send_files(files, target, receipts)
    store.plan([])
    assert send_files(files, target, Receipts.open(f"{target}.r")).kept == (1, files[0].bytes)


def test_parts_of_a_killed_upload_are_dropped(counted: Counted, files: Files) -> None:
    _, target = counted
    fs = fsspec.filesystem("s3")
    key = f"{target}/shards/c.tar".removeprefix(f"s3://{BUCKET}/")
    for name in (key, "elsewhere/c.tar"):
        fs.call_s3("create_multipart_upload", Bucket=BUCKET, Key=name)
    send_files(files, target)
    assert [u["Key"] for u in fs.list_multipart_uploads(BUCKET)] == ["elsewhere/c.tar"]


def test_any_store_will_do(files: Files) -> None:
    receipts = Receipts.open("memory://transfer/.r")
    with pytest.raises(Stopped):
        send_files(files, "memory://transfer/to", receipts, check=stop_before(1), at_once=1)
    again = Receipts.open("memory://transfer/.r")
    assert send_files(files, "memory://transfer/to", again).kept == (1, files[0].bytes)
    assert_whole("memory://transfer/to", files)
    data = read_bytes("memory://transfer/to/shards/c.tar")
    assert hashlib.sha256(data).hexdigest() == files[2].sha256
    fsspec.filesystem("memory").rm("/transfer", recursive=True)


def test_others_are_removed(tmp_path: Path) -> None:
    for name in ("a", "b/c", ".x.lock"):
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"")
    assert remove_others(str(tmp_path), ["a"]) == ["b/c"]
    assert (tmp_path / ".x.lock").exists()
