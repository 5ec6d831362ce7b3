"""Which clips differ under two profiles, and how."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

import tyro

from jobs.common import console, run_job, show
from jobs.outputs import place_file, write_file
from jobs.raw_flags import RawFlags
from skeletonllm.defaults import TOLERANCE_M


@dataclass(frozen=True, kw_only=True)
class Flags(RawFlags):
    """Flags. Exit code: 0 all clips are the same, 1 some differ or fail, 2 an error."""

    path: Annotated[str, tyro.conf.Positional]
    """A raw file or folder, as a reader takes it."""
    profiles: Annotated[tuple[str, str], tyro.conf.Positional]
    """Two of: clean, raw, pyskl, mmaction2, ctrgcn, paper."""
    tolerance: float = TOLERANCE_M
    """Metres up to which positions are the same."""
    worst: int = 10
    """How many of the clips most different to name."""
    json: str | None = None
    """File to write: a record for each clip."""


def main(flags: Flags) -> int:
    """Say which clips come out differently under two profiles, and how."""
    from jobs.loading import load_clips
    from skeletonllm.errors import UsageError
    from skeletonllm.normalize import get_profile
    from skeletonllm.normalize.comparison import KINDS, compare_profiles, describe_difference
    from skeletonllm.rejects import Reject, isolate_clip

    to = place_file(flags.json)
    a, b = (get_profile(name) for name in flags.profiles)
    found = load_clips(flags.path, flags.corpus, flags.image_size)
    records, failed = [], list[Reject]()
    for clip in found.clips:
        with isolate_clip(clip, "compare_profiles", failed):
            records.append(compare_profiles(clip, a.name, b.name, flags.tolerance))
    if not records:
        raise UsageError(failed[0].message if failed else "no clip", where=flags.path)
    kinds = Counter(kind for record in records for kind in record.kinds)
    rows = {
        "clips": len(records),
        "same": sum(not r.kinds and r.rejected[0] is None for r in records),
        "rejected by both": sum(None not in r.rejected for r in records),
        "rejected by the reader": len(found.rejects),
        **({"not compared": len(failed)} if failed else {}),
    }
    show(f"{a.id} and {b.id}", rows | {KINDS[kind]: kinds[kind] for kind in KINDS if kinds[kind]})
    differing = sorted((r for r in records if r.kinds), key=lambda r: (-r.share, r.clip_id))
    for record in differing[: flags.worst]:
        difference = describe_difference(record, a.name, b.name)
        console.print(f"{record.clip_id}: {difference}", markup=False)
    for reject in failed[: flags.worst]:
        console.print(f"not compared: {reject.message}", markup=False)
    if to:
        clips = [record.to_json() for record in records]
        report = {"profiles": [a.id, b.id], "tolerance_m": flags.tolerance, "clips": clips}
        report |= {"failed": [reject.to_row() for reject in failed]} if failed else {}
        write_file(to, f"{json.dumps(report)}\n".encode())
    return 1 if differing or failed else 0


if __name__ == "__main__":
    sys.exit(run_job(main, Flags))
