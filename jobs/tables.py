"""Evaluations and baselines -> the tables of a paper, published numbers beside ours."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job
from jobs.outputs import place_file, write_file


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    evaluations: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Folders that evaluate or baseline wrote, or that hold such folders."""
    output: str | None = None
    """File to write, as Markdown; on the screen if not given."""
    json: str | None = None
    """File to write, the same as JSON."""


def main(flags: Flags) -> int:
    """Put all results side by side; what nobody ran stays empty."""
    from skeletonllm.results.evaluations import find_evaluations
    from skeletonllm.results.tables import make_tables, write_markdown
    from skeletonllm.storage import absolute

    output, as_json = place_file(flags.output), place_file(flags.json)
    evaluated = find_evaluations([absolute(folder) for folder in flags.evaluations])
    tables = make_tables(evaluated)
    page = write_markdown(tables, evaluated)
    if output:
        write_file(output, page.encode())
    else:
        print(page)
    if as_json:
        data = json.dumps([table.to_json() for table in tables], indent=1)
        write_file(as_json, f"{data}\n".encode())
    for name in filter(None, (flags.output, flags.json)):
        console.print(f"tables: {name}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
