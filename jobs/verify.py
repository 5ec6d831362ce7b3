"""Check every byte, count and form of a release."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    release: Annotated[str, tyro.conf.Positional]
    """Folder of one version of a release: <root>/<name>/<semver>."""


def main(flags: Flags) -> int:
    """Verify a release; exit with 1 and a line for each fault if it is damaged."""
    from skeletonllm.release import verify_release

    faults = verify_release(flags.release)
    for fault in faults:
        console.print(f"fault: {fault}", markup=False)
    if faults:
        return 1
    console.print(f"verified: {flags.release}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
