"""A release or a recipe -> a bucket, a folder, or a dataset of the Hugging Face Hub."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    release: Annotated[str, tyro.conf.Positional]
    """Folder of one version of a release or of a recipe: <root>/<name>/<semver>."""
    target: Annotated[str, tyro.conf.Positional]
    """s3://BUCKET/FOLDER or a folder, for all releases; or hf://datasets/ORG/NAME."""
    private: bool = False
    """Only people who may have these corpora can read the target."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray for its verification; see `skeletonllm verify --help`."""


def main(flags: Flags) -> int:
    """Verify a release and publish it; the same command goes on where it was stopped."""
    from jobs.verify import inspect_any
    from skeletonllm.publishing import publish
    from skeletonllm.storage import absolute

    done = publish(
        absolute(flags.release),
        absolute(flags.target),
        private=flags.private,
        verify=lambda parcel: inspect_any(parcel.folder, flags.workers),
    )
    if done.already:
        said = f"{done.files} files are there already, and the same; nothing was sent"
    else:
        said = f"{done.sent} of {done.files} files were sent, {done.sent_bytes:,} bytes"
    console.print(f"published: {done.target}: {said}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
