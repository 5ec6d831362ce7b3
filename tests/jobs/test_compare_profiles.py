"""The command as a user meets it: exit codes, a table, a line a clip, a file of records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobs import compare_profiles
from jobs.cli import VERBS
from jobs.common import run_job
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.normalize import comparison
from skeletonllm.storage import write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.ntu_files import FILE_NAME, make_body, write_scene
from skeletonllm.topology import COCO_17
from tests.pipelines.strange import make_clip


def run(*flags: str) -> int:
    return run_job(compare_profiles.main, compare_profiles.Flags, list(flags))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A clip of one person, one of two of whom one is brief, and a file of nobody."""
    folder = tmp_path / "raw"
    folder.mkdir()
    one = {"a": (range(40), make_body(40))}
    write_scene(folder / FILE_NAME, 40, one)
    write_scene(
        folder / FILE_NAME.replace("A050", "A051"), 40, one | {"b": (range(5), make_body(5, 1))}
    )
    write_scene(folder / FILE_NAME.replace("A050", "A052"), 40, {})
    return folder


def test_clips_that_differ_are_named_and_exit_with_1(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "records.json"
    assert run(str(corpus), "pyskl", "raw", "--json", str(out)) == 1
    said = capsys.readouterr().out
    assert "pyskl@1 and raw@2" in said
    assert "ntu_rgbd/S001C001P001R001A051: 11% not alike: only raw shows 98" in said
    assert "A050:" not in said
    report = json.loads(out.read_text())
    assert report["profiles"] == ["pyskl@1", "raw@2"]
    assert [record["kinds"] for record in report["clips"]] == [[], ["persons"]]


def test_clips_that_are_the_same_exit_with_0(corpus: Path) -> None:
    assert run(str(corpus / FILE_NAME), "paper", "clean", "--corpus", "ntu_rgbd") == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("raw", "other"), "unknown profile 'other'"),
        (("raw", "clean", "--corpus", "nw_ucla"), "no"),
    ],
)
def test_a_wrong_request_exits_with_2(
    flags: tuple[str, ...], said: str, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(corpus), *flags) == 2
    assert said in capsys.readouterr().err


def test_a_clip_that_cannot_be_compared_is_named_and_ends_nothing(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = comparison.compare_profiles

    def odd(clip: Clip, *more: Any) -> Any:
        if clip.clip_id.endswith("A050"):
            raise IndexError("too far")
        return real(clip, *more)

    monkeypatch.setattr(comparison, "compare_profiles", odd)
    out = tmp_path / "records.json"
    assert run(str(corpus), "raw", "clean", "--json", str(out)) == 1
    said = capsys.readouterr().out
    assert re.search(r"not compared\s*│ 1", said)
    assert "not compared: ntu_rgbd/S001C001P001R001A050: IndexError: too far" in said
    report = json.loads(out.read_text())
    assert len(report["clips"]) == len(report["failed"]) == 1
    assert report["failed"][0]["code"] == "internal"


def test_a_profile_that_suits_no_clip_is_a_wrong_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = str(tmp_path / "part.parquet")
    motion = synthesize("throw", topology=COCO_17, fps=10)
    write_table(part, clips_to_table([make_clip("flat", motion)]))
    assert run(part, "raw", "pyskl") == 2
    assert "profile pyskl of a clip of coco_17 in image space" in capsys.readouterr().err


def test_it_is_a_verb() -> None:
    assert VERBS["compare-profiles"][0] == compare_profiles.__name__
