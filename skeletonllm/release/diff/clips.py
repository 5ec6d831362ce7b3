"""What became of the clips: the index of one release against that of another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas import SAMPLE
from skeletonllm.release.diff.rows import (
    Ids,
    Mask,
    Matched,
    count_values,
    find_changed,
    list_ids,
    match_rows,
    to_mask,
)
from skeletonllm.release.diff.side import Side, TableReader
from skeletonllm.storage.layout import INDEX, table_file

MOTION = "motion"
"""Name of the field that ``motion_sha256`` stands for."""
FIELDS = {
    **{name: name for name in ("label", "label_id", "label_namespace")},
    **{name: name for name in ("subject", "camera", "setup", "corpus", "topology")},
    **{name: f"num_{name}" for name in ("frames", "persons", "captions", "questions")},
    "rationales": "num_rationales",
    MOTION: "motion_sha256",
}
"""Field of a clip, and the column of the index that tells whether it changed."""
_COUNTED = ("captions", "rationales")
_PAIRS = 20
"""Moves from one class to another that are named."""


@dataclass(frozen=True)
class FieldChange:
    """One field of the clips that are in both releases.

    Args:
        ids: The clips in which it differs.
        filled: In how many of them it was empty before: null, or none of them.
        emptied: In how many it is empty now.
    """

    ids: Ids
    filled: int
    emptied: int

    @property
    def overwritten(self) -> int:
        """In how many one value was put in the place of another, or of nothing at all."""
        return self.ids.count - self.filled


@dataclass(frozen=True)
class ClipChanges:
    """What became of the clips.

    Args:
        before: Clips of the earlier release.
        after: Of the later one.
        both: Clips that are in both.
        added: Clips of the later one alone.
        removed: Of the earlier one alone.
        fields: Field -> where it changed; only those that did.
        changed: Clips of other content, or of another version of samples: those that samples can
            tell more of.
        captioned: Those of them that have captions: what these say stands in the samples alone.
        other: Clips of other content, which no field of the index tells; None where the releases
            do not state the same version of samples, so that all hashes differ.
        repacked: Clips of the same content and other bytes.
        moved: Clips in another tar than before.
        kept_place: Clips of the same bytes at the same place of the same tar.
        relabelled: ``[from, to, clips]``, most frequent first.
        added_by_corpus: Corpus -> added clips.
        removed_by_corpus: Corpus -> removed clips.
    """

    before: int
    after: int
    both: int
    added: Ids
    removed: Ids
    fields: dict[str, FieldChange]
    changed: int
    captioned: int
    other: Ids | None
    repacked: int
    moved: int
    kept_place: int
    relabelled: tuple[tuple[str, str, int], ...]
    added_by_corpus: dict[str, int]
    removed_by_corpus: dict[str, int]

    def count(self, field: str) -> int:
        """In how many clips a field changed."""
        return self.fields[field].ids.count if field in self.fields else 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_clips(old: Side, new: Side, told: pa.Array) -> ClipChanges:
    """What became of the clips, from the two indexes alone; no tar is opened.

    Columns are read one after the other, so that memory holds the ids and one column of each.

    Args:
        old: The earlier release.
        new: The later one.
        told: Ids of clips of which another table tells what changed in their samples.

    Raises:
        ReleaseError: An index differs from its manifest, or names a clip twice.
    """
    name = table_file(INDEX)
    with old.open_table(name, SAMPLE) as before, new.open_table(name, SAMPLE) as after:
        match = match_rows(before.column("clip_id"), after.column("clip_id"), "a clip")
        pairs = _Pairs(before, after, match)
        fields, explained = _compare_fields(pairs)
        same_bytes = ~pairs.find_changed("bytes_hash")
        moved = pairs.find_changed("shard")
        elsewhere = moved | pairs.find_changed("offset")
        content = pairs.find_changed("content_hash")
        by_table = to_mask(pc.is_in(match.kept(np.ones(len(match.new), np.bool_)), value_set=told))
        one_layout = before.version == after.version
        return ClipChanges(
            before=len(before),
            after=len(after),
            both=len(match.new),
            added=list_ids(match.new_ids.take(pa.array(match.added))),
            removed=list_ids(match.old_ids.take(pa.array(match.removed))),
            fields=fields,
            changed=int(content.sum()),
            captioned=int((content & _has_captions(pairs)).sum()),
            other=list_ids(match.kept(content & ~explained & ~by_table)) if one_layout else None,
            repacked=int((~content & ~same_bytes).sum()),
            moved=int(moved.sum()),
            kept_place=int((same_bytes & ~elsewhere).sum()),
            relabelled=_count_moves(pairs) if "label" in fields else (),
            added_by_corpus=count_values(after.column("corpus").take(pa.array(match.added))),
            removed_by_corpus=count_values(before.column("corpus").take(pa.array(match.removed))),
        )


@dataclass(frozen=True)
class _Pairs:
    """Two open indexes, and which of their rows are of the same clip."""

    old: TableReader
    new: TableReader
    match: Matched

    def read(self, column: str) -> tuple[pa.Array, pa.Array]:
        return self.match.pair(self.old.column(column), self.new.column(column))

    def find_changed(self, column: str) -> Mask:
        return find_changed(*self.read(column))


def _compare_fields(pairs: _Pairs) -> tuple[dict[str, FieldChange], Mask]:
    """Field -> where it changed, and all clips in which some field did."""
    fields: dict[str, FieldChange] = {}
    explained = np.zeros(len(pairs.match.new), np.bool_)
    for field, column in FIELDS.items():
        before, after = pairs.read(column)
        changed = find_changed(before, after)
        if changed.any():
            was, now = (_is_empty(values, field)[changed] for values in (before, after))
            ids = list_ids(pairs.match.kept(changed))
            fields[field] = FieldChange(ids, int(was.sum()), int(now.sum()))
            # Questions are a table beside the tars: no sample holds them.
            explained |= changed if field != "questions" else False
    return fields, explained


def _has_captions(pairs: _Pairs) -> Mask:
    """In both; where it has none any more, or had none, the index tells."""
    before, after = pairs.read(FIELDS["captions"])
    return to_mask(pc.and_(pc.greater(before, 0), pc.greater(after, 0)))


def _is_empty(values: pa.Array, field: str) -> Mask:
    return to_mask(pc.equal(values, 0) if field in _COUNTED else pc.is_null(values))


def _count_moves(pairs: _Pairs) -> tuple[tuple[str, str, int], ...]:
    """From which class to which, where both have one."""
    before, after = pairs.read("label")
    table = pa.table({"old": before, "new": after})
    moved = table.filter(pc.not_equal(table.column("old"), table.column("new")))
    counts = moved.group_by(["old", "new"]).aggregate([([], "count_all")])
    ordered = counts.sort_by([("count_all", "descending"), ("old", "ascending")])
    rows = ordered.slice(0, _PAIRS).to_pylist()
    return tuple((row["old"], row["new"], row["count_all"]) for row in rows)
