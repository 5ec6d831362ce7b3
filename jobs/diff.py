"""What changed from one release to another, and which step of the version that is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import console, run_job
from jobs.outputs import place_file, write_data, write_file

if TYPE_CHECKING:
    from skeletonllm.release.diff import Difference


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    old: Annotated[str, tyro.conf.Positional]
    """Folder of the earlier release."""
    new: Annotated[str, tyro.conf.Positional]
    """Folder of the later one."""
    least: float = 0.01
    """Smallest relative change of a number of the statistics that is told."""
    samples: bool = False
    """Read all changed samples from the tars: which fields changed, and how far joints moved."""
    json: str | None = None
    """File to write all of it to."""
    markdown: str | None = None
    """File to write it to as the entry of a changelog."""
    strict: bool = False
    """Exit with 1 if the later version is not raised enough, or if that is not known; the rules
    are in docs/VERSIONS.md."""


def main(flags: Flags) -> int:
    """Compare two releases: clips, texts, numbers, terms, lineage, order; and judge the version."""
    from skeletonllm.release.diff import compare_releases, judge_step, write_changelog
    from skeletonllm.shards.strange import refuse_strange
    from skeletonllm.storage import absolute

    data, page = place_file(flags.json), place_file(flags.markdown)
    old, new = absolute(flags.old), absolute(flags.new)
    with refuse_strange(f"{old} or {new}"):
        found = compare_releases(old, new, least=flags.least, samples=flags.samples)
        judged = judge_step(found)
        _show(found)
        for reason in judged.reasons:
            console.print(f"{reason.step.word}: {reason.text}", markup=False)
        console.print(judged.sentence, markup=False)
        if data:
            write_data(data, {**found.to_json(), "step": judged.to_json()})
        if page:
            write_file(page, write_changelog(found, judged).encode())
    return int(flags.strict and not judged.is_enough)


def _show(found: Difference) -> None:
    from rich.table import Table

    from skeletonllm.release.diff import list_sections

    console.print(f"{found.old} -> {found.new}", markup=False)
    for section in list_sections(found):
        table = Table(*section.header, title=section.title, title_justify="left")
        for row in section.rows:
            table.add_row(*row)
        console.print(table, markup=False)
        if section.left:
            console.print(f"{section.left:,} more rows", markup=False)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
