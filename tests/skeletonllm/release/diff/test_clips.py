from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from skeletonllm.errors import ReleaseError
from skeletonllm.release.diff import compare_releases
from skeletonllm.release.diff.clips import ClipChanges, compare_clips
from skeletonllm.release.diff.rows import Ids
from skeletonllm.release.diff.side import open_side


def clips_of(old: Path | str, new: Path | str) -> ClipChanges:
    contents = compare_releases(str(old), str(new)).contents
    assert contents is not None
    return contents.clips


def test_a_release_is_equal_to_itself(pristine: Path) -> None:
    found = clips_of(pristine, pristine)
    assert (found.before, found.after, found.both, found.kept_place) == (11, 11, 11, 11)
    assert (found.added, found.removed, found.fields, found.other) == (Ids(0), Ids(0), {}, Ids(0))
    assert (found.repacked, found.moved, found.relabelled) == (0, 0, ())


def test_added_and_removed_clips_are_counted_by_corpus_and_named(pristine, cut, corpora) -> None:
    first, second = corpora
    found = clips_of(pristine, cut("2.0.0", first[2:], second))
    assert (found.before, found.after, found.both) == (11, 9, 9)
    assert found.removed.first == ("alpha/000", "alpha/001")
    assert found.removed_by_corpus == {"alpha": 2}
    assert found.added.count == 0
    back = clips_of(cut("2.0.1", first[2:], second), pristine)
    assert (back.added.first, back.added_by_corpus) == (("alpha/000", "alpha/001"), {"alpha": 2})


def test_each_changed_field_names_its_clips(pristine, cut, corpora) -> None:
    first, second = corpora
    changed = list(first)
    moved = first[3].motion.joints + np.float32(0.25)
    changed[3] = replace(first[3], motion=replace(first[3].motion, joints=moved))
    changed[4] = replace(first[4], label="sit down", label_id=2)
    changed[5] = replace(first[5], subject=None, camera="C9")
    found = clips_of(pristine, cut("1.0.1", changed, second))
    named = {name: change.ids.first for name, change in found.fields.items()}
    assert named == {
        "motion": ("alpha/003",),
        "label": ("alpha/004",),
        "label_id": ("alpha/004",),
        "subject": ("alpha/005",),
        "camera": ("alpha/005",),
    }
    assert found.relabelled == (("jump up", "sit down", 1),)
    assert (found.fields["camera"].filled, found.fields["camera"].overwritten) == (1, 0)
    assert (found.fields["subject"].emptied, found.fields["subject"].overwritten) == (1, 1)
    assert found.other is not None
    assert found.other.count == 0


def test_what_no_field_of_the_index_tells_is_other(pristine, cut, corpora) -> None:
    first, second = corpora
    flagged = [replace(first[0], flags=("resampled",)), *first[1:]]
    found = clips_of(pristine, cut("1.0.1", flagged, second))
    assert found.other is not None
    assert (found.other.first, found.fields) == (("alpha/000",), {})


def test_a_changed_rationale_is_no_other_change_of_its_clip(pristine, edit) -> None:
    def change(rows):
        rows[0]["content_hash"] = bytes(16)
        return rows

    old, new = open_side(str(pristine)), open_side(edit("index.parquet", change))
    alone = compare_clips(old, new, pa.array([], pa.string()))
    assert alone.other is not None
    assert alone.other.first == ("alpha/000",)
    told = compare_clips(old, new, pa.array(["alpha/000", "elsewhere/1"]))
    assert told.other == Ids(0)


def test_a_clip_twice_is_refused(pristine, edit) -> None:
    def change(rows):
        rows[1]["clip_id"] = rows[0]["clip_id"]
        return rows

    with pytest.raises(ReleaseError, match="an id of a clip stands twice in one release"):
        clips_of(pristine, edit("index.parquet", change))


def test_other_bytes_of_equal_content_are_packed_otherwise(pristine, edit) -> None:
    def change(rows):
        rows[2]["bytes_hash"] = bytes(16)
        return rows

    found = clips_of(pristine, edit("index.parquet", change))
    assert (found.repacked, found.kept_place, found.fields) == (1, 10, {})
    assert found.other.count == 0
