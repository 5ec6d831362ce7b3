"""`kill -9` of all that writes on the road to a release, the same command again; compare all bytes.

    python -m benchmarks.release.faults --moments 20

normalize and build-shards lose their driver with all workers. cut-release is killed while it
writes to a folder, and while it uploads to an S3 (moto, in this process); meanwhile a process reads
the newest release to its last byte, again and again. The tests do this at 3 moments each. A kill
after the job has finished proves nothing, and is counted apart.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.table import publish_table, save_table
from skeletonllm.storage import join
from skeletonllm.testing.killing.cuts import (
    NEW,
    OLD,
    CutOutcome,
    copy_old,
    cut_undisturbed,
    hash_releases,
    kill_and_recut,
)
from skeletonllm.testing.killing.stages import (
    FIRST_FILES,
    kill_and_rerun,
    run_stages,
    write_corpus,
)

TITLE = "kill -9 at random moments, then the same command"
BUCKET = "faults"
STAGE_SPREAD_S = 1.0
"""A stage is killed up to so long after its first unit has started; it takes longer."""
Kill = Callable[[int, float], CutOutcome]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    moments: int = 20
    """Kills of each kind."""
    seed: int = 0
    """Of the moments: each is drawn from this, the kind and its number."""
    kinds: tuple[str, ...] = ("normalize", "build-shards", "cut", "upload")
    """What is killed."""
    json: str | None = None
    """File for the table."""


@contextmanager
def serve_s3() -> Iterator[str]:
    """URL of an empty bucket of an S3 in this process, to which the environment points."""
    import boto3  # noqa: PLC0415 - of the extra dev
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
        os.environ.update(keys, AWS_DEFAULT_REGION="us-east-1", AWS_ENDPOINT_URL=url)
        with closing(boto3.client("s3")) as client:
            client.create_bucket(Bucket=BUCKET)
        yield f"s3://{BUCKET}"
    finally:
        server.stop()


def kill_stage(stage: str, folder: Path, whole: Path) -> tuple[Kill, float]:
    """How to kill a stage once, and within how many seconds.

    Args:
        stage: Of :data:`FIRST_FILES`.
        folder: Where ``raw`` lies.
        whole: Undisturbed outputs.
    """

    def kill(number: int, delay_s: float) -> CutOutcome:
        output = folder / f"{stage}-{number}"
        met, same = kill_and_rerun(stage, folder / "raw", whole, output, delay_s=delay_s)
        return CutOutcome(met, resumed=True, same=same, looks=[])

    return kill, STAGE_SPREAD_S


def kill_cut(place: str, whole: Path) -> tuple[Kill, float]:
    """How to kill a cut once, and within how many seconds.

    Args:
        place: A folder or URL.
        whole: Undisturbed stages.
    """
    undisturbed = join(place, "undisturbed")
    spread_s = cut_undisturbed(whole, undisturbed)
    expected = hash_releases(undisturbed)

    def kill(number: int, delay_s: float) -> CutOutcome:
        root = join(place, str(number))
        copy_old(undisturbed, root)
        return kill_and_recut(whole, root, expected, delay_s)

    return kill, spread_s


def measure(kind: str, flags: Flags, kill: Kill, spread_s: float) -> dict[str, Any]:
    """A row: what came of all kills of one kind.

    Args:
        kind: Which.
        flags: How many, and their seed.
        kill: How.
        spread_s: Seconds within which they come.
    """
    drawn = [random.Random(f"{flags.seed}/{kind}/{n}").uniform(0, spread_s) for n in _all(flags)]
    outcomes = [kill(number, delay) for number, delay in zip(_all(flags), drawn, strict=True)]
    looks = [look for outcome in outcomes for look in outcome.looks]
    return {
        "killed": kind,
        "seed": flags.seed,
        "moments": flags.moments,
        "within (s)": round(spread_s, 2),
        "met at work": sum(outcome.met for outcome in outcomes),
        "resumed": sum(outcome.resumed for outcome in outcomes),
        "bytes equal": sum(outcome.same for outcome in outcomes),
        "looks: old": sum(look.version == OLD for look in looks),
        "new": sum(look.version == NEW for look in looks),
        "mixed": sum(bool(look.faults) for look in looks),
    }


def _all(flags: Flags) -> range:
    return range(flags.moments)


def main(flags: Flags) -> int:
    """Kill everything as often as asked."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="kill") as name, serve_s3() as bucket:
        folder, whole = Path(name), Path(name) / "whole"
        write_corpus(folder / "raw")
        run_stages(folder / "raw", whole)
        stages = dict(zip(("normalize", "build-shards"), FIRST_FILES, strict=True))
        for kind in flags.kinds:
            if kind in stages:
                kill, spread_s = kill_stage(stages[kind], folder, whole)
            else:
                kill, spread_s = kill_cut(bucket if kind == "upload" else f"{name}/cuts", whole)
            rows.append(measure(kind, flags, kill, spread_s))
            save_table(TITLE, rows, flags.json)
    publish_table(TITLE, rows, flags.json)
    done = all(row["bytes equal"] == row["resumed"] == flags.moments for row in rows)
    return 0 if done and not any(row["mixed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
