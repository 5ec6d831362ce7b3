"""How a stage runs on Ray: one unit, one task, one part; finished units are skipped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import ray
from ray.util.metrics import Counter

from pipelines.progress import track
from pipelines.worker_warnings import Warned, WarningTally, run_collecting
from skeletonllm.storage import Plan, Unit, claim, exists, finish, join

Work = Callable[..., None]
Given = Callable[[Unit], tuple[Any, ...]]
SumUp = Callable[[], dict[str, Any]]

Item = TypeVar("Item")
Result = TypeVar("Result")

TASKS_AHEAD = 2
"""Tasks submitted per CPU: enough to keep every core busy, few enough to keep the queue small."""


@dataclass(frozen=True)
class Resources:
    """What each task of a stage takes, and how many run at once.

    Args:
        gpus: GPUs of each.
        at_once: Tasks at once; None for as many as there are CPUs for.
    """

    gpus: int = 0
    at_once: int | None = None

    def count_ahead(self) -> int:
        """Tasks that are submitted and not yet done."""
        if self.at_once is not None:
            return self.at_once
        return max(2, TASKS_AHEAD * int(ray.cluster_resources().get("CPU", 1)))


def run_stage(  # noqa: PLR0917 - the parts of a stage, in the order in which they act
    output: str,
    plan: Plan,
    folder: str,
    work: Work,
    sum_up: SumUp,
    given: Given = lambda _: (),
    resources: Resources = Resources(),
) -> dict[str, Any]:
    """Run a plan to its end and return the manifest of the finished folder.

    Args:
        output: Folder of the stage.
        plan: What to do; a folder of another plan is refused.
        folder: Sub-folder whose ``part-NNNNN.parquet`` marks a unit as done.
        work: Writes the part of one unit; called in Ray tasks, so it must be picklable, and small:
            each task unpacks it.
        sum_up: Reads the finished parts, writes what describes them all, and counts them.
        given: What ``work`` takes beside its unit, where that differs from unit to unit.
        resources: What each task takes.

    Raises:
        OutputMismatch: ``output`` belongs to another configuration.
    """
    if not claim(output, plan):
        run_missing(output, plan, folder, work, given, resources)
    return finish(output, plan, sum_up)


def run_missing(  # noqa: PLR0917 - as run_stage
    output: str,
    plan: Plan,
    folder: str,
    work: Work,
    given: Given = lambda _: (),
    resources: Resources = Resources(),
) -> None:
    """Run all units of a plan that have no part yet.

    Args:
        output: See :func:`run_stage`.
        plan: Of the folder, which was claimed.
        folder: See there.
        work: See there.
        given: See there.
        resources: See there.
    """
    missing = [unit for unit in plan.units if not _done(output, folder, unit)]
    tally = WarningTally(plan.stage)
    steps = _run_units(work, missing, given, resources)
    try:
        for unit, warned in track(plan.stage, steps, len(plan.units), len(missing)):
            tally.add(unit.index, warned)
            _units_done().inc(tags={"stage": plan.stage})
    finally:
        tally.log()  # behind the progress bar, whether or not the last unit came back


@cache
def _units_done() -> Counter:
    """Ray's own metric, for the dashboards of a cluster; once a process, as Ray wants it."""
    return Counter("skeletonllm_units_done", "Units of a stage that completed", ("stage",))


def _done(output: str, folder: str, unit: Unit) -> bool:
    return exists(join(output, folder, f"{unit.part}.parquet"))


def _run_units(
    work: Work, units: Sequence[Unit], given: Given, resources: Resources
) -> Iterator[tuple[Unit, Warned]]:
    """Yield each unit that completed and its warnings, in any order: each writes its own file."""
    for unit, _, warned in run_tasks(work, units, given, resources):
        yield unit, warned


def run_tasks(
    work: Callable[..., Result],
    items: Sequence[Item],
    given: Callable[[Item], tuple[Any, ...]] = lambda _: (),
    resources: Resources = Resources(),
) -> Iterator[tuple[Item, Result, Warned]]:
    """Each item with what ``work`` made of it and what it warned of, as they come.

    Args:
        work: See :func:`run_stage`.
        items: What it takes first, one a task.
        given: What it takes beside its item.
        resources: What each task takes.
    """
    shared = ray.put(work)
    do = _do.options(num_gpus=resources.gpus)
    ahead = resources.count_ahead()
    waiting = deque(items)
    running: dict[Any, Item] = {}
    while waiting or running:
        while waiting and len(running) < ahead:
            item = waiting.popleft()
            running[do.remote(shared, item, *given(item))] = item
        (ready,), _ = ray.wait(list(running), num_returns=1)
        result, warned = ray.get(ready)  # raises what the task raised
        yield running.pop(ready), result, warned


@ray.remote(max_retries=3)
def _do(work: Callable[..., Any], item: Any, *given: Any) -> tuple[Any, Warned]:
    """Run one item; a worker that dies is retried: safe, because a part is written whole."""
    return run_collecting(work, item, *given)
