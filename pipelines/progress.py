"""How far the work is: a bar on a terminal, else a log line a minute.

A stage is followed by the units that come back. A training run is one long task, so its worker
tells a small actor where it is, and the driver looks there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import ray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

Step = TypeVar("Step")

LOOK_EVERY_S = 0.5
"""Seconds between updates of a bar: often enough to seem alive, too rarely to cost anything."""
LOG_EVERY_S = 60.0
"""Seconds between log lines: a night of training stays readable."""


def track(stage: str, steps: Iterator[Step], total: int, missing: int) -> Iterator[Step]:
    """The steps of a stage as they come, while the number of units done is shown.

    Args:
        stage: What to call it.
        steps: One item a unit that completes.
        total: Units of the stage.
        missing: Units that were not done when it started.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from _log_units(stage, steps, total, missing)
        return
    with _bar(console) as bar:
        task = bar.add_task(stage, total=total, completed=total - missing)
        for step in steps:
            bar.advance(task)
            yield step


def _log_units(stage: str, steps: Iterator[Step], total: int, missing: int) -> Iterator[Step]:
    started = logged = time.monotonic()
    for done, step in enumerate(steps, 1):
        yield step
        now = time.monotonic()
        if now - logged >= LOG_EVERY_S:
            logged, rate = now, done / (now - started)
            left = (missing - done) / rate
            have = total - missing + done
            log.info("%s: %d of %d units, %.2f/s, %.0f s left", stage, have, total, rate, left)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True)


class Meter:
    """Holds the latest metrics of a run; a Ray actor, since worker and driver may be far apart."""

    def __init__(self) -> None:
        self.line: dict[str, Any] = {"step": 0, "loss": float("nan")}
        self.error: Exception | None = None

    def put(self, line: dict[str, Any]) -> None:
        """Remember the metrics of a step."""
        self.line = line

    def get(self) -> dict[str, Any]:
        """The metrics of the last step."""
        return self.line

    def fail(self, error: Exception) -> None:
        """Remember the first error that no new start can mend."""
        self.error = self.error or error

    def failure(self) -> Exception | None:
        """What :meth:`fail` was told."""
        return self.error


@contextmanager
def follow(title: str, steps: int) -> Iterator[Any]:
    """A handle of a :class:`Meter`, shown until the block ends: as a bar, or a log line a minute.

    Args:
        title: What to call the run.
        steps: Steps of the whole run.
    """
    meter = ray.remote(num_cpus=0)(Meter).remote()
    over = threading.Event()
    console = Console(stderr=True)
    watch = _draw if console.is_terminal else _log
    watcher = threading.Thread(target=watch, args=(meter, over, title, steps), daemon=True)
    watcher.start()
    try:
        yield meter
    finally:
        over.set()
        watcher.join()
        ray.kill(meter)


def _draw(meter: Any, over: threading.Event, title: str, steps: int) -> None:
    with _bar(Console(stderr=True)) as bar:
        task = bar.add_task(title, total=steps)
        while not over.wait(LOOK_EVERY_S):
            line = ray.get(meter.get.remote())
            description = f"{title}, loss {line['loss']:.3f}"
            bar.update(task, completed=line["step"], description=description)


def _log(meter: Any, over: threading.Event, title: str, steps: int) -> None:
    before = 0
    while not over.wait(LOG_EVERY_S):
        line = ray.get(meter.get.remote())
        done = line["step"]
        if done == before:  # workers start, or a step takes long: no rate, and nothing left to say
            log.info(f"{title}: step %d of %d", done, steps)
            continue
        rate = (done - before) / LOG_EVERY_S
        values = (done, steps, rate, (steps - done) / rate, line["loss"])
        log.info(f"{title}: step %d of %d, %.2f/s, %.0f s left, loss %.3f", *values)
        before = done
