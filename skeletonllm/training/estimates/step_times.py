"""Seconds of a step, from an earlier run of the same model and sizes."""

from __future__ import annotations

from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.storage import exists, join, read_json
from skeletonllm.training.estimates.workload import Workload

SPEED, SECONDS = "speed.json", "seconds_per_step"
"""File of a run, and in it the median of what its steps took."""

_SAME = ("trains", "num_frames", "size")


def read_step_seconds(run: str, workload: Workload) -> float | None:
    """Median seconds of the steps of a run; None where it was of another model or sizes.

    Args:
        run: Output folder of a training run, finished or not.
        workload: Model, trained parts, frames and size must be the same.

    Raises:
        UsageError: The folder holds no report of a training run.
    """
    report = join(run, "report.json")
    if not exists(report):
        raise UsageError("no report.json of a training run", where=run)
    if not _is_alike(read_json(report), workload):
        return None
    speed = join(run, SPEED)
    return float(read_json(speed)[SECONDS]) if exists(speed) else None


def _is_alike(report: dict[str, Any], workload: Workload) -> bool:
    stage = {**report["stage"], "trains": tuple(report["stage"]["trains"])}
    alike = all(stage[name] == getattr(workload, name) for name in _SAME)
    return alike and report["model"] == workload.model and report["renderer"] == workload.renderer
