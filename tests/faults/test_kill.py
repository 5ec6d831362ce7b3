"""Killed is normal: `kill -9` at any moment, the same command again, the same bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from skeletonllm.testing.killing.stages import (
    FIRST_FILES,
    kill_and_rerun,
    make_arguments,
    rerun,
)
from skeletonllm.testing.processes import kill_job

MOMENTS = [0, *(pytest.param(moment, marks=pytest.mark.slow) for moment in (1, 2))]
"""Each is another random moment, and 25 s of starting Ray twice. One a stage stands in every run,
beside both fail points, which are the moments that matter most; `make test-slow` runs the rest."""
SEED = 20261122
SPREAD_S = 0.6
"""The kill comes up to so long after the first unit started; a run of 12 parts takes longer."""


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("stage", FIRST_FILES)
def test_killed_at_any_moment(
    stage: str, moment: int, raw: Path, whole: Path, tmp_path: Path
) -> None:
    delay = random.Random(f"{SEED}/{stage}/{moment}").uniform(0, SPREAD_S)
    met, same = kill_and_rerun(stage, raw, whole, tmp_path, delay_s=delay)
    assert met, "it was done before the kill"
    assert same


@pytest.mark.parametrize(
    ("moment", "file"),
    [("before_rename", "part-00003"), ("before_rename", "manifest.json")],
    ids=["before the rename", "between the last rename and the manifest"],
)
@pytest.mark.parametrize("stage", FIRST_FILES)
def test_killed_at_a_fail_point(
    stage: str, moment: str, file: str, raw: Path, whole: Path, tmp_path: Path
) -> None:
    args = make_arguments(stage, raw, whole, tmp_path)
    frozen = tmp_path / "frozen"
    killed = kill_job(*args, when=frozen.exists, failpoint=f"{moment}:{file}:{frozen}")
    assert killed
    assert not (tmp_path / stage / "manifest.json").exists()
    assert rerun(stage, args, whole, tmp_path)
