from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import BinaryIO

import pytest

from skeletonllm.viewer.columns import RowsBuilder
from skeletonllm.viewer.served import kept
from skeletonllm.viewer.served.words import WordIndexBuilder


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kept, "FEWEST", 3)
    rows, words = RowsBuilder(), WordIndexBuilder()
    for i in range(40):
        rows.add({"clip_id": f"é/{i}", "label": "x" if i % 2 else None, "flags": ["a"] * (i % 3)})
        words.add([f"é{i} common"])
    return rows.build(), words.build()


def test_what_was_kept_is_what_was_made(built) -> None:
    rows, words = built
    kept.keep("abc", rows, words)
    found = kept.take("abc")
    assert found is not None
    assert [found[0].row(i) for i in range(40)] == [rows.row(i) for i in range(40)]
    assert found[0].to_json() == rows.to_json()
    for start in ("é1", "common", "zz"):
        assert (found[1].find(start) == words.find(start)).all()
    assert kept.take("other") is None


def test_damage_is_told_and_made_again(
    built, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept.keep("abc", *built)
    (file,) = tmp_path.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:300])
    with caplog.at_level(logging.WARNING):
        assert kept.take("abc") is None
    assert "made again" in caplog.text


def test_few_clips_are_not_worth_a_file(built, tmp_path: Path) -> None:
    kept.keep("abc", RowsBuilder().build(), built[1])
    assert list(tmp_path.rglob("*.npz")) == []


def test_a_disk_that_takes_nothing_is_told(
    built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "skeletonllm").write_text("a file where a folder should be")
    kept.keep("abc", *built)
    assert "nothing is kept" in caplog.text


def test_a_disk_that_is_full_in_between_keeps_no_half_file(
    built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fill(file: BinaryIO, **_: object) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept.np, "savez", fill)
    kept.keep("abc", *built)
    assert "nothing is kept" in caplog.text
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
