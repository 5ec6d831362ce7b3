"""The statistics of a release: counts, lengths, missing joints, rationales and rejects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas import CLIP
from skeletonllm.errors import ReleaseError
from skeletonllm.storage import iter_tables, join
from skeletonllm.storage.layout import PARTS

_LIGHT = (
    "clip_id corpus source_sha256 licence profile flags fps num_frames num_persons num_joints "
    "topology label label_namespace subject camera setup captions"
).split()


@dataclass(frozen=True)
class ClipFacts:
    """One clip without its joints.

    Args:
        row: The light columns of :data:`schemas.CLIP`.
        slots: Frames in which a person is present, summed over persons.
        missing: Of these, in how many each joint is unobserved, int64 [J].
    """

    row: dict[str, Any]
    slots: int
    missing: npt.NDArray[np.int64]


def read_facts(folders: Sequence[str]) -> list[ClipFacts]:
    """Facts of every clip of some ``normalize`` folders, in their order."""
    columns = [*_LIGHT, "present", "confidence"]
    tables = (table for f in folders for _, table in iter_tables(join(f, PARTS), columns, CLIP))
    return [facts for table in tables for facts in _facts(table)]


def _facts(table: pa.Table) -> Iterator[ClipFacts]:
    for i, row in enumerate(table.select(_LIGHT).to_pylist()):
        shape = (row["num_frames"], row["num_persons"])
        values = table.column("present")[i].values.to_numpy(zero_copy_only=False)
        present = values.reshape(shape)
        missing = np.zeros(row["num_joints"], np.int64)
        if (stored := table.column("confidence")[i].values) is not None:
            confidence = stored.to_numpy(zero_copy_only=False).reshape(*shape, -1)
            missing = (confidence[present] == 0).sum(axis=0)
        yield ClipFacts(row, int(present.sum()), missing)


def check_same_clips(
    index: pa.Table, facts: Sequence[ClipFacts], left_out: int = 0
) -> list[ClipFacts]:
    """Facts of the clips in the shards; the shards must hold the clips of the clip folders.

    Args:
        index: Of the shards.
        facts: Of all clips of the clip folders.
        left_out: How many of them the shards stage rejected.

    Raises:
        ReleaseError: Names the first clips that are on one side only.
    """
    sharded = set(index.column("clip_id").to_pylist())
    normalized = {fact.row["clip_id"] for fact in facts}
    if sharded - normalized or len(normalized - sharded) != left_out:
        raise ReleaseError(
            f"clips only in shards: {sorted(sharded - normalized)[:3]}, "
            f"clips only in clip folders: {sorted(normalized - sharded)[:3]}",
            expected=f"the same clips in both, but for {left_out} rejects" * bool(left_out)
            or "the same clips in both",
        )
    return [fact for fact in facts if fact.row["clip_id"] in sharded]


def compute_statistics(
    facts: Sequence[ClipFacts], rationales: pa.Table, rejects: pa.Table
) -> dict[str, Any]:
    """``statistics.json`` as plain data, in a fixed order.

    Args:
        facts: Of every clip of the release.
        rationales: Rows of :data:`schemas.RATIONALE`.
        rejects: Rows of :data:`schemas.REJECT`.
    """
    rows = [fact.row for fact in facts]
    return {
        "clips": len(rows),
        "corpora": _count(row["corpus"] for row in rows),
        "topologies": _count(row["topology"] for row in rows),
        "labels": _labels(rows),
        "splits": {c: _count(row[c] for row in rows) for c in ("subject", "camera", "setup")},
        "persons": _count(row["num_persons"] for row in rows),
        "frames": _spread([row["num_frames"] for row in rows]),
        "seconds": _spread([row["num_frames"] / row["fps"] for row in rows]),
        "fps": _count(f"{row['fps']:g}" for row in rows),
        "profiles": _count(row["profile"] for row in rows),
        "flags": _count(flag for row in rows for flag in row["flags"]),
        "captions": sum(len(row["captions"]) for row in rows),
        "missing_joints": _missing(facts),
        "rationales": _rationales(rationales),
        "rejects": _count(f"{r['stage']}: {r['code']}" for r in rejects.to_pylist()),
    }


def _count(values: Iterable[Any]) -> dict[str, int]:
    """Most frequent first, then by name; what is not stated is left out."""
    counts = Counter(str(value) for value in values if value is not None)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _labels(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    labels: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["label"] is not None:
            labels[row["label_namespace"]].append(row["label"])
    return {namespace: _count(labels[namespace]) for namespace in sorted(labels)}


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    at = np.percentile(values, [0, 5, 50, 95, 100])
    named = zip(("min", "p5", "median", "p95", "max"), at, strict=True)
    return {"total": round(float(np.sum(values)), 3)} | {n: round(float(v), 3) for n, v in named}


def _missing(facts: Sequence[ClipFacts]) -> dict[str, Any]:
    """Share of unobserved joints of each topology, in all and of each joint in its order."""
    slots: Counter[str] = Counter()
    missing: dict[str, npt.NDArray[np.int64]] = {}
    for fact in facts:
        name = fact.row["topology"]
        slots[name] += fact.slots
        missing[name] = missing.get(name, 0) + fact.missing
    return {
        name: {
            "share": round(float(missing[name].mean() / max(slots[name], 1)), 6),
            "joints": np.round(missing[name] / max(slots[name], 1), 6).tolist(),
        }
        for name in sorted(missing)
    }


def _rationales(table: pa.Table) -> dict[str, Any]:
    rows = table.to_pylist()
    steps = [step for row in rows for step in row["steps"]]
    return {
        "count": len(rows),
        "status": _count(row["status"] for row in rows),
        "teachers": _count(row["teacher"] for row in rows),
        "steps": len(steps),
        "verdicts": _count(step["verdict"] for step in steps),
        "grounded": _spread([row["grounded"] for row in rows]),
        "tokens": sum(row["tokens_in"] + row["tokens_out"] for row in rows),
        "usd": round(sum(row["usd"] for row in rows), 6),
    }
