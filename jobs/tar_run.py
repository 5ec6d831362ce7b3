"""Where the tars of a release are checked: in this process, or on Ray where that pays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.common import cluster
from jobs.verify import PAYS_FROM

if TYPE_CHECKING:
    from skeletonllm.release.verify.inspection import Run


@contextmanager
def running_tars(workers: int, samples: int) -> Iterator[Run]:
    """How to check tars, as long as the block lasts.

    Args:
        workers: CPUs of a local Ray; 1 takes this process, 0 all CPUs where it pays.
        samples: In all tars.
    """
    small = workers == 0 and "RAY_ADDRESS" not in os.environ and samples < PAYS_FROM
    if workers == 1 or small:
        yield map
        return
    from pipelines.verify import run_tars

    with cluster(workers):
        yield run_tars
