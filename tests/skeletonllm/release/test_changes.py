"""What a release says of the one that it replaces."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.clip import Caption
from skeletonllm.errors import ReleaseError
from skeletonllm.release import cut_release, verify_release
from skeletonllm.release.diff import (
    compare_releases,
    comparison,
    judge_step,
    write_changelog,
)
from skeletonllm.storage import read_json
from tests.skeletonllm.release.verify.forge import readmit


def test_a_release_without_a_parent_has_no_changes(pristine: Path) -> None:
    assert not (pristine / "changes.md").exists()
    assert "## What changed" not in (pristine / "README.md").read_text()


def test_the_entry_is_that_of_diff_and_stands_on_the_card(
    tmp_path: Path, pristine: Path, stages
) -> None:
    given = {"parent": str(pristine), "code": "later", **stages}
    release = Path(cut_release(str(tmp_path), "toy", "1.0.1", **given))
    found = compare_releases(str(pristine), str(release))
    entry = write_changelog(found, judge_step(found))
    assert (release / "changes.md").read_text() == entry
    card = (release / "README.md").read_text()
    section = card.partition("## What changed\n")[2].partition("\n\n## What is inside")[0]
    assert section == entry.partition("\n")[2].rstrip()
    assert "| `changes.md` | what changed since earlier versions |" in card
    assert "| code | test | later |" in entry
    assert verify_release(str(release)) == []


def test_the_same_parent_gives_the_same_bytes_wherever_it_lies(
    tmp_path: Path, pristine: Path, stages
) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in pristine.rglob("*"):
        if path.is_file():
            copy = moved / path.relative_to(pristine)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    given = {"code": "test", **stages}
    first = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **given)
    assert cut_release(str(tmp_path), "toy", "1.0.1", parent=str(moved), **given) == first


def test_entries_of_earlier_versions_follow(tmp_path: Path, pristine: Path, stages) -> None:
    second = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **stages)
    third = cut_release(str(tmp_path), "toy", "1.0.2", parent=second, **stages)
    log = Path(third, "changes.md").read_text()
    assert re.findall(r"^## (.*)$", log, re.MULTILINE) == ["toy 1.0.2", "toy 1.0.1"]
    assert log.endswith(Path(second, "changes.md").read_text())
    assert "## toy 1.0.1" not in Path(third, "README.md").read_text()


def test_a_version_that_is_not_raised_enough_is_told(
    tmp_path: Path, pristine: Path, make_stages, make_clip, caplog: pytest.LogCaptureFixture
) -> None:
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(9)]
    second = [make_clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]
    stages = make_stages(tmp_path / "stages", first, second)
    said = "this is a minor step; the versions say 1.0.0 -> 1.0.1: too small; at least 1.1.0"
    with caplog.at_level(logging.WARNING):
        small = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **stages)
        assert [record.getMessage() for record in caplog.records] == [said]
        caplog.clear()
        cut_release(str(tmp_path), "toy", "1.1.0", parent=str(pristine), **stages)
    assert caplog.records == []
    assert f"{said}." in Path(small, "README.md").read_text()


def test_samples_are_read_from_the_stage_to_judge_the_version(
    tmp_path: Path, pristine: Path, make_stages, make_clip, caplog: pytest.LogCaptureFixture
) -> None:
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(8)]
    first[1] = replace(first[1], captions=(Caption("someone waves"),))
    second = [make_clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]
    stages = make_stages(tmp_path / "stages", first, second)
    with caplog.at_level(logging.WARNING):
        release = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **stages)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.endswith("1.0.0 -> 1.0.1: too small; at least 1.1.0")
    card = Path(release, "README.md").read_text()
    assert "- minor: captions of 1 clips changed" in card
    found = compare_releases(str(pristine), release)
    assert Path(release, "changes.md").read_text() == write_changelog(found, judge_step(found))


def test_the_card_does_not_call_right_what_too_many_samples_tell(
    tmp_path: Path, pristine: Path, make_stages, make_clip, monkeypatch, caplog
) -> None:
    first = [make_clip("alpha", i, licence="cc-by-4.0") for i in range(8)]
    first[1] = replace(first[1], captions=(Caption("someone waves"),))
    second = [make_clip("beta", i, licence="nw_ucla", image=True) for i in range(3)]
    stages = make_stages(tmp_path / "stages", first, second)
    monkeypatch.setattr(comparison, "MOST_READ", 0)
    release = cut_release(str(tmp_path), "toy", "1.0.1", parent=str(pristine), **stages)
    said = "at least a patch step, and may be a major one: 1 changed samples were not read"
    assert said in Path(release, "README.md").read_text()
    (record,) = caplog.records
    assert record.getMessage().endswith("the versions say 1.0.0 -> 1.0.1: not known")


def test_a_damaged_parent_is_refused(tmp_path: Path, release: Path, stages) -> None:
    index = release / "index.parquet"
    index.write_bytes(index.read_bytes()[:-1] + b"?")
    with pytest.raises(ReleaseError, match=r"index\.parquet: .* with sha256 .*; expected"):
        cut_release(str(tmp_path / "out"), "toy", "1.0.1", parent=str(release), **stages)
    assert not (tmp_path / "out" / "toy" / "1.0.1").exists()


def test_a_parent_of_another_major_layout_is_not_compared(tmp_path: Path, stages) -> None:
    old = str(Path(__file__).parents[2] / "fixtures" / "v1" / "release")
    release = cut_release(str(tmp_path), "toy", "2.0.0", parent=old, **stages)
    log = Path(release, "changes.md").read_text()
    assert "- major: layout of release 1.0.0 -> 2." in log
    assert "### Clips" not in log
    assert read_json(f"{release}/manifest.json")["lineage"]["parent"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("name", "content"), [("statistics.json", b"3"), ("changes.md", b"\xff\xfe")]
)
def test_a_parent_that_nobody_can_read_is_one_sentence(
    tmp_path: Path, release: Path, stages, name: str, content: bytes
) -> None:
    (release / name).write_bytes(content)
    readmit(release, name)
    with pytest.raises(ReleaseError, match=r"cannot be read as a release .*`skeletonllm verify`"):
        cut_release(str(tmp_path / "r"), "toy", "1.0.1", code="x", parent=str(release), **stages)
    assert not (tmp_path / "r" / "toy" / "1.0.1").exists()
    assert any(fault.startswith(f"{name}: ") for fault in verify_release(str(release)))
