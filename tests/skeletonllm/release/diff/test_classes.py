from __future__ import annotations

from pathlib import Path

from skeletonllm.release.diff.classes import compare_classes
from skeletonllm.release.diff.side import open_side


def compare(old: Path | str, new: Path | str):
    return compare_classes(open_side(str(old)), open_side(str(new)))


def test_classes_are_counted_by_namespace(pristine: Path) -> None:
    found = compare(pristine, pristine)
    assert (found.before, found.after) == (3, 3)
    assert (found.added, found.removed, found.renumbered, found.clips) == ((), (), {}, {})


def test_classes_come_go_and_are_renumbered(pristine: Path, edit) -> None:
    def change(rows):
        for row in rows:
            if row["label"] == "jump up":
                row["label"] = "jump"
            if row["label"] == "sit down":
                row["label_id"] = 7
        return [*rows[:-1], {**rows[-1], "label": None, "label_id": None, "label_namespace": None}]

    found = compare(pristine, edit("index.parquet", change))
    assert (found.added, found.removed) == (("toy: jump",), ("toy: jump up",))
    assert found.clips["toy: jump"] == [None, 4]
    assert found.clips["toy: jump up"] == [4, None]
    assert found.clips["toy: sit down"] == [3, 2]  # the last clip has no class any more
    assert found.renumbered == {"toy: sit down": [2, 7]}
