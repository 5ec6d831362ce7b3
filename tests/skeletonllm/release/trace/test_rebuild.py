from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.normalize import Timing
from skeletonllm.release.trace import rebuild_clip, trace_clip
from skeletonllm.release.trace.page import describe_rebuilt
from skeletonllm.synthesis import synthesize, write_ntu
from tests.skeletonllm.release.trace.conftest import CLIP


@pytest.mark.parametrize("timing", [Timing(), Timing(0.2, 20.0)])
@pytest.mark.parametrize("above", [False, True])
def test_the_same_file_gives_the_same_sample(trace_release, timing: Timing, above: bool) -> None:
    made = trace_release(timing)
    trail = trace_clip(made.release, CLIP)
    assert trail.clip["profile"] == f"clean@2{timing.suffix}"
    found = rebuild_clip(made.release, trail, str(made.raw.parent if above else made.raw))
    assert found.proved
    assert (found.why, found.motion_sha256) == ("", trail.clip["motion_sha256"])
    assert found.to_json()["proved"]


def test_the_folder_may_have_another_name(trace_release, tmp_path: Path) -> None:
    made = trace_release()
    moved = shutil.move(made.raw, tmp_path / "elsewhere")
    assert rebuild_clip(made.release, trace_clip(made.release, CLIP), str(moved)).proved


@pytest.mark.parametrize("times", [1, 2])
def test_of_stages_that_were_run_alike_the_settings_count(trace_release, times: int) -> None:
    made = trace_release(orientations=True)
    trail = trace_clip(made.release, CLIP)
    stage = {"stage": "normalize", "version": "3", "code": "then", "config": {"orientations": True}}
    found = rebuild_clip(made.release, replace(trail, made_by=[stage] * times), str(made.raw))
    assert found.proved
    assert found.recorded_code == "then"


def test_of_stages_of_two_programs_none_is_named(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    stages = [{"stage": "normalize", "version": "3", "code": code} for code in ("old", "new")]
    found = rebuild_clip(made.release, replace(trail, made_by=stages), str(made.raw))
    assert found.proved
    assert found.recorded_code is None


def test_another_file_is_no_proof(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    write_ntu(made.raw / "S001C001P001R001A008.skeleton", synthesize("sit down", seed=9))
    found = rebuild_clip(made.release, trail, str(made.raw))
    assert [found.proved, found.same_file, found.same_motion, found.same_content] == [False] * 4
    assert found.why == "the raw file is another one than was read"
    assert describe_rebuilt(found)["the file is that of the release"] == "NO"


def test_a_file_that_is_not_there_or_broken_is_said(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    raw = made.raw / "S001C001P001R001A008.skeleton"
    raw.write_text("9\n")
    broken = rebuild_clip(made.release, trail, str(made.raw))
    assert broken.why.startswith(f"the reader makes no clip {CLIP} of the file; it rejected:")
    raw.unlink()
    gone = rebuild_clip(made.release, trail, str(made.raw))
    assert gone.file is None
    assert gone.why.endswith("the release names nturgb/S001C001P001R001A008.skeleton")


def test_another_recipe_of_that_name_makes_nothing(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    old = replace(trail, clip={**trail.clip, "profile": "clean@1"})
    found = rebuild_clip(made.release, old, str(made.raw))
    assert (found.same_file, found.motion_sha256) == (True, None)
    assert found.why.startswith("the recipe clean@2 is here, and clean@1 made the clip")


def test_a_release_does_not_choose_the_module_that_is_imported(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, "beta/000")
    with pytest.raises(UsageError, match="Name your own reader: --corpus module:Class"):
        rebuild_clip(made.release, trail, str(made.raw))
    with pytest.raises(UsageError, match="the reader 'ntu_rgbd'; expected that of 'beta'"):
        rebuild_clip(made.release, trail, str(made.raw), "ntu_rgbd")


def test_an_equal_motion_in_another_sample_is_told_apart(trace_release) -> None:
    made = trace_release()
    trail = trace_clip(made.release, CLIP)
    other = replace(trail, clip={**trail.clip, "licence": "mit"})
    found = rebuild_clip(made.release, other, str(made.raw))
    assert (found.same_motion, found.same_content) == (True, False)
    assert found.why == "the motion is equal, and other fields of the sample are not"
