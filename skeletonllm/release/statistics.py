"""The statistics of a release: counts, lengths, missing joints, rationales and rejects."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas import CLIP

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
    """``statistics.json`` as plain data, in a fixed order, of tables that are held.

    Args:
        clips: Rows of :data:`COUNTED`.
        missing: Of the same clips.
        rationales: Rows of :data:`schemas.RATIONALE`.
        rejects: Rows of :data:`schemas.REJECT`.
    """
    numbers = Statistics(missing)
    numbers.add_clips(clips)
    numbers.add_rationales(rationales)
    numbers.add_rejects(rejects)
    return numbers.to_json()


_PLAIN = {
    "corpora": "corpus",
    "topologies": "topology",
    "persons": "num_persons",
    "fps": "fps",
    "profiles": "profile",
}
_SPLITS = ("subject", "camera", "setup")
TOLD = ("status", "teacher", "steps", "grounded", "tokens_in", "tokens_out", "usd")
"""Of each rationale, what is counted."""


class Statistics:
    """What ``statistics.json`` says, counted some rows at a time.

    Of each clip two numbers are kept, and of each rationale one, since percentiles need them all.

    Args:
        missing: Unobserved joints; whoever adds clips adds theirs.
    """

    def __init__(self, missing: MissingJoints | None = None) -> None:
        self.missing = missing or MissingJoints()
        self._clips = _Tally((*_PLAIN.values(), *_SPLITS, "flags"))
        self._labels: Counter[tuple[str, str]] = Counter()
        self._frames: list[npt.NDArray[Any]] = []
        self._fps: list[npt.NDArray[Any]] = []
        self._captions = 0
        self._told = _Tally(("status", "teacher", "verdict"))
        self._grounded: list[npt.NDArray[Any]] = []
        self._tokens, self._steps, self._usd = 0, 0, 0.0
        self._rejects: Counter[str] = Counter()

    def add_clips(self, clips: pa.Table) -> None:
        """Count rows of :data:`COUNTED`."""
        for name in (*_PLAIN.values(), *_SPLITS):
            self._clips.add(name, clips.column(name), "{:g}" if name == "fps" else "{}")
        self._clips.add("flags", pc.list_flatten(clips.column("flags")))
        self._frames.append(clips.column("num_frames").to_numpy())
        self._fps.append(clips.column("fps").to_numpy())
        self._captions += pc.sum(clips.column("num_captions"), min_count=0).as_py()
        known = clips.filter(pc.is_valid(clips.column("label")))
        counted = known.group_by(["label_namespace", "label"]).aggregate([([], "count_all")])
        for row in counted.to_pylist():
            self._labels[row["label_namespace"], row["label"]] += row["count_all"]

    def add_rationales(self, rows: pa.Table) -> None:
        """Count columns :data:`TOLD` of :data:`schemas.RATIONALE`."""
        steps = pc.list_flatten(rows.column("steps"))
        verdicts = [chunk.field("verdict") for chunk in steps.chunks]
        self._steps += len(steps)
        self._told.add("verdict", pa.chunked_array(verdicts, pa.string()))
        for name in ("status", "teacher"):
            self._told.add(name, rows.column(name))
        self._grounded.append(rows.column("grounded").to_numpy())
        for name in ("tokens_in", "tokens_out"):
            self._tokens += pc.sum(rows.column(name), min_count=0).as_py()
        self._usd = sum(rows.column("usd").to_pylist(), self._usd)

    def add_rejects(self, rows: pa.Table) -> None:
        """Count columns ``stage`` and ``code`` of :data:`schemas.REJECT`."""
        named = (rows.column(name).to_pylist() for name in ("stage", "code"))
        self._rejects.update(f"{stage}: {code}" for stage, code in zip(*named, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain data, in a fixed order."""
        frames = np.concatenate([np.zeros(0, np.int64), *self._frames])
        fps = np.concatenate([np.zeros(0), *self._fps])
        plain = {name: self._clips.order(column) for name, column in _PLAIN.items()}
        return {
            "clips": len(frames),
            "corpora": plain["corpora"],
            "topologies": plain["topologies"],
            "labels": self._order_labels(),
            "splits": {name: self._clips.order(name) for name in _SPLITS},
            "persons": plain["persons"],
            "frames": _spread(frames),
            "seconds": _spread(frames / fps),
            "fps": plain["fps"],
            "profiles": plain["profiles"],
            "flags": self._clips.order("flags"),
            "captions": self._captions,
            "missing_joints": self.missing.to_json(),
            "rationales": self._sum_up_rationales(),
            "rejects": _order(self._rejects),
        }

    def _order_labels(self) -> dict[str, dict[str, int]]:
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for (namespace, label), count in self._labels.items():
            labels[namespace][label] = count
        return {namespace: _order(labels[namespace]) for namespace in sorted(labels)}

    def _sum_up_rationales(self) -> dict[str, Any]:
        grounded = np.concatenate([np.zeros(0), *self._grounded])
        return {
            "count": len(grounded),
            "status": self._told.order("status"),
            "teachers": self._told.order("teacher"),
            "steps": self._steps,
            "verdicts": self._told.order("verdict"),
            "grounded": _spread(grounded),
            "tokens": self._tokens,
            "usd": round(self._usd, 6),
        }


class _Tally:
    """How often each value stands in some columns; what is not stated is left out."""

    def __init__(self, names: Iterable[str]) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in names}

    def add(self, name: str, values: pa.Array | pa.ChunkedArray, form: str = "{}") -> None:
        for entry in pc.value_counts(values).to_pylist():
            if entry["values"] is not None:
                self._counts[name][form.format(entry["values"])] += entry["counts"]

    def order(self, name: str) -> dict[str, int]:
        return _order(self._counts[name])


def _order(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, then by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _spread(values: npt.NDArray[Any]) -> dict[str, float]:
    if not len(values):
        return {}
    at = np.percentile(values, [0, 5, 50, 95, 100])
    named = zip(("min", "p5", "median", "p95", "max"), at, strict=True)
    return {"total": round(float(np.sum(values)), 3)} | {n: round(float(v), 3) for n, v in named}


class SourceHashes:
    """The source files of the clips of each corpus, as one hash over their sorted hashes.

    They lie one after the other in one buffer a corpus: many small arrays would take twice as much.
    """

    def __init__(self) -> None:
        self._found: dict[str, bytearray] = defaultdict(bytearray)

    def add(self, corpora: pa.ChunkedArray, digests: npt.NDArray[np.uint8]) -> None:
        """Add the sources of some clips.

        Args:
            corpora: Of each clip its corpus.
            digests: Of each the hash of its source, [N, 32].
        """
        for corpus in pc.unique(corpora).to_pylist():
            own = pc.equal(corpora, corpus).to_numpy()
            self._found[corpus] += np.unique(digests[own].view("S32")).tobytes()

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Corpus -> number of source files, and the hash."""
        return {corpus: _hash_all(self._found[corpus]) for corpus in sorted(self._found)}


_LINES = 4096
"""Hashes that are written as text together."""


def _hash_all(found: bytearray) -> dict[str, Any]:
    """Sorts the hashes where they lie, and hashes each once."""
    every = np.frombuffer(found, "S32")
    every.sort()
    first = np.ones(len(every), np.bool_)
    first[1:] = every[1:] != every[:-1]
    digest, files = hashlib.sha256(), 0
    for start in range(0, len(every), _LINES):
        part = slice(start, start + _LINES)
        text = every[part][first[part]].tobytes().hex()
        lines = [text[at : at + 64] for at in range(0, len(text), 64)]
        digest.update(("\n" * bool(files and lines) + "\n".join(lines)).encode())
        files += len(lines)
    return {"files": files, "sha256": digest.hexdigest()}
