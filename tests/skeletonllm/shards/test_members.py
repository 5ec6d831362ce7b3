from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
import webdataset

from skeletonllm.errors import ReleaseError
from skeletonllm.shards import read_members
from skeletonllm.shards.members import is_as_written

MEMBERS = {"json": b'{"a": 1}', "motion.npz": bytes(range(256)) * 5}


def tar_of(key: str, members: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with webdataset.TarWriter(buffer, encoder=False, mtime=0, **options) as tar:
        tar.write({"__key__": key, **members})
        end = tar.tarstream.offset
    return buffer.getvalue()[:end]


def plain_tar(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            tar.addfile(info, io.BytesIO(content))
        end = tar.offset
    return buffer.getvalue()[:end]


USTAR, GNU, PAX = tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT


@pytest.mark.parametrize(
    ("key", "form"),
    [
        *((key, form) for key in ("lab-1", "a/b/c", "d/" * 60 + "k") for form in (USTAR, GNU, PAX)),
        *((key, form) for key in ("x" * 300, "\u00e9" * 60) for form in (GNU, PAX)),
    ],
)
def test_members_are_what_tarfile_finds_under_short_and_long_names(key: str, form: int) -> None:
    files = [(f"{key}.{extension}", content) for extension, content in MEMBERS.items()]
    data = plain_tar(*files, form=form)
    assert read_members(data, key) == {"__key__": key, **MEMBERS}


@pytest.mark.parametrize("key", ["lab-1", "long-" * 60])
def test_what_webdataset_writes_is_read_with_and_without_the_key(key: str) -> None:
    data = tar_of(key, MEMBERS)
    assert read_members(data, key) == read_members(data) == {"__key__": key, **MEMBERS}


def test_a_member_of_a_later_version_is_handed_on() -> None:
    data = tar_of("a", {**MEMBERS, "depth.png": b"?"})
    assert read_members(data, "a")["depth.png"] == b"?"


def test_other_members_than_those_of_the_sample_are_refused() -> None:
    one, two = tar_of("a", MEMBERS), tar_of("b", MEMBERS)
    said = r"sample a: members \['b.json', 'b.motion.npz'\]; expected a.json and a.motion.npz"
    with pytest.raises(ReleaseError, match=said):
        read_members(two, "a")
    for data in (one + two, one + one, tar_of("a", {"json": b""}), b""):
        for key in ("a", None):
            with pytest.raises(ReleaseError, match=r"sample.*: members \["):
                read_members(data, key)


def damaged(at: int, value: bytes) -> bytes:
    data = bytearray(tar_of("a", MEMBERS))
    data[at : at + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        tar_of("a", MEMBERS)[:-1],
        tar_of("a", MEMBERS)[:700],
        tar_of("a", MEMBERS)[:100],
        tar_of("a", MEMBERS)[1:],
        tar_of("a", MEMBERS)[512:],
        b"x" + tar_of("a", MEMBERS),
        tar_of("a", MEMBERS) + b"x",
        tar_of("a", MEMBERS) + bytes(512) + b"x" * 512,
        tar_of("a", MEMBERS) + bytes(1024),  # there, others take the tar to end
        bytes(1024) + tar_of("a", MEMBERS),
        bytes(1024),
        damaged(0, b"b"),
        damaged(124, b"7"),
        damaged(124, b"\xff"),
        damaged(148, b"00000000"),
        damaged(148, b"-0000100"),
        damaged(148, b"\0" * 8),
        damaged(148, b"words"),
        b"\x01" * 512,
    ],
)
def test_damage_is_one_error_that_names_the_sample(data: bytes) -> None:
    with pytest.raises(ReleaseError, match=r"sample a: not a part of a tar \("):
        read_members(data, "a")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.XGLTYPE]
)
def test_links_folders_and_names_for_all_are_no_members(kind: bytes) -> None:
    data = plain_tar(("a.json", b""), kind=kind, form=tarfile.USTAR_FORMAT)
    with pytest.raises(ReleaseError, match="a member of kind"):
        read_members(data, "a")


def test_a_name_in_no_encoding_is_damage() -> None:
    data = plain_tar(("\udcff.json", b"{}"), form=tarfile.GNU_FORMAT)
    with pytest.raises(ReleaseError, match="not a part of a tar"):
        read_members(data, "a")


NOBODY = {"user": "", "group": ""}


def test_what_the_writer_lays_down_is_told_from_all_else() -> None:
    data = tar_of("a", MEMBERS, **NOBODY)
    members = read_members(data, "a")
    assert is_as_written(data, members)
    hidden = bytearray(data)
    hidden[512 + len(MEMBERS["json"])] = 1  # behind a member, in its last block
    for other in (
        bytes(hidden),
        data + bytes(512),
        tar_of("a", MEMBERS),
        data[1024:] + data[:1024],
    ):
        assert not is_as_written(other, members)
    more = {**MEMBERS, "depth.png": b"?"}
    assert is_as_written(tar_of("a", more, **NOBODY), {"__key__": "a", **more})
