"""Shards and what they were made of -> an immutable, versioned release."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from jobs.common import console, run_job, show
from jobs.tar_run import running_tars


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this job."""

    name: str
    """Name of the release: lower-case letters, digits, - and _."""
    version: str
    """MAJOR.MINOR.PATCH; a version that exists is never changed."""
    shards: str
    """Finished output of build_shards."""
    clips: tuple[str, ...]
    """The finished outputs of normalize that the shards were built from."""
    output: str = "releases"
    """Folder of all releases."""
    rationales: str | None = None
    """The output of build_rationales that the shards were built from."""
    negatives: str | None = None
    """The output of mine_negatives that the shards were built from."""
    parent: str | None = None
    """The release that this one replaces."""
    audience: Literal["internal", "public"] = "internal"
    """public refuses clips whose licence forbids redistribution."""
    published: str | None = None
    """Day on which it is given out, YYYY-MM-DD, for croissant.json; the clock is not asked."""
    pictures: int = 0
    """Classes of which the report shows what DrAction draws of a clip, untrained; none is quick."""
    weights: tuple[str, ...] = ()
    """Renderer weights (safetensors) that draw these clips too."""
    workers: Annotated[int, tyro.conf.arg(aliases=["-w"])] = 0
    """CPUs of a local Ray; 1 takes this process alone, 0 all CPUs where there are many samples."""


def main(flags: Flags) -> int:
    """Cut a release: manifest, card, Croissant, report, shards, all hashed and never changed."""
    from skeletonllm.release import cut_release
    from skeletonllm.storage import absolute, finished, join, read_json
    from skeletonllm.viewer.drawing import open_pictures

    samples = finished(flags.shards, "build_shards")["counts"].get("samples", 0)
    drawn = open_pictures(flags.pictures, flags.weights)
    with running_tars(flags.workers, samples) as run:
        release = cut_release(
            *(absolute(flags.output), flags.name, flags.version),
            shards_dir=absolute(flags.shards),
            clips_dirs=flags.clips,
            negatives_dir=flags.negatives,
            rationales_dir=flags.rationales,
            parent=flags.parent,
            audience=flags.audience,
            published=flags.published,
            run=run,
            pictures=drawn,
        )
    manifest = read_json(join(release, "manifest.json"))
    show(f"release {flags.name} {flags.version}", manifest["counts"])
    console.print(f"release: {release}\nreport:  {join(release, 'report.html')}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
