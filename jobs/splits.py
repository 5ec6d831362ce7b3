"""Which published protocols a folder of clips covers, and what is off: counts, gaps, leakage."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from jobs.common import console, run_job
from jobs.outputs import place_file, write_data

if TYPE_CHECKING:
    from rich.table import Table

    from skeletonllm.evaluation.coverage import Coverage


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    path: Annotated[str, tyro.conf.Positional]
    """The output of normalize, or a release."""
    missing_list: tuple[str, ...] = ()
    """Official lists of missing skeletons to compare with."""
    json: str | None = None
    """File to write all of it to, with every name."""
    strict: bool = False
    """Exit with 1 if anything is off."""


def main(flags: Flags) -> int:
    """Count the clips of each published split; name gaps, leakage, and what lists say."""
    from jobs.missing_lists import show_missing
    from skeletonllm.corpora.missing_lists import read_missing_list
    from skeletonllm.evaluation.coverage import measure_coverage, read_rows

    to = place_file(flags.json)
    lists = tuple(read_missing_list(path) for path in flags.missing_list)
    covers = measure_coverage(read_rows(flags.path))
    console.print(_table(flags.path, covers))
    faults = [f"{cover.protocol}: {fault}" for cover in covers for fault in cover.faults()]
    faults += [] if covers else [f"{flags.path}: no published protocol has a clip here"]
    for fault in faults:
        console.print(fault, markup=False)
    checked = show_missing(flags.path, lists)
    if to:
        missing = None if checked is None else checked.to_json()
        data: dict[str, Any] = {"protocols": [c.to_json() for c in covers], "missing": missing}
        write_data(to, data)
    off = faults or (checked is not None and checked.kept)
    return int(flags.strict and bool(off))


def _table(path: str, covers: list[Coverage]) -> Table:
    from rich.table import Table

    table = Table("protocol", "train", "test", "is", "off", title=path, title_justify="left")
    for cover in covers:
        whole = cover.whole or ("part of it" if cover.published else "")
        counts = (f"{cover.train:,}", f"{cover.test:,}")
        table.add_row(cover.protocol, *counts, whole, str(len(cover.faults()) or ""))
    return table


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
