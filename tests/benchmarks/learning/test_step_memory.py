from __future__ import annotations

from pathlib import Path

from benchmarks.learning.step_memory import run_step
from benchmarks.timing import measure_peak_megabytes


def test_a_step_of_ours_runs_and_its_peak_is_told() -> None:
    before = measure_peak_megabytes()
    assert run_step("ours, body", 1, 56, Path("none")) >= before
