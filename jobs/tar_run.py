"""Where the tars of a release are read or made: in this process, or on Ray where that pays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

from jobs.common import cluster

CHECK_PAYS_FROM, MAKE_PAYS_FROM = 20_000, 2_000
"""Samples from which starting Ray takes less time than it saves: to check tars, to make them."""

Task = TypeVar("Task")
Report = TypeVar("Report")


class TarRun(Protocol):
    """``map``, or the same on many cores, in any order."""

    def __call__(
        self, work: Callable[[Task], Report], tasks: Sequence[Task], /
    ) -> Iterable[Report]:
        """What ``work`` makes of each task."""


@contextmanager
def running_tars(
    workers: int, samples: int, pays_from: int = CHECK_PAYS_FROM, stage: str = "verify"
) -> Iterator[TarRun]:
    """How to work on tars, as long as the block lasts.

    Args:
        workers: CPUs of a local Ray; 1 takes this process, 0 all CPUs where it pays.
        samples: In all tars.
        pays_from: Samples from which Ray pays.
        stage: What the work is called where progress is shown.
    """
    small = workers == 0 and "RAY_ADDRESS" not in os.environ and samples < pays_from
    if workers == 1 or small:
        yield map
        return
    from pipelines.tars import run_tars

    with cluster(workers):
        yield partial(run_tars, stage=stage)
