"""A raw file of which nobody has said the corpus; how jobs use it, see tests/jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from skeletonllm.corpora.any_reader import read_raw, take_clip
from skeletonllm.errors import UsageError
from skeletonllm.synthesis import synthesize, write_ntu

NAMES = ("S001C001P001R001A010.skeleton", "S001C001P002R001A010.skeleton")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write_ntu(str(tmp_path / name), synthesize("hand waving"))
    return tmp_path


def test_the_reader_that_reads_a_clip_is_found(folder: Path) -> None:
    found = read_raw(str(folder / NAMES[0]))
    assert found.reader == "ntu_rgbd"
    assert [clip.clip_id for clip in found.clips] == ["ntu_rgbd/S001C001P001R001A010"]
    assert found.rejects == []


def test_a_clip_is_taken_by_its_id_or_the_first(folder: Path) -> None:
    found = read_raw(str(folder), "ntu_rgbd")
    second = take_clip(found.clips, found.rejects, "x", "ntu_rgbd/S001C001P002R001A010")
    assert second.subject == "2"
    found = read_raw(str(folder))
    assert take_clip(found.clips, found.rejects, "x").subject == "1"
    with pytest.raises(UsageError, match="x: no clip 'y'"):
        take_clip(found.clips, found.rejects, "x", "y")


def test_why_nothing_could_be_read_is_said(tmp_path: Path) -> None:
    bad = tmp_path / NAMES[0]
    bad.write_text("no skeleton")
    found = read_raw(str(bad), "ntu_rgbd")
    with pytest.raises(UsageError, match=r"rejected \(format\): .*expected a frame count"):
        take_clip(found.clips, found.rejects, str(bad))
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(UsageError, match="nothing here that a reader knows"):
        read_raw(str(tmp_path / "a.jpg"))
    with pytest.raises(UsageError, match="unknown corpus 'nonsense'"):
        read_raw(str(bad), "nonsense")
