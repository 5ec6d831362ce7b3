"""The tars of a release, each checked or made by a task of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipelines.progress import track
from pipelines.stage import run_tasks
from pipelines.worker_warnings import Warned, WarningTally

Task = TypeVar("Task")
Report = TypeVar("Report")


def run_tars(work: Callable[[Task], Report], tasks: Sequence[Task], stage: str) -> Iterator[Report]:
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
