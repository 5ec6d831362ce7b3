from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from skeletonllm.errors import ReleaseError
from skeletonllm.storage.transfer.outgoing import (
    PART,
    Fingerprint,
    OutgoingFile,
    Sent,
    read_checked_parts,
    read_parts,
)


def test_parts_have_one_size_but_for_the_last(tmp_path: Path) -> None:
    data = bytes(range(256)) * ((PART * 2 + 512) // 256)
    (tmp_path / "a").write_bytes(data)
    parts = list(read_parts(str(tmp_path / "a")))
    assert [len(part) for part in parts] == [PART, PART, 512]
    assert b"".join(parts) == data
    (tmp_path / "none").write_bytes(b"")
    assert list(read_parts(str(tmp_path / "none"))) == []


def test_the_error_comes_after_the_last_part(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    right = hashlib.sha256(b"abc").hexdigest()
    file = OutgoingFile("a", right, 3, str(tmp_path / "a"))
    assert list(read_checked_parts(file)) == [b"abc"]
    wrong = read_checked_parts(OutgoingFile("a", "0" * 64, 3, str(tmp_path / "a")))
    assert next(wrong) == b"abc"
    with pytest.raises(ReleaseError, match="expected 3 of sha256 000000000000"):
        next(wrong)


def test_etags_are_those_of_s3() -> None:
    seen = Fingerprint()
    for part in (b"abc", b"de"):
        seen.add(part)
    md5s = [hashlib.md5(part).digest() for part in (b"abc", b"de")]
    joined = hashlib.md5(b"".join(md5s)).hexdigest()
    assert seen.etags == (hashlib.md5(b"abcde").hexdigest(), f"{joined}-2")
    assert (seen.sha256, seen.size) == (hashlib.sha256(b"abcde").hexdigest(), 5)


def test_what_was_sent_adds_up() -> None:
    assert Sent().add("kept", 3).add("kept", 4).add("sent", 1) == Sent(kept=(2, 7), sent=(1, 1))
