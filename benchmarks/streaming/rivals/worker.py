"""One reader in a process of its own, with the Python of its row: it does what it is told, by line.

Started by :mod:`benchmarks.streaming.rivals.processes`. An order is a line of JSON on standard
input, its answer one on standard output; whatever the reader itself prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.streaming.rivals.registry import RIVALS
from benchmarks.streaming.rivals.taken import NextEpoch
from benchmarks.streaming.rivals.truth import Truth


class Worker:
    """A reader that was opened once and gives an epoch at a time.

    Args:
        name: One of :data:`RIVALS`.
        folder: What it reads.
        count: Samples of an epoch.
    """

    def __init__(self, name: str, folder: Path, count: int) -> None:
        self._rival = RIVALS[name]
        self._module = import_module(f"benchmarks.streaming.rivals.{self._rival.module}")
        self._folder, self._count = folder, count
        self._next_epoch: NextEpoch | None = None

    def convert(self, tars: str) -> dict[str, Any]:
        """Write what it reads, from tars of ours."""
        self._module.convert(Path(tars), self._folder)
        return {}

    def open(self) -> dict[str, Any]:
        """Open the reader; the version of its package."""
        self._next_epoch = self._module.open_reader(self._folder, self._count)
        return {"version": version(self._rival.package or "webdataset")}

    def run_epoch(self) -> dict[str, Any]:
        """Take every sample of an epoch: how many, in which seconds, and the memory afterwards."""
        assert self._next_epoch is not None
        samples = frames = 0
        wall, core = time.perf_counter(), time.process_time()
        for taken in self._next_epoch():
            samples += 1
            frames += len(taken.joints)
        core, wall = time.process_time() - core, time.perf_counter() - wall
        memory = _read_memory()
        return {"samples": samples, "frames": frames, "core": core, "wall": wall, **memory}

    def check(self, truth: str) -> dict[str, Any]:
        """Compare every sample of an epoch with what was written."""
        assert self._next_epoch is not None
        known = Truth(Path(truth))
        for taken in self._next_epoch():
            known.compare(taken)
        return known.report()


def _read_memory() -> dict[str, float]:
    """Megabytes that are resident now, and that ever were."""
    lines = Path("/proc/self/status").read_text().splitlines()
    values = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return {"resident": int(values["VmRSS"]) / 1024, "peak": int(values["VmHWM"]) / 1024}


def serve(name: str, folder: str, count: int) -> None:
    """Answer orders until there are no more.

    Args:
        name: One of :data:`RIVALS`.
        folder: What it reads.
        count: Samples of an epoch.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a package prints is no answer
    worker = Worker(name, Path(folder), count)
    for line in sys.stdin:
        order, *given = json.loads(line)
        action: Callable[..., dict[str, Any]] = getattr(worker, order)
        print(json.dumps(action(*given)), file=answers, flush=True)
