"""From one clip of a release back: raw file, reader, parameters, prompts, costs, licence."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job, show
from jobs.outputs import place_file, write_data


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this command."""

    release: Annotated[str, tyro.conf.Positional]
    """Folder of one version of a release: <root>/<name>/<semver>."""
    clip: Annotated[str, tyro.conf.Positional]
    """Id of the clip: <corpus>/<file>."""
    raw: str | None = None
    """Raw files: the clip is read and normalized again, and compared with the release."""
    corpus: str | None = None
    """Reader of your own, module:Class, for --raw."""
    json: str | None = None
    """File to write all of it to."""


def main(flags: Flags) -> int:
    """Say where a sample came from, and what the release does not hold; with --raw, prove it."""
    from skeletonllm.release.trace import rebuild_clip, trace_clip
    from skeletonllm.release.trace.page import describe_rebuilt, list_topics
    from skeletonllm.shards.strange import refuse_strange
    from skeletonllm.storage import absolute

    data = place_file(flags.json)
    release = absolute(flags.release)
    trail = trace_clip(release, flags.clip)
    with refuse_strange(release):
        for title, rows in list_topics(trail):
            show(title, rows)
    for sentence in trail.unknown:
        console.print(f"not held: {sentence}", markup=False)
    rebuilt = None
    if flags.raw is not None:
        rebuilt = rebuild_clip(release, trail, absolute(flags.raw), flags.corpus)
        show("Made anew from the raw file", describe_rebuilt(rebuilt))
    if data:
        proof = None if rebuilt is None else rebuilt.to_json()
        write_data(data, {**trail.to_json(), "rebuilt": proof})
    return int(rebuilt is not None and not rebuilt.proved)


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
