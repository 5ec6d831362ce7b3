"""Seconds and megabytes on a machine that others use too.

What is compared is measured in turns, in processes of their own with a fixed number of threads; a
median comes with the interval that its own order statistics give.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import torch

Given = ParamSpec("Given")
Result = TypeVar("Result")

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
RESAMPLES = 2000
"""Of the bootstrap: its interval is then stable to a hundredth of its width."""

CLOCKS = (time.perf_counter, time.process_time, time.thread_time)


@dataclass(frozen=True)
class Timing:
    """Seconds of equal runs.

    Example:
        >>> Timing((0.3, 0.1, 0.2)).median
        0.2
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds of the middle run."""
        return float(np.median(self.seconds))

    @property
    def interval(self) -> tuple[float, float]:
        """Two runs between which the true median lies with 95 %; of fewer than six, all there is.

        The true median lies below the k-th of n runs with the chance that fewer than k of n coins
        show heads, whatever the runs are distributed like.
        """
        runs, outside = sorted(self.seconds), 0.0
        first = 0
        for k in range(len(runs) // 2):
            outside += math.comb(len(runs), k) / 2 ** (len(runs) - 1)
            if outside > 0.05:
                break
            first = k
        return runs[first], runs[-1 - first]

    def measure_speedup_over(self, other: Timing) -> tuple[float, float, float]:
        """How many times as fast as ``other``: ratio of the medians, and its 95 % interval."""
        random = np.random.default_rng(0)
        both = [
            np.median(random.choice(t.seconds, (RESAMPLES, len(t.seconds))), axis=1)
            for t in (other, self)
        ]
        low, high = np.quantile(both[0] / both[1], (0.025, 0.975))
        return other.median / self.median, float(low), float(high)


def fit_exponent(amounts: Sequence[float], seconds: Sequence[float]) -> float:
    """Exponent p of ``seconds ~ amounts ** p``, by least squares of the logarithms: 1 is linear.

    Args:
        amounts: How much of something there is.
        seconds: What it took.

    Example:
        >>> round(exponent([1, 2, 4], [3.0, 6.0, 12.0]), 6)
        1.0
    """
    return float(np.polyfit(np.log(amounts), np.log(seconds), 1)[0])


@dataclass(frozen=True)
class Run:
    """Seconds of one run.

    Args:
        wall: That passed.
        core: That this process spent on cores, its threads together; with one thread on an idle
            machine the same, and beside other work all that can be compared.
        caller: That the calling thread alone spent on a core. The others work no longer than it if
            work is shared well, so this is what the clock would show were a core free for each.
    """

    wall: float
    core: float
    caller: float


def time_runs(run: Callable[[], object], repeats: int) -> list[Run]:
    """Seconds of each run.

    Args:
        run: Is called so often.
        repeats: How often.
    """
    runs = []
    for _ in range(repeats):
        before = [now() for now in CLOCKS]
        run()
        runs.append(Run(*(now() - then for now, then in zip(CLOCKS, before, strict=True))))
    return runs


def measure_peak_megabytes() -> float:
    """The most megabytes this process ever had resident (VmHWM).

    Not ``getrusage``: its number is inherited from the process that started this one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM in /proc/self/status")


class SeparateProcess:
    """A process of its own with a fixed number of threads, which lives until :meth:`close`.

    Example:
        >>> with SeparateProcess(threads=1) as apart:  # doctest: +SKIP
        ...     apart(measure_peak_megabytes)
        231.4
    """

    def __init__(self, threads: int) -> None:
        self._pool = ProcessPoolExecutor(
            1, get_context("spawn"), initializer=torch.set_num_threads, initargs=(threads,)
        )
        # Threads that wait spin, which on a machine with other work starves whom they wait for.
        settings = {name: str(threads) for name in THREAD_VARIABLES} | {
            "OMP_WAIT_POLICY": "passive"
        }
        with _environment(settings):
            self(time.perf_counter)  # starts it

    def __call__(
        self, function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        """``function(*args)`` over there; BrokenProcessPool if that process was killed."""
        return self._pool.submit(function, *args, **kwargs).result()

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()

    def __enter__(self) -> SeparateProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
