"""What it costs to cut a release: seconds and memory, and bytes and requests where it is a store.

    python -m benchmarks.release.cut                       # 1e4 and 1e5 clips, and a store
    python -m benchmarks.release.cut --samples 1000000     # or more

The stage folders are made up: clips of four frames of 25 joints, each another motion with its own
label, subject and a rationale of eight steps and 1.3 kB, 512 a tar, by two processes. Each cut is a
fresh process, measured after its imports, on one core; every tar is decoded and checked as always.

The store is moto's S3 on this machine, behind a server that counts. Three cuts go there: the first;
one with one tar changed, whose parent is the first; and one that breaks off half way, and goes on.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import tyro

from benchmarks.table import publish_table
from schemas import RATIONALE, REJECT
from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.licences import get_licence
from skeletonllm.release import cut_release
from skeletonllm.release.cutting import place
from skeletonllm.shards import encode, write_shard
from skeletonllm.storage import join, list_files, sha256_of, write_json, write_table
from skeletonllm.storage.layout import INDEX, PARTS, REJECTS, TARS
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.faulty_store import FaultyStore
from skeletonllm.testing.stage_folders import finish_stage
from skeletonllm.topology import get_topology

PER_TAR, FRAMES, STEPS, CLASSES = 512, 4, 8, 120
TEXT = "The left hand rises in front of the chest while the right elbow bends and closes. " * 16

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    samples: tuple[int, ...] = (10_000, 100_000)
    """Clips of each release that is cut on this disk."""
    stored: int = 20_480
    """Clips of the releases that go to a store; 0 for none."""
    folder: str | None = None
    """Where to work; by default a folder that is removed."""
    json: str | None = None
    """File for the tables; each under a name of its own."""


def main(flags: Flags) -> int:
    """Print both tables."""
    tables: dict[str, list[Row]] = {"A release cut on this disk": []}
    for samples in flags.samples:
        with tempfile.TemporaryDirectory(dir=flags.folder) as folder:
            make_stages(join(folder, "stages"), samples)
            tables["A release cut on this disk"].append(_run_cut(folder, samples))
    if flags.stored:
        with tempfile.TemporaryDirectory(dir=flags.folder) as folder:
            tables[f"A release of {flags.stored:,} clips on a store"] = cut_to_store(
                folder, flags.stored
            )
    for title, rows in tables.items():
        name = "disk" if "disk" in title else "store"
        file = flags.json and str(Path(flags.json).with_stem(f"{Path(flags.json).stem}-{name}"))
        publish_table(title, rows, file)
    return 0


def make_stages(folder: str, samples: int, changed: int | None = None) -> None:
    """Write the folders of three finished stages.

    Args:
        folder: They go below it.
        samples: How many clips.
        changed: The tar whose clips have other motions than they would have had, if any.
    """
    numbers = range(-(-samples // PER_TAR))
    with ProcessPoolExecutor(2) as pool:
        make = partial(_make_part, folder, samples, changed)
        for _ in pool.map(make, numbers):
            pass
    clips, rationales, shards = (join(folder, name) for name in ("clips", "rationales", "shards"))
    write_json(join(clips, "topologies.json"), {"kinect_v2": get_topology("kinect_v2").to_json()})
    write_json(join(clips, "licences.json"), {"mit": get_licence("mit").to_json()})
    finish_stage(clips, "normalize", {"corpus": "made"}, {"clips": samples})
    sources = {clips: _identify(clips)}
    finish_stage(rationales, "build_rationales", {"clips": sources}, {"rationales": samples})
    inputs = {**sources, rationales: _identify(rationales)}
    counts = {"samples": samples, "shards": len(numbers)}
    finish_stage(shards, "build_shards", {"inputs": inputs}, counts)


def _identify(folder: str) -> str:
    return sha256_of(join(folder, "manifest.json"))[0]


def _make_part(folder: str, samples: int, changed: int | None, number: int) -> None:
    """A part of the clips and of the rationales, and its tar."""
    start, end = number * PER_TAR, min(samples, (number + 1) * PER_TAR)
    clips = list(_make_clips(start, end, moved=number == changed))
    told = [_tell(clip) for clip in clips]
    part = f"part-{number:05d}.parquet"
    write_table(join(folder, "clips", PARTS, part), clips_to_table(clips))
    write_table(join(folder, "clips", REJECTS, part), REJECT.arrow.empty_table())
    table = pa.Table.from_pylist(told, RATIONALE.arrow)
    write_table(join(folder, "rationales", PARTS, part), table)
    members = (encode(clip, [row]) for clip, row in zip(clips, told, strict=True))
    tar = join(folder, "shards", TARS, f"shard-{number:06d}.tar")
    write_table(join(folder, "shards", INDEX, part), write_shard(tar, members, start=start))


def _make_clips(start: int, end: int, *, moved: bool) -> Iterator[Clip]:
    motion = synthesize("hand waving", topology=get_topology("kinect_v2"), seed=0)
    motion = motion.select_frames(np.arange(FRAMES))
    for number in range(start, end):
        random = np.random.default_rng([number, moved])
        joints = motion.joints + random.normal(0, 0.05, motion.joints.shape).astype(np.float32)
        label = number % CLASSES
        yield make_clip(
            replace(motion, joints=joints * motion.observed[..., None]),
            clip_id=f"made/{number:08d}",
            corpus="made",
            source_uri=f"raw/{number:08d}",
            source_sha256=f"{number:064x}",
            label=f"class {label:03d}",
            label_id=label,
            label_namespace="made",
            subject=f"S{number % 106:03d}",
            camera=f"C{number % 3}",
            licence="mit",
        )


def _tell(clip: Clip) -> Row:
    words = {"side": "left", "part": "hand", "motion": "raise", "target": "", "direction": "up"}
    judged = {"text": TEXT[:80], "verdict": "true", "measured": 0.4, "causes": []}
    step = {"start_s": 0.0, "end_s": 0.1, "person": 0, "count": 1, **words, **judged}
    asked = {"prompt_sha256": "a" * 64, "request_sha256": "b" * 64, "teacher": "kinematic"}
    empty = ("finish_reason", "answer_sha256", "agreement", "views", "flags")
    return {
        **dict.fromkeys(empty),
        **asked,
        "rationale_id": f"{clip.clip_id}#0",
        "clip_id": clip.clip_id,
        "variant": 0,
        "attempt": 0,
        "steps": [{"id": number, **step} for number in range(STEPS)],
        "summary": "a hand rises",
        "text": f"{TEXT}\nLabel: {clip.label}",
        "label": clip.label,
        "grounded": 0.9,
        "status": "accepted",
        "tokens_in": 1000,
        "tokens_out": 300,
        "usd": 0.001,
        "facts_given": False,
    }


def _run_cut(folder: str, samples: int) -> Row:
    call = [sys.executable, "-m", "benchmarks.release.cut", "measure", folder]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    return {
        "clips": f"{samples:,}",
        "wall, s": round(found["wall"], 1),
        "processor, s": round(found["core"], 1),
        "peak, MB": round(found["peak"]),
        "of which before": round(found["before"]),
        "release, MB": round(found["bytes"] / 1e6, 1),
    }


def measure_cut(folder: str) -> Row:
    """Seconds and memory of one cut, in this process.

    Args:
        folder: With ``stages``; the release goes below it.
    """
    before = _peak()
    wall, core = time.perf_counter(), time.process_time()
    release = cut_release(
        join(folder, "releases"), "made", "1.0.0", **_given(join(folder, "stages"))
    )
    seconds = {"wall": time.perf_counter() - wall, "core": time.process_time() - core}
    sizes = [Path(release, path).stat().st_size for path in list_files(release)]
    return {**seconds, "peak": _peak(), "before": before, "bytes": sum(sizes)}


def _given(stages: str) -> Row:
    names = ("shards", "rationales")
    return {
        **{f"{name}_dir": join(stages, name) for name in names},
        "clips_dirs": [join(stages, "clips")],
        "code": "benchmark",
    }


def _peak() -> float:
    """Most MB this process has held. Not getrusage: that begins with the peak of the parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(found) / 1024


def cut_to_store(folder: str, samples: int) -> list[Row]:
    """Requests and bytes of three cuts to an S3.

    Args:
        folder: For the stages.
        samples: Clips of each release.
    """
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - only for this half

    first, later = join(folder, "first"), join(folder, "later")
    make_stages(first, samples)
    make_stages(later, samples, changed=1)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    upstream = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    try:
        with FaultyStore(upstream=upstream) as store:
            environment = {**keys, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": store.url}
            with patch.dict("os.environ", environment):
                return _cut_three(store, first, later)
    finally:
        server.stop()
        shutil.rmtree(first)


def _cut_three(store: FaultyStore, first: str, later: str) -> list[Row]:
    import s3fs  # noqa: PLC0415

    s3fs.S3FileSystem().mkdir("lab")
    parent = "s3://lab/releases/made/1.0.0"
    cut = partial(cut_release, "s3://lab/releases", "made")
    after = partial(cut_release, "s3://lab/again", "made", "1.0.0", **_given(later))
    return [
        _count(store, "first cut", lambda: cut("1.0.0", **_given(first))),
        _count(store, "one tar changed", lambda: cut("1.0.1", parent=parent, **_given(later))),
        _count(store, "broken off half way", lambda: _break_off(after)),
        _count(store, "the same again", after),
    ]


def _break_off(cut: Callable[[], object]) -> None:
    """A cut whose line is dead once half of the files are sent."""
    send = place.send_files

    def send_half(files: Any, *args: Any, **options: Any) -> Any:
        send(files[: len(files) // 2], *args, **options)
        raise ConnectionError("the line is dead")

    with patch.object(place, "send_files", send_half):
        try:
            cut()
        except ConnectionError:
            return
    raise AssertionError("the cut did not break off")


def _count(store: FaultyStore, name: str, cut: Callable[[], object]) -> Row:
    store.asked.clear()
    before = time.perf_counter()
    cut()
    asked = list(store.asked)
    return {
        "cut": name,
        "MB sent": round(sum(a.bytes for a in asked) / 1e6, 2),
        "MB of tars": round(sum(a.bytes for a in asked if ".tar" in a.path) / 1e6, 2),
        "copied by the store": sum(a.copied for a in asked),
        **{m: sum(a.method == m and not a.copied for a in asked) for m in ("PUT", "GET", "HEAD")},
        "wall, s": round(time.perf_counter() - before, 1),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure_cut(sys.argv[2])))
    else:
        sys.exit(main(tyro.cli(Flags)))
