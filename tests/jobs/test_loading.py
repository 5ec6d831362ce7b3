from __future__ import annotations

from pathlib import Path

import pytest

from jobs.loading import load_clips, load_one_clip, split_path
from skeletonllm.clip import clips_to_table
from skeletonllm.errors import UsageError
from skeletonllm.storage import write_table
from skeletonllm.synthesis import write_pyskl
from tests.jobs.test_normalize import ANNOTATION, BVH


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two files of which one bears the other's name before a ``#``, in a folder with another."""
    folder = tmp_path / "day#1"
    folder.mkdir()
    for name in ("a.bvh", "a#b.bvh"):
        (folder / name).write_text(BVH)
    return folder


def test_a_path_that_exists_wins_over_a_clip_of_a_folder(raw: Path) -> None:
    assert load_one_clip(f"{raw}/a#b.bvh").clip_id == "bvh/a#b"
    assert load_one_clip(f"{raw}/a#b.bvh#bvh/a#b").clip_id == "bvh/a#b"
    assert load_one_clip(f"{raw}/a.bvh#bvh/a").clip_id == "bvh/a"
    assert load_one_clip(f"{raw}#bvh/a#b").clip_id == "bvh/a#b"
    assert load_one_clip(f"{raw.parent}#bvh/day#1/a").clip_id == "bvh/day#1/a"


def test_clips_of_a_part_are_named_behind_it_too(raw: Path) -> None:
    part = str(raw / "part#0.parquet")
    write_table(part, clips_to_table([load_one_clip(f"{raw}#bvh/{name}") for name in ("a", "a#b")]))
    assert load_one_clip(f"{part}#bvh/a#b").clip_id == "bvh/a#b"


def test_what_is_not_there_is_named_whole(raw: Path) -> None:
    with pytest.raises(UsageError, match="day#1/nosuch#x.bvh: no such file or folder"):
        load_one_clip(f"{raw}/nosuch#x.bvh".replace("day#1", "nosuch/day#1"))
    with pytest.raises(UsageError, match=r"day#1: no clip 'bvh/nosuch#x'"):
        load_one_clip(f"{raw}#bvh/nosuch#x")


@pytest.mark.parametrize("text", ["#clip", "nosuch", "nosuch#clip", ""])
def test_without_a_path_that_exists_all_of_it_is_the_path(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert split_path(text) == (text, "")


def test_an_old_name_of_a_corpus_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pyskl(tmp_path / "a.pkl", [ANNOTATION])
    assert [clip.clip_id for clip in load_clips(str(tmp_path), "pose2d").clips] == ["pyskl/a/kick"]
    assert caplog.text.count("use --corpus pyskl") == 1
