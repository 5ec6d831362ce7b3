"""What it costs to open a release of many samples: processor time, memory, bytes on disk.

    python -m benchmarks.streaming.scale                       # 1e3 to 1e6, and 1e8 on paper
    python -m benchmarks.streaming.scale --samples 10000000    # or measure more: 0.8 GB of disk

Each release is made up: an index as `cut-release` writes it, a manifest that lists it and tars of
512 samples, and files of the right size in their place that take no disk. Each opening is a fresh
process, measured after its imports; seconds are the least of several runs, of one processor and
with nothing left out (manifest, hash of the whole index, rows, tars looked at). Memory is the
growth of the peak, and what a rank holds afterwards.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tyro

from benchmarks.table import publish_table
from schemas import RELEASE_VERSION, SAMPLE
from skeletonllm.shards.catalogue import open_catalogue
from skeletonllm.shards.index import write_index
from skeletonllm.shards.manifest import RELEASE
from skeletonllm.views.view import View

PER_TAR = 512
CLASSES, SUBJECTS = 120, 106
"""As NTU RGB+D 120 has."""
VIEWS = {
    "all": View(),
    "60 classes, 20 subjects": View(
        labels=tuple(f"class number {i}" for i in range(0, CLASSES, 2)),
        subjects=tuple(f"P{i:03d}" for i in range(20)),
    ),
}
ON_PAPER = (10_000_000, 100_000_000)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    samples: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    """Sizes of releases."""
    runs: int = 3
    """Openings of each."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    for samples in flags.samples:
        with tempfile.TemporaryDirectory() as folder:
            _run("make", folder, str(samples))
            on_disk = (Path(folder) / "index.parquet").stat().st_size
            for name in VIEWS:
                runs = [_run("open", folder, name) for _ in range(flags.runs)]
                rows.append(_row(samples, name, on_disk, runs))
    rows += [_estimate(samples, rows) for samples in ON_PAPER if samples > max(flags.samples)]
    publish_table("Opening a release", rows, flags.json)
    return 0


def _run(what: str, folder: str, argument: str) -> dict[str, Any]:
    """What one step of this file gives in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.streaming.scale", what, folder, argument]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    given: dict[str, Any] = json.loads(done.stdout)
    return given


def _row(samples: int, view: str, on_disk: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    first = runs[0]
    return {
        "samples": f"{samples:,}",
        "view": view,
        "of them": f"{first['rows']:,}",
        "index on disk, MB": round(on_disk / 1e6, 2),
        "bytes a sample": round(on_disk / samples, 1),
        "open, s": round(min(run["seconds"] for run in runs), 3),
        "peak grows, MB": round(max(run["peak"] for run in runs) / 1e6, 1),
        "held, bytes a sample": round(first["held"] / first["rows"], 1),
        "a whole row, ms": round(min(run["row_ms"] for run in runs), 1),
    }


def _estimate(samples: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The last measured growth of each number of the whole release, carried on."""
    small, large = [row for row in rows if row["view"] == "all"][-2:]
    counts = [int(row["samples"].replace(",", "")) for row in (small, large)]

    def carry(name: str) -> float:
        slope = (large[name] - small[name]) / (counts[1] - counts[0])
        return float(round(large[name] + slope * (samples - counts[1]), 1))

    linear = ("index on disk, MB", "open, s", "peak grows, MB")
    return {
        **large,
        "samples": f"{samples:,} (on paper)",
        "of them": f"{samples:,}",
        **{name: carry(name) for name in linear},
    }


def make_release(folder: Path, samples: int) -> dict[str, Any]:
    """Write the index, the manifest and the empty tars of a made-up release.

    Args:
        folder: Where to.
        samples: How many.
    """
    index = make_index(samples)
    write_index(str(folder / "index.parquet"), index)
    ends = np.maximum.reduceat(
        index["offset"].to_numpy() + index["size"].to_numpy(), np.arange(0, samples, PER_TAR)
    )
    (folder / "shards").mkdir()
    content = (folder / "index.parquet").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    files = [{"path": "index.parquet", "sha256": digest, "bytes": len(content)}]
    for number, end in enumerate(ends.tolist()):
        path = f"shards/shard-{number:06d}.tar"
        with (folder / path).open("wb") as tar:
            tar.truncate(end)
        files.append({"path": path, "sha256": f"{number:064x}", "bytes": end})
    head = {"schema": RELEASE, "schema_version": RELEASE_VERSION, "counts": {"samples": samples}}
    manifest = {**head, "name": "made-up", "version": "1.0.0", "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return {"files": len(files)}


def make_index(samples: int) -> pa.Table:
    """Rows of the index schema, sorted by class, with values as a corpus like NTU has them."""
    rng = np.random.default_rng(0)
    position = np.arange(samples)
    size = rng.integers(20, 80, samples) * 512
    before = np.cumsum(size) - size
    tar, label = position // PER_TAR, position * CLASSES // samples
    subject, setup = rng.integers(0, SUBJECTS, samples), rng.integers(0, 32, samples)
    columns = {
        "key": pa.array(f"ntu120_clip_{i:09d}-{i * 2654435761 % 2**40:010x}" for i in position),
        "clip_id": pa.array(f"ntu120/clip_{i:09d}" for i in position),
        "shard": _words([f"shard-{i:06d}.tar" for i in range(tar[-1] + 1)], tar),
        "position": position,
        "offset": before - before[tar * PER_TAR],
        "size": size,
        "motion_sha256": pa.array(rng.bytes(32).hex() for _ in position),
        "corpus": _words(["ntu_rgbd"], label * 0),
        "topology": _words(["kinect_v2"], label * 0),
        "num_frames": rng.integers(30, 300, samples),
        "num_persons": rng.integers(1, 3, samples),
        "label": _words([f"class number {i}" for i in range(CLASSES)], label),
        "label_id": label,
        "label_namespace": _words(["ntu120"], label * 0),
        "subject": _words([f"P{i:03d}" for i in range(SUBJECTS)], subject),
        "camera": _words(["C001", "C002", "C003"], rng.integers(0, 3, samples)),
        "setup": _words([f"S{i:03d}" for i in range(32)], setup),
        "num_rationales": rng.integers(0, 2, samples),
        "num_questions": label * 0,
        "num_captions": rng.integers(0, 5, samples),
        "bytes_hash": _hashes(rng.bytes(16 * samples)),
        "content_hash": _hashes(rng.bytes(16 * samples)),
    }
    fields = SAMPLE.arrow
    arrays = [pa.array(columns[f.name]).cast(f.type) for f in fields]
    return pa.table(arrays, schema=fields)


def measure_opening(folder: str, view: str) -> dict[str, Any]:
    """Seconds, bytes and rows of one opening, in this process.

    Args:
        folder: Of the release.
        view: A name of :data:`VIEWS`.
    """
    before, start = _peak(), time.process_time()
    catalogue = open_catalogue(folder, VIEWS[view])
    seconds, after = time.process_time() - start, _peak()
    assert catalogue.damaged_tars == {}
    start = time.process_time()
    catalogue.row(len(catalogue) // 2)
    return {
        "rows": len(catalogue),
        "seconds": seconds,
        "peak": after - before,
        "row_ms": (time.process_time() - start) * 1e3,
        "held": len(pickle.dumps(catalogue)),
    }


def _peak() -> int:
    """Most bytes this process has held. Not getrusage: that begins with the peak of the parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(found) * 1024


def _words(names: list[str], codes: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names))


def _hashes(data: bytes) -> pa.Array:
    kind = pa.binary(16)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(data) // 16, [None, pa.py_buffer(data)])


STEPS = {
    "make": lambda folder, argument: make_release(Path(folder), int(argument)),
    "open": measure_opening,
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in STEPS:
        print(json.dumps(STEPS[sys.argv[1]](sys.argv[2], sys.argv[3])))
    else:
        sys.exit(main(tyro.cli(Flags)))
