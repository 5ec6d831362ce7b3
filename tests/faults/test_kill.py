"""Killed is normal: `kill -9` at any moment, the same command again, the same bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from skeletonllm.synthesis import synthesize, write_nw_ucla
from skeletonllm.topology import KINECT_V1
from tests.faults.drive import run, run_and_kill, snapshot

MOMENTS = 3
SEED = 20261122
SPREAD_S = 0.6
"""The kill comes up to so long after the first unit started; a run of 12 parts takes longer."""


def write_raw(folder: Path) -> None:
    """36 short clips: 12 parts of 3."""
    folder.mkdir(parents=True)
    for i in range(36):
        motion = synthesize("sit down", topology=KINECT_V1, subject=i % 5, seed=i)
        write_nw_ucla(folder / f"a05_s{i % 5 + 1:02d}_e{i:02d}_v01.json", motion, label=5)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "nw_ucla"
    write_raw(folder)
    return folder


@pytest.fixture(scope="module")
def whole(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Undisturbed outputs of both stages."""
    folder = tmp_path_factory.mktemp("whole")
    for args in (normalize(raw, folder), build_shards(folder, folder)):
        done = run(*args)
        assert done.returncode == 0, done.stderr
    return folder


def normalize(raw: Path, out: Path) -> list[str]:
    flags = ["--corpus", "nw_ucla", "--input", str(raw), "--output", str(out / "clips")]
    return ["normalize", *flags, "--files-per-part", "3", "--workers", "2"]


def build_shards(clips: Path, out: Path) -> list[str]:
    flags = ["--clips", str(clips / "clips"), "--output", str(out / "shards")]
    return ["build-shards", *flags, "--workers", "2"]


STAGES = [("clips", "rejects"), ("shards", "tars")]
"""Folder of the stage, and the sub-folder in which a unit's first file appears."""


def arguments(stage: str, raw: Path, whole: Path, out: Path) -> list[str]:
    return normalize(raw, out) if stage == "clips" else build_shards(whole, out)


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize(("stage", "first"), STAGES)
def test_killed_at_any_moment(
    stage: str, first: str, moment: int, raw: Path, whole: Path, tmp_path: Path
) -> None:
    args = arguments(stage, raw, whole, tmp_path)
    started = tmp_path / stage / first
    delay = random.Random(f"{SEED}/{stage}/{moment}").uniform(0, SPREAD_S)
    run_and_kill(*args, when=lambda: started.exists() and any(started.iterdir()), delay_s=delay)
    again = run(*args)
    assert again.returncode == 0, again.stderr
    assert snapshot(tmp_path / stage) == snapshot(whole / stage)


@pytest.mark.parametrize(
    ("moment", "file"),
    [("before_rename", "part-00003"), ("before_rename", "manifest.json")],
    ids=["before the rename", "between the last rename and the manifest"],
)
@pytest.mark.parametrize("stage", ["clips", "shards"])
def test_killed_at_a_fail_point(
    stage: str, moment: str, file: str, raw: Path, whole: Path, tmp_path: Path
) -> None:
    args = arguments(stage, raw, whole, tmp_path)
    frozen = tmp_path / "frozen"
    killed = run_and_kill(*args, when=frozen.exists, failpoint=f"{moment}:{file}:{frozen}")
    assert killed
    assert not (tmp_path / stage / "manifest.json").exists()
    again = run(*args)
    assert again.returncode == 0, again.stderr
    assert snapshot(tmp_path / stage) == snapshot(whole / stage)
