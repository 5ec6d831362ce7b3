"""What it costs to say what changed from one release to the next: seconds and memory.

    python -m benchmarks.streaming.diff                        # 1e4 and 1e5 clips
    python -m benchmarks.streaming.diff --samples 1000000      # or more

Both releases are made up: an index as `cut-release` writes it, a rationale of eight steps and
1.3 kB a clip, a ranking of 120 classes for eight views, and the descriptions. The later one lacks
1 % of the clips and has as many new ones; 1 % have another label, 0.5 % another motion, 5 % a
reworded rationale and 2 % one that is judged otherwise. Each comparison is a fresh process,
measured after its imports; what it finds is compared with what was changed. No tar is opened.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tyro

from benchmarks.streaming.scale import make_index
from benchmarks.table import publish_table
from benchmarks.timing import measure_peak_megabytes
from schemas import NEGATIVE, RATIONALE, RELEASE_VERSION
from schemas.rationale import STEP, VERDICTS
from skeletonllm.release.diff import compare_releases, judge_step
from skeletonllm.shards.index import write_index
from skeletonllm.shards.manifest import RELEASE
from skeletonllm.storage import write_json, write_table

STEPS, CLASSES, VIEWS = 8, 120, 8
TEXT = "The left hand rises in front of the chest while the right elbow bends and closes. " * 16
SHARES = {"removed": 100, "added": 100, "label": 100, "motion": 200, "reworded": 20, "rejudged": 50}
"""One in so many clips."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    samples: tuple[int, ...] = (10_000, 100_000)
    """Clips of each of the two releases."""
    runs: int = 3
    """Comparisons of each pair."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    rows = []
    for samples in flags.samples:
        with tempfile.TemporaryDirectory() as folder:
            made = _run("make", folder, samples)
            runs = [_run("compare", folder, samples) for _ in range(flags.runs)]
        rows.append(_row(samples, made, runs))
    publish_table("Two releases compared", rows, flags.json)
    return 0


def _run(step: str, folder: str, samples: int) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.streaming.diff", step, folder, str(samples)]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def _row(samples: int, made: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "clips": f"{samples:,}",
        "tables of one, MB": round(made["bytes"] / 2e6, 1),
        "wall, s": round(min(run["wall"] for run in runs), 2),
        "processor, s": round(min(run["core"] for run in runs), 2),
        "peak, MB": round(max(run["peak"] for run in runs)),
        "of which before": round(max(run["before"] for run in runs)),
        "found": "all" if all(run["right"] for run in runs) else "NOT ALL",
    }


def make_pair(folder: Path, samples: int) -> dict[str, Any]:
    """Write both releases.

    Args:
        folder: Where to.
        samples: Clips of each.
    """
    whole = make_index(samples + samples // SHARES["added"])
    old, new = whole.slice(0, samples), _change_index(whole, samples)
    for name, index in (("old", old), ("new", new)):
        _write(folder / name, name, index)
    files = list(folder.rglob("*.parquet"))
    return {"bytes": sum(path.stat().st_size for path in files)}


def _change_index(whole: pa.Table, samples: int) -> pa.Table:
    """The later index: without the first clips, with the last ones, and some of them changed."""
    index = whole.slice(samples // SHARES["removed"])
    at = np.arange(len(index))
    kept = at < samples - samples // SHARES["removed"]
    labels = _every(at, "label") & kept
    motions = _every(at, "motion", 1) & kept
    names = index.column("label").combine_chunks()
    other = pc.if_else(pa.array(labels), pa.scalar("class number 0"), names)
    was = index.column("motion_sha256").combine_chunks()
    hashes = pc.if_else(pa.array(motions), pc.utf8_reverse(was), was)
    return _set(_set(_set(index, "label", other), "motion_sha256", hashes), "position", at)


def _every(at: Any, kind: str, first: int = 0) -> Any:
    return at % SHARES[kind] == first


def _set(table: pa.Table, name: str, values: Any) -> pa.Table:
    field = table.schema.field(name)
    at = table.schema.get_field_index(name)
    return table.set_column(at, field, pa.array(values).cast(field.type))


def _write(folder: Path, name: str, index: pa.Table) -> None:
    later = name == "new"
    write_index(str(folder / "index.parquet"), index)
    write_table(str(folder / "rationales.parquet"), _make_rationales(index, later))
    write_table(str(folder / "negatives.parquet"), _make_rankings(later))
    counts = {f"class {i}": 1000 + i * later for i in range(CLASSES)}
    write_json(str(folder / "statistics.json"), {"labels": counts, "clips": len(index)})
    terms = {"id": "mit", "url": "https://example.org", "redistribute": "yes"}
    write_json(str(folder / "licences.json"), {"mit": {**terms, "clips": len(index)}})
    write_json(str(folder / "topologies.json"), {})
    files = [
        {
            "path": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.iterdir())
    ]
    lineage = {"code": "made-up", "sources": {}, "stages": [], "parent": None}
    head = {"schema": RELEASE, "schema_version": RELEASE_VERSION, "audience": "internal"}
    told = {"licences": {"redistribute": "yes"}, "lineage": lineage, "counts": {}}
    version = {"name": "made-up", "version": "2.0.0" if later else "1.0.0"}
    write_json(str(folder / "manifest.json"), {**head, **version, **told, "files": files})


def _make_rationales(index: pa.Table, later: bool) -> pa.Table:
    rows = len(index)
    number = pc.cast(pc.utf8_slice_codeunits(index.column("clip_id"), 12), pa.int64()).to_numpy()
    reworded = later & _every(number, "reworded", 3)
    judged = np.repeat(later & _every(number, "rejudged", 7), STEPS)
    texts = [f"{n} {TEXT}{'!' * bool(r)}" for n, r in zip(number, reworded, strict=True)]
    steps = rows * STEPS
    verdicts = pa.array(VERDICTS).take(pa.array(judged.astype(np.int64)))
    leaf = {"verdict": verdicts, "causes": pa.array([[]] * steps, pa.list_(pa.int32()))}
    fields = [leaf.get(f.name, _fill(f.type, steps)).cast(f.type) for f in STEP]
    offsets = pa.array(np.arange(rows + 1) * STEPS, pa.int32())
    told = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(fields, fields=list(STEP)))
    own = {
        "rationale_id": pa.array([f"r{n}" for n in number]),
        "clip_id": index.column("clip_id").combine_chunks(),
        "steps": told,
        "text": pa.array(texts),
        "status": pa.array(["accepted"] * rows),
        "request_sha256": pa.array(["a" * 64] * rows),
    }
    arrays = [
        own[f.name].cast(f.type) if f.name in own else _fill(f.type, rows, f.nullable)
        for f in RATIONALE.arrow
    ]
    return pa.table(arrays, schema=RATIONALE.arrow)


def _fill(kind: pa.DataType, rows: int, nullable: bool = False) -> pa.Array:
    if nullable or pa.types.is_nested(kind):
        return pa.nulls(rows, kind)
    value = "word" if pa.types.is_string(kind) else False if pa.types.is_boolean(kind) else 1
    return pa.array([value], kind).take(pa.array(np.zeros(rows, np.int64)))


def _make_rankings(later: bool) -> pa.Table:
    """Every class against all others, for each view; in the later release one class is others'."""
    rows = [
        {
            "view": f"protocol {view}",
            "view_sha256": f"{view:064x}",
            "label_namespace": "ntu120",
            "label": f"class number {label}",
            "candidate": f"class number {(label + rank + (later and label == 0)) % CLASSES}",
            "rank": rank,
            "score": 1 / rank,
            "sources": [],
            "reasons": None,
        }
        for view in range(VIEWS)
        for label in range(CLASSES)
        for rank in range(1, CLASSES - 1)
    ]
    return pa.Table.from_pylist(rows, schema=NEGATIVE.arrow)


def compare_pair(folder: Path, samples: int) -> dict[str, Any]:
    """Seconds and memory of one comparison, in this process, and whether it found what changed.

    Args:
        folder: What :func:`make_pair` filled.
        samples: Clips of each.
    """
    before = measure_peak_megabytes()
    wall, core = time.perf_counter(), time.process_time()
    found = compare_releases(str(folder / "old"), str(folder / "new"))
    judge_step(found)
    seconds = {"wall": time.perf_counter() - wall, "core": time.process_time() - core}
    assert found.contents is not None
    clips, told = found.contents.clips, found.contents.rationales
    gone = samples // SHARES["removed"]
    at, number = np.arange(samples - gone), np.arange(gone, samples)
    expected = (gone, gone, _count(at, "motion", 1), _count(number, "reworded", 3))
    got = (clips.removed.count, clips.added.count, clips.count("motion"), told.reworded.count)
    right = got == expected and told.rejudged.count == _count(number, "rejudged", 7)
    right = right and 0 <= _count(at, "label") - clips.count("label") <= samples // CLASSES
    peak = {"peak": measure_peak_megabytes(), "before": before}
    return {**seconds, **peak, "right": bool(right)}


def _count(at: Any, kind: str, first: int = 0) -> int:
    return int(_every(at, kind, first).sum())


STEPS_OF_RUN = {"make": make_pair, "compare": compare_pair}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in STEPS_OF_RUN:
        print(json.dumps(STEPS_OF_RUN[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        sys.exit(main(tyro.cli(Flags)))
