"""The rankings of a release by class, from the table beside its tars."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS, NEGATIVE
from skeletonllm.shards.checked_files import read_checked_table
from skeletonllm.shards.manifest import find_manifest
from skeletonllm.storage.layout import table_file

NEGATIVES = table_file("negatives")
"""Of a release and beside shards: the rankings of all views, one after the other. One file and not
one a view: names of views ("ntu60/55-5") are no file names, a manifest lists it once, and a stream
reads only the columns it needs and keeps the rows of its own view."""

Ranking = Mapping[tuple[str, str], tuple[str, ...]]
"""``(namespace, label)`` -> its candidates, hardest first."""
_COLUMNS = ["view_sha256", "label_namespace", "label", "candidate", "rank"]
"""Without ``sources`` and ``reasons``, which are most of the bytes."""


def read_ranking(folder: str, sha256: str | None, shows: Callable[[str], bool]) -> Ranking:
    """The ranking of one view, of the classes it shows alone.

    Args:
        folder: Of a release, or of a shards stage.
        sha256: Hash of the view; None for the ranking of all clips.
        shows: Whether the view shows a class.

    Raises:
        ReleaseError: The table is not the one that the manifest lists.
        SchemaError: The table is of another major version.
    """
    table = read_checked_table(folder, NEGATIVES, find_manifest(folder), NEGATIVE, _COLUMNS)
    stated = table.column("view_sha256")
    rows = table.filter(pc.is_null(stated) if sha256 is None else pc.equal(stated, sha256))
    for column in ("label", "candidate"):
        names = pc.unique(rows.column(column)).to_pylist()
        shown = pa.array([name for name in names if shows(name)], pa.string())
        rows = rows.filter(pc.is_in(rows.column(column), value_set=shown))
    return {key: tuple(names) for key, names in _group(rows).items()}


def group_candidates(table: pa.Table, view: str = ALL_CLIPS) -> dict[tuple[str, str], list[str]]:
    """``(namespace, label)`` -> all its candidates, hardest first.

    Args:
        table: Rows of :data:`schemas.NEGATIVE`.
        view: Name of the view whose ranking to take.
    """
    return _group(table.filter(pc.equal(table.column("view"), view)))


def _group(rows: pa.Table) -> dict[tuple[str, str], list[str]]:
    ordered = rows.sort_by([(name, "ascending") for name in ("label_namespace", "label", "rank")])
    found: dict[tuple[str, str], list[str]] = {}
    columns = (ordered.column(c).to_pylist() for c in ("label_namespace", "label", "candidate"))
    for namespace, label, candidate in zip(*columns, strict=True):
        found.setdefault((namespace, label), []).append(candidate)
    return found
