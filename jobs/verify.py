"""Check all that a release says: bytes, samples, tables, numbers and terms; list its leaks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from jobs.common import console, run_job
from jobs.tar_run import running_tars

if TYPE_CHECKING:
    from skeletonllm.release.verify import Verification


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    release: Annotated[str, tyro.conf.Positional]
    """Folder of one version of a release, or of a recipe: <root>/<name>/<semver>."""
    strict: bool = False
    """Also exit with 1 where nothing is wrong, but something was found."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 1 takes this process alone, 0 all CPUs where the release is large."""


def main(flags: Flags) -> int:
    """Verify a release: a line for each fault, and for each leak; exit with 1 if it has a fault."""
    found = inspect_any(flags.release, flags.workers)
    for fault in found.faults:
        console.print(f"fault: {fault}", markup=False)
    for finding in found.findings:
        console.print(f"found: {finding}", markup=False)
    if found.faults:
        return 1
    console.print(f"verified: {flags.release}, {found.samples:,} samples", markup=False)
    return int(flags.strict and bool(found.findings))


def inspect_any(release: str, workers: int = 0) -> Verification:
    """What is wrong with a release or a recipe; a large one is read on all CPUs.

    Args:
        release: Its folder.
        workers: As the flag.
    """
    from skeletonllm.publishing.recipe import inspect_recipe, is_recipe
    from skeletonllm.release.verify import count_stated, inspect_release
    from skeletonllm.storage import absolute

    if is_recipe(release):
        return inspect_recipe(release)
    with running_tars(workers, count_stated(release)) as run:
        return inspect_release(absolute(release), run)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
