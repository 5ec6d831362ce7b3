"""`kill -9` a stage at random moments and at fail points; rerun; compare every byte.

    python -m benchmarks.fuzz.kill --moments 20

The tests kill at 3 moments a stage; this does it as often as asked. A kill after the job has
finished proves nothing, and is counted apart.
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.table import publish_table
from skeletonllm.testing.killed_stages import (
    FIRST_FILES,
    kill_and_rerun,
    run_stages,
    write_corpus,
)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    moments: int = 20
    """Kills a stage."""
    spread_s: float = 1.0
    """The kill comes up to so long after the first unit has started."""
    seed: int = 0
    """Of the moments."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    with tempfile.TemporaryDirectory(prefix="kill") as folder:
        raw, whole = Path(folder) / "raw", Path(folder) / "whole"
        write_corpus(raw)
        run_stages(raw, whole)
        for stage in FIRST_FILES:
            counts = {"met at work": 0, "came too late": 0, "identical after rerun": 0}
            for moment in range(flags.moments):
                random_delay = random.Random(f"{flags.seed}/{stage}/{moment}")
                delay = random_delay.uniform(0, flags.spread_s)
                output = Path(folder) / f"{stage}-{moment}"
                alive, same = kill_and_rerun(stage, raw, whole, output, delay_s=delay)
                counts["met at work" if alive else "came too late"] += 1
                counts["identical after rerun"] += same
            rows.append({"stage": stage, "kills": flags.moments, **counts})
    publish_table("kill -9 at random moments, then the same command", rows, flags.json)
    return 0 if all(make_row["identical after rerun"] == flags.moments for make_row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
