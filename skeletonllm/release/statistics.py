"""The statistics of a release: counts, lengths, missing joints, rationales and rejects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    first: dict[str, ClipFacts] = {}  # of two clips of one id, as the shards keep the first
    for fact in facts:
        first.setdefault(fact.row["clip_id"], fact)
    if sharded - first.keys() or len(facts) - len(index) != left_out:
        raise ReleaseError(
            f"clips only in shards: {sorted(sharded - first.keys())[:3]}, "
            f"clips only in clip folders: {sorted(first.keys() - sharded)[:3]}",
            expected=f"the same clips in both, but for {left_out} rejects" * bool(left_out)
            or "the same clips in both",
        )
    return [fact for clip_id, fact in first.items() if clip_id in sharded]


def compute_statistics(
    facts: Sequence[ClipFacts], rationales: pa.Table, rejects: pa.Table
) -> dict[str, Any]:
    """``statistics.json`` as plain data, in a fixed order.

    Args:
        facts: Of every clip of the release.
        rationales: Rows of :data:`schemas.RATIONALE`.
        rejects: Rows of :data:`schemas.REJECT`.
    """
    plain = {n: [f.row[n] for f in facts] for n in COUNTED.names if n != "num_captions"}
    captions = [len(fact.row["captions"]) for fact in facts]
    missing = MissingJoints()
    for fact in facts:
        missing.add(fact.row["topology"], fact.slots, fact.missing)
    clips = pa.table({**plain, "num_captions": captions}, COUNTED)
    return summarize_clips(clips, missing, rationales, rejects)


COUNTED = pa.schema(
    [
        *(CLIP.arrow.field(name) for name in "corpus topology label label_namespace".split()),
        *(CLIP.arrow.field(name) for name in "subject camera setup num_persons".split()),
        *(CLIP.arrow.field(name) for name in "num_frames fps profile flags".split()),
        pa.field("num_captions", pa.int32()),
    ]
)
"""Of each clip, what the statistics of a release count."""


class MissingJoints:
    """Unobserved joints of many clips, by topology."""

    def __init__(self) -> None:
        self._slots: Counter[str] = Counter()
        self._missing: dict[str, npt.NDArray[np.int64]] = {}

    def add(self, topology: str, slots: int, missing: npt.NDArray[np.int64]) -> None:
        """Count a clip, or many.

        Args:
            topology: Its name.
            slots: Frames in which a person is present, summed over persons.
            missing: Of these, in how many each joint is unobserved, int64 [J].
        """
        self._slots[topology] += slots
        self._missing[topology] = self._missing.get(topology, 0) + missing

    def update(self, other: MissingJoints) -> None:
        """Add what another has counted."""
        for topology, missing in other._missing.items():
            self.add(topology, other._slots[topology], missing)

    def to_json(self) -> dict[str, Any]:
        """Share of unobserved joints of each topology, in all and of each joint in its order."""
        shares = {
            name: missing / max(self._slots[name], 1)
            for name, missing in sorted(self._missing.items())
        }
        return {
            name: {"share": round(float(each.mean()), 6), "joints": np.round(each, 6).tolist()}
            for name, each in shares.items()
        }


def summarize_clips(
    clips: pa.Table, missing: MissingJoints, rationales: pa.Table, rejects: pa.Table
) -> dict[str, Any]:
    """What :func:`compute_statistics` gives, of clips of which only this is at hand.

    Args:
        clips: Rows of :data:`COUNTED`.
        missing: Of the same clips.
        rationales: Rows of :data:`schemas.RATIONALE`.
        rejects: Rows of :data:`schemas.REJECT`.
    """
    frames = clips.column("num_frames").to_numpy().astype(np.int64)
    fps = clips.column("fps").to_numpy()
    return {
        "clips": len(clips),
        "corpora": _count(clips.column("corpus")),
        "topologies": _count(clips.column("topology")),
        "labels": _labels(clips),
        "splits": {c: _count(clips.column(c)) for c in ("subject", "camera", "setup")},
        "persons": _count(clips.column("num_persons")),
        "frames": _spread(frames),
        "seconds": _spread(frames / fps),
        "fps": _count(clips.column("fps"), "{:g}"),
        "profiles": _count(clips.column("profile")),
        "flags": _count(pc.list_flatten(clips.column("flags"))),
        "captions": pc.sum(clips.column("num_captions"), min_count=0).as_py(),
        "missing_joints": missing.to_json(),
        "rationales": _rationales(rationales),
        "rejects": _rejects(rejects),
    }


def _rejects(rejects: pa.Table) -> dict[str, int]:
    named = (rejects.column(name).to_pylist() for name in ("stage", "code"))
    return _order(Counter(f"{stage}: {code}" for stage, code in zip(*named, strict=True)))


def _count(values: pa.Array | pa.ChunkedArray, form: str = "{}") -> dict[str, int]:
    """Most frequent first, then by name; what is not stated is left out."""
    counts: Counter[str] = Counter()
    for entry in pc.value_counts(values).to_pylist():
        if entry["values"] is not None:
            counts[form.format(entry["values"])] += entry["counts"]
    return _order(counts)


def _order(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _labels(clips: pa.Table) -> dict[str, dict[str, int]]:
    known = clips.filter(pc.is_valid(clips.column("label")))
    counted = known.group_by(["label_namespace", "label"]).aggregate([([], "count_all")])
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for row in counted.to_pylist():
        labels[row["label_namespace"]][row["label"]] = row["count_all"]
    return {namespace: _order(labels[namespace]) for namespace in sorted(labels)}


def _spread(values: npt.NDArray[Any]) -> dict[str, float]:
    if not len(values):
        return {}
    at = np.percentile(values, [0, 5, 50, 95, 100])
    named = zip(("min", "p5", "median", "p95", "max"), at, strict=True)
    return {"total": round(float(np.sum(values)), 3)} | {n: round(float(v), 3) for n, v in named}


def _rationales(table: pa.Table) -> dict[str, Any]:
    steps = pc.list_flatten(table.column("steps"))
    verdicts = pa.chunked_array([c.field("verdict") for c in steps.chunks], pa.string())
    tokens = [pc.sum(table.column(c), min_count=0).as_py() for c in ("tokens_in", "tokens_out")]
    return {
        "count": len(table),
        "status": _count(table.column("status")),
        "teachers": _count(table.column("teacher")),
        "steps": len(steps),
        "verdicts": _count(verdicts),
        "grounded": _spread(table.column("grounded").to_numpy()),
        "tokens": sum(tokens),
        "usd": round(sum(table.column("usd").to_pylist()), 6),
    }
