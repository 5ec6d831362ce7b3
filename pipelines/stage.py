"""How a stage runs on Ray: one unit, one task, one part; finished units are skipped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import ray
from ray.util.metrics import Counter

from pipelines.progress import track
from skeletonllm.storage import Plan, Unit, claim, exists, finish, join

Work = Callable[..., None]
Given = Callable[[Unit], tuple[Any, ...]]
SumUp = Callable[[], dict[str, int]]

TASKS_AHEAD = 2
"""Tasks submitted per CPU: enough to keep every core busy, few enough to keep the queue small."""


def run_stage(  # noqa: PLR0917 - the parts of a stage, in the order in which they act
    output: str,
    plan: Plan,
    folder: str,
    work: Work,
    sum_up: SumUp,
    given: Given = lambda _: (),
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

    Raises:
        OutputMismatch: ``output`` belongs to another configuration.
    """
    if not claim(output, plan):
        missing = [unit for unit in plan.units if not _done(output, folder, unit)]
        for _ in track(plan.stage, _run_units(work, missing, given), len(plan.units), len(missing)):
            _units_done().inc(tags={"stage": plan.stage})
    return finish(output, plan, sum_up)


@cache
def _units_done() -> Counter:
    """Ray's own metric, for the dashboards of a cluster; once a process, as Ray wants it."""
    return Counter("skeletonllm_units_done", "Units of a stage that completed", ("stage",))


def _done(output: str, folder: str, unit: Unit) -> bool:
    return exists(join(output, folder, f"{unit.part}.parquet"))


def _run_units(work: Work, units: Sequence[Unit], given: Given) -> Iterator[None]:
    """Yield once for each unit that completed, in any order: each writes its own file."""
    shared = ray.put(work)
    ahead = max(2, TASKS_AHEAD * int(ray.cluster_resources().get("CPU", 1)))
    waiting = deque(units)
    running: list[Any] = []
    while waiting or running:
        while waiting and len(running) < ahead:
            unit = waiting.popleft()
            running.append(_do.remote(shared, unit, *given(unit)))
        ready, running = ray.wait(running, num_returns=1)
        ray.get(ready)  # raises what the task raised
        yield from (None for _ in ready)


@ray.remote(max_retries=3)
def _do(work: Work, unit: Unit, *given: Any) -> None:
    """Run one unit; a worker that dies is retried: safe, because a part is written whole."""
    work(unit, *given)
