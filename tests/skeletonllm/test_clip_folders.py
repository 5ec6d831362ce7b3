from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skeletonllm.clip_folders import (
    clip_units,
    lineage,
    read_lineage,
    read_unit,
    stated_units,
)
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.storage import Plan, read_table, write_json, write_table
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder


def test_a_folder_is_known_by_the_hash_of_its_manifest(tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in "abc"]
    for folder, counts in zip(folders, (1, 2, 1), strict=True):
        write_json(f"{folder}/manifest.json", {"counts": counts})
    first, second = lineage(folders[:2])
    assert [first] == lineage(folders[2:]) != [second]
    said = f"one output is given twice: {folders[0]} and {folders[2]} hold the same. Give each"
    with pytest.raises(UsageError, match=said):
        lineage(folders)
    with pytest.raises(UsageError, match=f"{folders[1]} and {folders[1]} hold the same"):
        lineage([folders[1], folders[0], folders[1]])


def test_clips_given_twice_make_no_units(tmp_path: Path) -> None:
    motion = synthesize("jump up")
    folder = write_clips_folder(str(tmp_path / "a"), [make_clip(motion)])
    assert len(clip_units([folder])) == 1
    with pytest.raises(UsageError, match="one output is given twice"):
        clip_units([folder, f"{folder}/"])


def test_a_part_that_was_changed_since_is_not_read(tmp_path: Path) -> None:
    folder = write_clips_folder(str(tmp_path / "a"), [make_clip(synthesize("jump up"))])
    (unit,) = clip_units([folder])
    assert [clip.clip_id for clip in read_unit(unit, "build_shards")[0]] == ["lab/1"]
    part = f"{folder}/parts/part-00000.parquet"
    write_table(part, read_table(part).slice(1))
    said = rf"{part}: sha256 \w+; expected sha256 \w+, as the manifest of normalize says"
    with pytest.raises(ReleaseError, match=said):
        read_unit(unit, "build_shards")


def test_a_folder_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path}: no finished output of a job. Run the job"):
        lineage([str(tmp_path)])


def test_units_are_stated_by_content_wherever_the_clips_lie(tmp_path: Path) -> None:
    near = write_clips_folder(str(tmp_path / "near"), [make_clip(synthesize("sit down"))])
    far = shutil.copytree(near, tmp_path / "elsewhere" / "far")
    (one,), (other,) = clip_units([near]), clip_units([str(far)])
    assert one.inputs != other.inputs
    assert one.stated == other.stated == (f"{lineage([near])[0]}/part-00000.parquet",)
    plan = Plan("any", "1", {"clips": lineage([near])}, (one,)).to_json()
    assert stated_units(plan) == [other.stated]


def test_plans_that_named_folders_are_still_understood() -> None:
    old = {"config": {"clips": {"/data/clips": "f00"}}}
    old["units"] = [["/data/clips/parts/part-00000.parquet"]]
    assert stated_units(old) == [("f00/part-00000.parquet",)]
    assert read_lineage(old["config"]["clips"]) == read_lineage(["f00"]) == ["f00"]
