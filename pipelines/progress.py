"""How far a training run is: its worker tells a small actor, and the driver looks there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
LOG_EVERY_S = 60.0


class Meter:
    """Holds the latest metrics of a run; a Ray actor, since worker and driver may be far apart."""

    def __init__(self) -> None:
        self.line: dict[str, Any] = {"step": 0, "loss": float("nan")}

    def put(self, line: dict[str, Any]) -> None:
        """Remember the metrics of a step."""
        self.line = line

    def get(self) -> dict[str, Any]:
        """The metrics of the last step."""
        return self.line


@contextmanager
def follow(title: str, steps: int) -> Iterator[Any]:
    """A handle of a :class:`Meter`, watched until the block ends: a bar, or a log line a minute."""
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
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(title, total=steps)
        while not over.wait(LOOK_EVERY_S):
            line = ray.get(meter.get.remote())
            told = f"{title}, loss {line['loss']:.3f}"
            bar.update(task, completed=line["step"], description=told)


def _log(meter: Any, over: threading.Event, title: str, steps: int) -> None:
    before = 0
    while not over.wait(LOG_EVERY_S):
        line = ray.get(meter.get.remote())
        done, rate = line["step"], max(line["step"] - before, 1e-9) / LOG_EVERY_S
        told = (done, steps, rate, (steps - done) / rate, line["loss"])
        log.info(f"{title}: step %d of %d, %.2f/s, %.0f s left, loss %.3f", *told)
        before = done
