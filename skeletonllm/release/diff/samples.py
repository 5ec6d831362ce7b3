"""What changed within samples: fields that no index holds, and how far joints moved.

This alone opens tars; one range of each is read for a sample whose content differs, by a reader
of its own: tars of a stage may be others a minute later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.errors import ReleaseError
from skeletonllm.motion import Motion
from skeletonllm.release.diff.origin import rank_terms
from skeletonllm.release.diff.rows import find_changed, match_rows
from skeletonllm.release.diff.side import Side
from skeletonllm.shards import decode, hash_bytes, read_members
from skeletonllm.shards.checked_files import load_checked_topologies
from skeletonllm.shards.codec import META
from skeletonllm.storage.layout import INDEX, table_file
from skeletonllm.storage.ranges import RangeReader

_PLACE = ("key", "shard", "offset", "size", "bytes_hash", "topology")
_PACKING = ("sample_version", "quantum", "decoded_sha256")
"""How a sample is stored, and not what it holds; motions are compared as they decode."""
_BATCH = 1024
Text = Mapping[str, Any]
"""What the JSON of a sample says."""


@dataclass(frozen=True)
class SampleChanges:
    """What changed within the samples of both releases.

    Args:
        read: Samples of other content, all of them read from both releases.
        fields: Field of their text -> in how many it changed.
        motions: In how many the stored motion is another.
        reshaped: Of these, in how many frames, persons or joints are others, so that nothing was
            measured.
        moved: Largest way that a joint went in each of the rest, in the unit of its space: the
            smallest, the middle and the largest of these; None where nothing was measured.
        told: Of these motions, the ids of those whose joints moved most.
        tightened: Clips whose licence is another, with tighter terms.
        loosened: Clips whose licence is another, with looser terms.
    """

    read: int
    fields: dict[str, int]
    motions: int
    reshaped: int
    moved: tuple[float, float, float] | None
    told: tuple[str, ...]
    tightened: int
    loosened: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


_TOLD = 10


def compare_samples(old: Side, new: Side) -> SampleChanges:
    """What changed within the samples whose content is another.

    Args:
        old: The earlier release.
        new: The later one.

    Raises:
        ReleaseError: A sample is not what its index says.
        FileNotFoundError: A tar is not there.
        UsageError: A skeleton is defined otherwise here.
    """
    sides = (_Reader(old), _Reader(new))
    fields: Counter[str] = Counter()
    ways: dict[str, float | None] = {}
    ranks: Counter[int] = Counter()
    read = 0
    for clip_id, one, other in _iter_changed(old, new):
        read += 1
        before, after = (side.read(row) for side, row in zip(sides, (one, other), strict=True))
        texts = [orjson.loads(members[META]) for members in (before, after)]
        fields.update(_find_fields(*texts))
        ranks[_compare_terms(sides, texts)] += 1
        motions = [decode(members).motion for members in (before, after)]
        if motions[0].sha256 != motions[1].sha256:
            ways[clip_id] = _measure_way(*motions)
    far = {clip_id: way for clip_id, way in ways.items() if way is not None}
    moved = np.percentile(list(far.values()), [0, 50, 100]).round(6).tolist() if far else None
    return SampleChanges(
        read=read,
        fields=dict(sorted(fields.items())),
        motions=len(ways),
        reshaped=len(ways) - len(far),
        moved=None if moved is None else (moved[0], moved[1], moved[2]),
        told=tuple(sorted(far, key=lambda name: (-far[name], name))[:_TOLD]),
        tightened=ranks[1],
        loosened=ranks[-1],
    )


def _iter_changed(old: Side, new: Side) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Id and both places of each clip of both whose content differs, in order of the later one."""
    name = table_file(INDEX)
    with old.open_table(name, SAMPLE) as before, new.open_table(name, SAMPLE) as after:
        match = match_rows(before.column("clip_id"), after.column("clip_id"), "a clip")
        content = [table.column("content_hash") for table in (before, after)]
        changed = find_changed(*match.pair(*content))
        places = [
            pa.table({c: table.column(c).take(pa.array(rows[changed])) for c in _PLACE})
            for table, rows in ((before, match.old), (after, match.new))
        ]
        ids = match.kept(changed)
    for start in range(0, len(ids), _BATCH):
        rows = [table.slice(start, _BATCH).to_pylist() for table in places]
        yield from zip(ids[start : start + _BATCH].to_pylist(), *rows, strict=True)


class _Reader:
    """Samples of one release, and the terms of their licences."""

    def __init__(self, side: Side) -> None:
        load_checked_topologies(side.manifest)
        self._side, self._tars = side, RangeReader(side.tars)
        self._licences = side.read_json("licences.json")

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a sample that the index names."""
        start = row["offset"]
        data = self._tars.read(row["shard"], start, start + row["size"])
        if hash_bytes(data) != row["bytes_hash"]:
            found = "its bytes are not those that the index has the hash of"
            hint = "Run `skeletonllm verify` on the release."
            where = f"{self._side.identity}, sample {row['key']}"
            raise ReleaseError(found, where=where, hint=hint)
        return read_members(data, row["key"])

    def rank(self, text: Text) -> int:
        """How tight the terms of a sample are."""
        return rank_terms(self._licences.get(str(text.get("licence"))))


def _compare_terms(sides: tuple[_Reader, _Reader], texts: Sequence[Text]) -> int:
    """1 for another licence of tighter terms, -1 for one of looser terms, 0 for neither."""
    old, new = texts
    if old.get("licence") == new.get("licence"):  # its terms are compared as a whole
        return 0
    before, after = (side.rank(text) for side, text in zip(sides, texts, strict=True))
    return (after > before) - (after < before)


def _find_fields(old: Text, new: Text) -> set[str]:
    """Fields of the text that differ; how a sample is packed is none."""
    names = (old.keys() | new.keys()) - set(_PACKING)
    return {name for name in names if old.get(name) != new.get(name)}


def _measure_way(old: Motion, new: Motion) -> float | None:
    """The largest way of a joint that both observed, in the unit of its space; None if none."""
    if old.joints.shape != new.joints.shape:
        return None
    both = old.observed & new.observed
    ways = np.linalg.norm(old.joints - new.joints, axis=-1)[both]
    return float(ways.max()) if ways.size else None
