"""The order of an epoch: how well it mixes, what its ranks fetch, and what it costs to begin.

    python -m benchmarks.streaming.order                    # all tables, some minutes
    python -m benchmarks.streaming.order --tables mixing

Nothing is read: the order is a function of numbers. Corpora are sorted by class, as releases are.
A class is absent between two of its samples, and before its first and after its last one; the
longest absence of any class, of the worst seed, is set beside the mean of full permutations.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tyro

from benchmarks.streaming.fetches import IntArray, measure_views, measure_worlds
from benchmarks.table import publish_table
from skeletonllm.stream.mixture import Mixture
from skeletonllm.stream.order import Order, order_key
from skeletonllm.stream.schedule import Schedule
from skeletonllm.stream.state import StreamState, ViewId

SIZES = (57_000, 114_000, 300_000, 1_000_000)
SMALL = (1_000, 5_000, 17_000)
CLASSES = (20, 60, 120)
WORLDS = tuple(range(8, 129))
BATCH_SIZES = (8, 9, 12, 16, 24, 32, 64)
LARGE = tuple(10**power for power in range(3, 10))
UNEQUAL = 20
"""The largest class of unequal ones is so many times the smallest."""
RARE = (32, 256, 2_048)
"""Samples of a rare class in the largest release: 2 blocks, about one a window, 8 a window."""

BEGIN = """
import json, sys, time
import numpy as np
from skeletonllm.stream.order import Order, order_key

def read_megabytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

count, position = map(int, sys.argv[1:])
before, start = read_megabytes("VmRSS:"), time.process_time()
order = Order(count, order_key("release", "view", 0, 0))
order[np.arange(position, min(position + 1000, count))]
json.dump([time.process_time() - start, read_megabytes("VmHWM:") - before], sys.stdout)
"""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    tables: tuple[str, ...] = ("mixing", "fetches", "views", "start", "resume")
    """Which tables."""
    seeds: int = 20
    """Seeds of the mixing."""
    json: str | None = None
    """File for the tables: the name of each is put before its ending."""


TABLES: dict[str, tuple[str, Callable[[Flags], Iterator[dict[str, Any]]]]] = {}


def main(flags: Flags) -> None:
    """Print the tables, one by one."""
    for name in flags.tables:
        title, measure = TABLES[name]
        publish_table(title, list(measure(flags)), _name_file(flags.json, name))


def measure_absence(line: IntArray, classes: IntArray) -> int:
    """The most samples in a row without one of some class.

    Args:
        line: Samples in their order.
        classes: Class of each sample.
    """
    label = classes[line]
    place = np.argsort(label, kind="stable")
    first = np.diff(label[place], prepend=-1) > 0
    since = np.where(first, place + 1, np.diff(place, prepend=0))
    rest = len(line) - place[np.append(first[1:], True)]
    return int(max(since.max(), rest.max())) - 1


def _measure_mixing(flags: Flags) -> Iterator[dict[str, Any]]:
    for count in (*SIZES, *SMALL):
        for number in CLASSES:
            yield _compare_orders(count, np.full(number, 1.0), flags.seeds, "equal")
        sizes = np.geomspace(1, UNEQUAL, CLASSES[1])
        yield _compare_orders(count, sizes, flags.seeds, f"1 to {UNEQUAL}")
    for rare in RARE:
        sizes = np.array([float(rare), SIZES[-1] - rare])
        yield _compare_orders(SIZES[-1], sizes, flags.seeds, f"one of {rare:,}")


def _compare_orders(
    count: int, sizes: npt.NDArray[np.float64], seeds: int, named: str
) -> dict[str, Any]:
    """One row: orders of ours beside full permutations."""
    ends = np.round(np.cumsum(sizes) / np.sum(sizes) * count)
    classes = np.searchsorted(ends, np.arange(count), side="right")
    every = np.arange(count)
    ours = [
        measure_absence(Order(count, order_key("release", "view", seed, 0))[every], classes)
        for seed in range(seeds)
    ]
    full = [
        measure_absence(np.random.default_rng(seed).permutation(count), classes)
        for seed in range(seeds)
    ]
    return {
        "samples": f"{count:,}",
        "classes": len(sizes),
        "sizes": named,
        "full permutation: mean, worst": f"{np.mean(full):,.0f}, {max(full):,}",
        "ours: mean, worst": f"{np.mean(ours):,.0f}, {max(ours):,}",
        "mean of mean": f"{np.mean(ours) / np.mean(full):.2f}",
        "worst of mean": f"{max(ours) / np.mean(full):.2f}",
    }


def _measure_fetches(_: Flags) -> Iterator[dict[str, Any]]:
    return measure_worlds((57_000, 114_000, 300_007), BATCH_SIZES, WORLDS)


def _measure_views(_: Flags) -> Iterator[dict[str, Any]]:
    return measure_views(1_000_000, 120, 8)


def _measure_start(_: Flags) -> Iterator[dict[str, Any]]:
    """The first thousand positions, in fresh processes."""
    for count in LARGE:
        first, late = (_begin(count, place) for place in (0, count // 100 * 99))
        yield {
            "samples": f"{count:,}",
            "from the beginning": f"{first[0] * 1e3:.1f} ms",
            "from 99 %": f"{late[0] * 1e3:.1f} ms",
            "memory": f"{max(first[1], late[1]):.1f} MB",
        }


def _begin(count: int, position: int) -> tuple[float, float]:
    """Seconds of a processor, and megabytes of the peak above what the imports took."""
    command = [sys.executable, "-c", BEGIN, str(count), str(position)]
    done = subprocess.run(command, check=True, capture_output=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


@dataclass(frozen=True)
class _Release:
    name: str = "release"
    version: str = "1.0.0"
    sha256: str = "0" * 64


def _measure_resume(_: Flags) -> Iterator[dict[str, Any]]:
    """The first step of one of 64 ranks after a resume, and those that follow."""
    for place in (0, 1, 10**6, 5 * 10**7, 10**8 - 10**6):
        runs = [_time_steps(place) for _run in range(5)]
        first, more = np.median(runs, axis=0)
        yield {
            "position": f"{place:,}",
            "first step": f"{first * 1e3:.1f} ms",
            "each of the next 100": f"{more * 1e3:.2f} ms",
        }


def _time_steps(position: int) -> tuple[float, float]:
    """Seconds of the first step, and of one of the hundred after it."""
    state = StreamState(_Release(), ViewId("view", "0"), seed=0, position=position)
    clock = [time.process_time()]
    mixture = Mixture([10**8], [1])
    schedule = Schedule(mixture, "0", "0", seed=0, batch_size=8, rank=31, world_size=64)
    for _step in range(101):
        _, state = schedule.step(state)
        clock.append(time.process_time())
    return clock[1] - clock[0], (clock[-1] - clock[1]) / 100


def _name_file(file: str | None, table: str) -> str | None:
    return str(Path(file).with_suffix(f".{table}{Path(file).suffix}")) if file else None


TABLES |= {
    "mixing": ("Longest absence of any class, samples", _measure_mixing),
    "fetches": ("Bytes fetched over bytes used, nodes of 8 ranks", _measure_fetches),
    "views": ("Sparse views of 1e6 samples of 8 kB, 120 ranks, batch 8", _measure_views),
    "start": ("An order until its first 1,000 positions, fresh processes", _measure_start),
    "resume": ("Resume in an epoch of 1e8 samples, one of 64 ranks, batch 8", _measure_resume),
}

if __name__ == "__main__":
    main(tyro.cli(Flags))
