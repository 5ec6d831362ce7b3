"""What became of the classes: names and numbers of every namespace."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from schemas import SAMPLE
from skeletonllm.release.diff.rows import find_changes
from skeletonllm.release.diff.side import Side
from skeletonllm.storage.layout import INDEX, table_file

Classes = dict[str, tuple[int, int]]
"""``namespace: class`` -> its ``label_id``, and its clips."""


@dataclass(frozen=True)
class ClassChanges:
    """What became of the classes; each is named ``namespace: class``.

    Args:
        before: Classes of the earlier release.
        after: Of the later one.
        added: Those of the later one alone.
        removed: Those of the earlier one alone.
        renumbered: Class -> its ``label_id`` before and now, where it changed.
        clips: Class -> its clips before and now, where that changed.
    """

    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renumbered: dict[str, list[Any]]
    clips: dict[str, list[Any]]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_classes(old: Side, new: Side) -> ClassChanges:
    """What became of the classes, from the two indexes.

    Args:
        old: The earlier release.
        new: The later one.
    """
    before, after = _read_classes(old), _read_classes(new)
    both = sorted(before.keys() & after.keys())
    numbers = [{name: classes[name][0] for name in both} for classes in (before, after)]
    clips = [{name: n for name, (_, n) in classes.items()} for classes in (before, after)]
    return ClassChanges(
        before=len(before),
        after=len(after),
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        renumbered=find_changes(*numbers),
        clips=find_changes(*clips),
    )


def _read_classes(side: Side) -> Classes:
    names = ["label_namespace", "label", "label_id"]
    with side.open_table(table_file(INDEX), SAMPLE) as index:
        table = pa.table({name: index.column(name) for name in names})
    counted = table.group_by(names).aggregate([([], "count_all")]).to_pylist()
    return {
        f"{row['label_namespace']}: {row['label']}": (row["label_id"], row["count_all"])
        for row in counted
        if row["label"] is not None
    }
