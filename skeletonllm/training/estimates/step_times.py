"""Seconds of a step, from an earlier run of the same model and sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import Any

from skeletonllm.errors import UsageError
from skeletonllm.storage import exists, join, list_files, read_bytes, read_json
from skeletonllm.training.estimates.workload import Workload

SECONDS = "seconds"
"""Of a line of metrics: what its step took."""

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
    # The first step of a process fills caches, and compiles; with few steps it still is in the way.
    seconds = [line[SECONDS] for line in _read_lines(run) if SECONDS in line][1:]
    return median(seconds) if seconds else None


def _is_alike(report: dict[str, Any], workload: Workload) -> bool:
    stage = {**report["stage"], "trains": tuple(report["stage"]["trains"])}
    alike = all(stage[name] == getattr(workload, name) for name in _SAME)
    return alike and report["model"] == workload.model and report["renderer"] == workload.renderer


def _read_lines(run: str) -> Iterator[dict[str, Any]]:
    names = ["metrics.jsonl"] if exists(join(run, "metrics.jsonl")) else []
    names = names or [join("metrics", name) for name in list_files(join(run, "metrics"))]
    for name in names:
        for line in read_bytes(join(run, name)).splitlines():
            yield json.loads(line)
