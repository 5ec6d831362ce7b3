"""What it costs to verify a release: samples a second of one core, and on two.

    python -m benchmarks.streaming.verify [--samples 8192] [--json FILE]

The release is made up: clips of one person with 25 joints and 40 to 100 frames, 512 a tar, as
`cut-release` writes them. Three tables: what each part of the work takes on one core, in a process
that did nothing before, as `verify` runs; the whole verification on Ray with one worker and with
two, in turns, by the clock, least of the rounds; and the memory of one process for releases of two
sizes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import ray
import tyro

from benchmarks.table import publish_table
from benchmarks.timing import SeparateProcess
from jobs.local_ray import start_local_ray
from pipelines.tars import run_tars
from skeletonllm.clip import Clip
from skeletonllm.release import cut_release, inspect_release
from skeletonllm.release.verify.tars import check_tar, plan_tars
from skeletonllm.shards import encode, hash_bytes, read_members
from skeletonllm.shards.codec import META, MOTION
from skeletonllm.shards.hashes import hash_parts
from skeletonllm.shards.npz import unpack_npz
from skeletonllm.storage import join, read_bytes, read_json, read_table, sha256_of
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.releases import write_shards
from skeletonllm.testing.stage_folders import finish_stage, write_clips_folder

PER_TAR = 512
MADE = 64
"""Motions that are synthesized; the clips are these, each moved by a few millimetres."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    samples: int = 8_192
    """Of the release that is timed."""
    rounds: int = 3
    """Runs of everything that is timed."""
    json: str | None = None
    """File for the tables; each under a name of its own."""


def main(flags: Flags) -> int:
    """Print all tables."""
    with tempfile.TemporaryDirectory() as folder:
        release = make_release(folder, flags.samples)
        with SeparateProcess(threads=1) as fresh:
            parts = fresh(time_parts, release, flags.rounds)
        tables = {
            "One core, seconds of its processor": parts,
            "By the clock, on Ray": time_workers(release, flags.rounds),
            "Memory of one process": [
                _measure(make_release(folder, flags.samples // 4)),
                _measure(release),
            ],
        }
    for title, rows in tables.items():
        name = title.split(",")[0].lower().replace(" ", "-")
        file = flags.json and str(Path(flags.json).with_stem(f"{Path(flags.json).stem}-{name}"))
        publish_table(title, rows, file)
    return 0


def make_release(folder: str, samples: int) -> str:
    """A release of made-up clips.

    Args:
        folder: Where to, with all that it is made of.
        samples: How many.
    """
    root = join(folder, str(samples))
    clips = list(make_clips(samples))
    stage = write_clips_folder(join(root, "clips"), clips)
    shards = join(root, "shards")
    write_shards(shards, [encode(clip) for clip in clips], PER_TAR)
    inputs = {stage: sha256_of(join(stage, "manifest.json"))[0]}
    counts = {"samples": samples, "shards": -(-samples // PER_TAR)}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)
    return cut_release(join(root, "r"), "made", "1.0.0", shards_dir=shards, clips_dirs=[stage])


def make_clips(count: int) -> Iterator[Clip]:
    """Clips of different numbers, without the cost of as many syntheses."""
    names = sorted(ACTIONS)
    motions = [synthesize(names[i % len(names)], seed=i) for i in range(MADE)]
    for number in range(count):
        motion = motions[number % MADE]
        motion = motion.select_frames(np.arange(min(motion.num_frames, 40 + number % 61)))
        moved = motion.joints + np.float32(0.002 * (1 + number // MADE))
        label = names[number % MADE % len(names)]
        yield make_clip(
            replace(motion, joints=moved * motion.observed[..., None]),
            clip_id=f"made/{number:06d}",
            source_sha256=f"{number:064x}",
            label=label,
            label_id=names.index(label),
            label_namespace="made",
            subject=str(number % 40),
            licence="cc0-1.0",
        )


def time_parts(release: str, rounds: int) -> list[Row]:
    """Samples a second of one core: hashes alone, tars with all that is decoded, and everything."""
    manifest = read_json(join(release, "manifest.json"))
    index = read_table(join(release, "index.parquet"))
    rationales = read_table(join(release, "rationales.parquet"))
    entries = [e for e in manifest["files"] if e["path"].endswith(".tar")]
    topologies = read_json(join(release, "topologies.json"))
    folder = tempfile.mkdtemp(dir=Path(release).parent)  # goes with all that is made here
    tasks = list(plan_tars(release, entries, index, rationales, topologies, folder=folder))
    rows = index.to_pylist()
    parts: dict[str, Callable[[], object]] = {
        "hashes of files, samples and contents": lambda: hash_all(release, entries, rows),
        "tars, decoded and compared": lambda: list(map(check_tar, tasks)),
        "everything": lambda: inspect_release(release),
    }
    least = dict.fromkeys(parts, float("inf"))
    for _ in range(rounds):
        for name, part in parts.items():
            before = time.process_time()
            part()
            least[name] = min(least[name], time.process_time() - before)
    return [
        {"part": name, "s": f"{spent:.2f}", "samples/s": f"{len(index) / spent:,.0f}"}
        for name, spent in least.items()
    ]


def hash_all(release: str, entries: list[Row], rows: list[Row]) -> None:
    """Compare every tar with the manifest, and every sample with both hashes of the index."""
    tars = {}
    for entry in entries:
        assert sha256_of(join(release, entry["path"])) == (entry["sha256"], entry["bytes"])
        tars[entry["path"]] = read_bytes(join(release, entry["path"]))
    for row in rows:
        data = tars[f"shards/{row['shard']}"][row["offset"] : row["offset"] + row["size"]]
        assert hash_bytes(data) == row["bytes_hash"]
        members = read_members(data, row["key"])
        arrays = unpack_npz(members[MOTION])
        text = members[META]
        assert hash_parts(text, orjson.loads(text), arrays) == row["content_hash"]


def time_workers(release: str, rounds: int) -> list[Row]:
    """Seconds by the clock with one worker and with two, each in a Ray of its own, in turns."""
    run = partial(run_tars, stage="verify")
    least = dict.fromkeys((1, 2), float("inf"))
    for _ in range(rounds):
        for workers in least:
            start_local_ray(workers)
            try:
                inspect_release(release, run)  # its workers start, and import
                before = time.perf_counter()
                found = inspect_release(release, run)
                least[workers] = min(least[workers], time.perf_counter() - before)
            finally:
                ray.shutdown()
    assert not found.faults
    return [
        {
            "workers": workers,
            "s": f"{spent:.2f}",
            "samples/s": f"{found.samples / spent:,.0f}",
            "times as fast": f"{least[1] / spent:.2f}",
        }
        for workers, spent in least.items()
    ]


def _measure(release: str) -> Row:
    """How much the memory of a fresh process grows while it verifies."""
    command = [sys.executable, "-c", _GROWTH, release]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    samples, grown = done.stdout.split()
    return {"samples": f"{int(samples):,}", "peak grows, MB": grown}


_GROWTH = """
import sys
from benchmarks.streaming.verify import print_growth
print_growth(sys.argv[1])
"""


def print_growth(release: str) -> None:
    """Verify a release, and print its samples and by how many MB the peak of memory grew."""
    before = _peak()
    found = inspect_release(release)
    print(found.samples, f"{(_peak() - before) / 1024:.0f}")


def _peak() -> int:
    """Most kB this process has held. Not getrusage: that begins with the peak of the parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(found)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
