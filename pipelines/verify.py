"""The tars of a release, each checked by a task of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipelines.progress import track
from pipelines.stage import run_tasks
from pipelines.worker_warnings import Warned, WarningTally
from skeletonllm.release.verify import Verification, inspect_release

STAGE = "verify"

Task = TypeVar("Task")
Report = TypeVar("Report")


def verify_on_ray(release: str) -> Verification:
    """Faults and findings of a release, with the tars read on all CPUs of Ray.

    Raises:
        UsageError: The folder has no manifest.
        SchemaError: It is of another major version.
    """
    return inspect_release(release, run_tars)


def run_tars(
    work: Callable[[Task], Report], tasks: Sequence[Task], stage: str = STAGE
) -> Iterator[Report]:
    """What ``work`` makes of each task, in any order, while progress is shown.

    Args:
        work: A pure function.
        tasks: One a tar.
        stage: What it is called where progress is shown.
    """
    tally = WarningTally(stage)
    steps = _number(work, tasks)
    try:
        for number, report, warned in track(stage, steps, len(tasks), len(tasks)):
            tally.add(number, warned)
            yield report
    finally:
        tally.log()


def _number(
    work: Callable[[Task], Report], tasks: Sequence[Task]
) -> Iterator[tuple[int, Report, Warned]]:
    """Results with the places of their tasks: a task itself cannot be a key."""
    at = {id(task): number for number, task in enumerate(tasks)}
    for task, report, warned in run_tasks(work, tasks):
        yield at[id(task)], report, warned
