from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from skeletonllm.errors import UsageError
from skeletonllm.training.estimates import Workload
from skeletonllm.training.estimates.step_times import read_step_seconds

OF_RUN = Workload(model="tiny", trains=("projector",), num_frames=2, size=56)


def write_run(folder: Path, lines: list[dict[str, float]], *, finished: bool) -> str:
    stage = {"trains": ["projector"], "num_frames": 2, "size": 56}
    report = {"stage": stage, "model": "tiny", "renderer": "draction"}
    (folder / "report.json").write_text(json.dumps(report))
    name = folder / ("metrics.jsonl" if finished else "metrics/000000001.jsonl")
    name.parent.mkdir(exist_ok=True)
    name.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(folder)


@pytest.mark.parametrize("finished", [True, False])
def test_the_median_without_the_first_step_is_told(tmp_path: Path, finished: bool) -> None:
    lines = [{"step": 1, "seconds": 60}, {"step": 2, "seconds": 2}, {"step": 3, "seconds": 4}]
    assert read_step_seconds(write_run(tmp_path, lines, finished=finished), OF_RUN) == 3


OTHERS = [
    {"size": 112},
    {"num_frames": 4},
    {"trains": ("renderer",)},
    {"model": "m"},
    {"renderer": "velocity_sticks"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_a_run_of_other_sizes_tells_nothing(tmp_path: Path, other: dict[str, object]) -> None:
    run = write_run(tmp_path, [{"seconds": 1.0}, {"seconds": 1.0}], finished=True)
    assert read_step_seconds(run, replace(OF_RUN, **other)) is None


def test_a_run_without_times_tells_nothing(tmp_path: Path) -> None:
    assert read_step_seconds(write_run(tmp_path, [{"step": 1}], finished=True), OF_RUN) is None


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no report\.json"):
        read_step_seconds(str(tmp_path), OF_RUN)
