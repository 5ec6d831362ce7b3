from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.training.estimates import Workload
from skeletonllm.training.estimates.step_times import read_step_seconds

OF_RUN = Workload(model="tiny", trains=("projector",), num_frames=2, size=56)


def write_run(folder: Path, seconds: float | None) -> str:
    stage = {"trains": ["projector"], "num_frames": 2, "size": 56}
    report = {"stage": stage, "model": "tiny", "renderer": "draction"}
    (folder / "report.json").write_text(json.dumps(report))
    if seconds is not None:
        (folder / "speed.json").write_text(json.dumps({"seconds_per_step": seconds, "steps": 9}))
    return str(folder)


def test_what_a_run_measured_is_told(tmp_path: Path) -> None:
    assert read_step_seconds(write_run(tmp_path, 3.0), OF_RUN) == 3


OTHERS = [
    {"size": 112},
    {"num_frames": 4},
    {"trains": ("renderer",)},
    {"model": "m"},
    {"renderer": "velocity_sticks"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_a_run_of_other_sizes_tells_nothing(tmp_path: Path, other: dict[str, object]) -> None:
    run = write_run(tmp_path, 1.0)
    assert read_step_seconds(run, replace(OF_RUN, **other)) is None


def test_a_run_without_times_tells_nothing(tmp_path: Path) -> None:
    assert read_step_seconds(write_run(tmp_path, None), OF_RUN) is None


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no report\.json"):
        read_step_seconds(str(tmp_path), OF_RUN)
