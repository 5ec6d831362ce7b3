"""What became of the hard negatives: the rankings of classes, view by view."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import NEGATIVE
from skeletonllm.release.diff.side import Side

HARDEST = 5
"""Candidates of a class that are compared: as many as a question of several choices shows."""
_COLUMNS = ("view", "view_sha256", "label_namespace", "label", "candidate", "rank")

Rankings = dict[str, dict[str, tuple[str, ...]]]
"""View -> ``namespace: class`` -> its hardest candidates, hardest first."""


@dataclass(frozen=True)
class ViewChange:
    """The rankings of one view.

    Args:
        classes: Classes ranked before and now.
        changed: Classes of both whose hardest candidates are others, or in another order.
        shared: Mean share of the hardest candidates that stayed, over classes of both; None
            where there is none.
        lost: Classes that were ranked, and are not any more.
        gained: Classes that are ranked only now.
    """

    classes: tuple[int, int]
    changed: int
    shared: float | None
    lost: int
    gained: int


@dataclass(frozen=True)
class RankingChanges:
    """What became of the rankings.

    Args:
        before: Rows of the earlier release.
        after: Of the later one.
        added: Views of the later one alone, by name.
        removed: Views of the earlier one alone.
        redefined: Views of one name that select by other rules now.
        views: View -> what changed; those of both, where something did.
    """

    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    redefined: tuple[str, ...]
    views: dict[str, ViewChange]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def compare_rankings(old: Side, new: Side) -> RankingChanges:
    """What became of the rankings of every view.

    Args:
        old: The earlier release.
        new: The later one.

    Raises:
        ReleaseError: A table differs from its manifest.
    """
    (before, was, rows), (after, now, more) = _read(old), _read(new)
    both = sorted(before.keys() & after.keys())
    views = {name: _compare(before[name], after[name]) for name in both}
    return RankingChanges(
        before=rows,
        after=more,
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        redefined=tuple(name for name in both if was[name] != now[name]),
        views={n: v for n, v in views.items() if v.changed or v.lost or v.gained},
    )


def _read(side: Side) -> tuple[Rankings, dict[str, str | None], int]:
    """Rankings by view, the hash of each view, and rows."""
    with side.open_table("negatives.parquet", NEGATIVE) as table:
        columns = {name: table.column(name) for name in _COLUMNS}
    rows = pa.table(columns)
    hardest = rows.filter(pc.less_equal(rows.column("rank"), HARDEST)).sort_by("rank")
    hashes = dict(zip(*(columns[c].to_pylist() for c in ("view", "view_sha256")), strict=True))
    found: dict[str, dict[str, list[str]]] = {view: defaultdict(list) for view in hashes}
    for row in hardest.to_pylist():
        found[row["view"]][f"{row['label_namespace']}: {row['label']}"].append(row["candidate"])
    ranked = {view: {k: tuple(v) for k, v in of.items()} for view, of in found.items()}
    return ranked, hashes, len(rows)


def _compare(old: dict[str, tuple[str, ...]], new: dict[str, tuple[str, ...]]) -> ViewChange:
    both = sorted(old.keys() & new.keys())
    shares = [len(set(old[k]) & set(new[k])) / max(len(old[k]), len(new[k])) for k in both]
    shared = round(sum(shares) / len(shares), 4) if shares else None
    changed = sum(old[k] != new[k] for k in both)
    lost, gained = len(old.keys() - new.keys()), len(new.keys() - old.keys())
    return ViewChange((len(old), len(new)), changed, shared, lost, gained)
