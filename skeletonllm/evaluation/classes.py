"""Which classes are ranked against each other: those of a namespace that a view shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schemas import CLIP
from skeletonllm.corpora import readers
from skeletonllm.storage import read_table
from skeletonllm.storage.plan import stated_parts
from skeletonllm.views.view import COLUMNS, NamedView

Classes = dict[str, dict[str, tuple[str, ...]]]
"""Name of a view -> namespace -> classes, sorted."""


def list_class_names(namespace: str) -> tuple[str, ...]:
    """All classes of a closed namespace, met in any clips or not; () for an open one."""
    declared = (reader.label_names.get(namespace, ()) for reader in readers().values())
    return next(filter(None, declared), ())


def find_classes(folders: Sequence[str], views: Sequence[NamedView]) -> Classes:
    """The classes of each namespace of the clips that a view sees, without those it hides.

    Args:
        folders: Finished ``normalize`` folders.
        views: Whose clips, and whose classes.
    """
    met: dict[str, dict[str, set[str]]] = {named.name: defaultdict(set) for named in views}
    for part in stated_parts(folders, "normalize"):
        table = read_table(part, list(COLUMNS), CLIP)
        for named in views:
            seen = table.filter(named.view.mask(table)).select(["label_namespace", "label"])
            for row in seen.group_by(["label_namespace", "label"]).aggregate([]).to_pylist():
                met[named.name][row["label_namespace"] or ""].add(row["label"])
    return {
        named.name: {
            namespace: tuple(
                name
                for name in sorted(list_class_names(namespace) or labels)
                if named.view.shows(name)
            )
            for namespace, labels in sorted(met[named.name].items())
        }
        for named in views
    }
