"""The hardest negatives of each class, with what made them hard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas import ALL_CLIPS

SHOWN = 5
Key = tuple[str | None, str | None]
"""Namespace and class."""


class Negatives:
    """The rankings of one view: that of all clips, or the first one by name.

    Args:
        table: Rows of :data:`schemas.NEGATIVE`.
    """

    def __init__(self, table: pa.Table) -> None:
        views = sorted(pc.unique(table.column("view")).to_pylist())
        self.view = ALL_CLIPS if ALL_CLIPS in views else next(iter(views), None)
        near = pc.and_(
            pc.equal(table.column("view"), pa.scalar(self.view, pa.string())),
            pc.less_equal(table.column("rank"), SHOWN),
        )
        rows = table.filter(pc.fill_null(near, False)).sort_by("rank").to_pylist()
        self._of: dict[Key, list[list[str]]] = {}
        for row in rows:
            known = self._of.setdefault((row["label_namespace"], row["label"]), [])
            known.append([row["candidate"], _write_why(row)])
        self.pairs = sorted((r for r in rows if r["rank"] == 1), key=_hardest_first)

    def hardest(self, namespace: str | None, label: str | None) -> list[list[str]]:
        """Class and why of each, hardest first.

        Args:
            namespace: Of the class.
            label: The class.
        """
        return self._of.get((namespace, label), [])

    def list_pairs(self, most: int) -> list[list[Any]]:
        """Classes and what each is taken for most easily, hardest first."""
        shown = self.pairs[:most]
        return [[r["label_namespace"], r["label"], r["candidate"], _write_why(r)] for r in shown]


def _hardest_first(row: Mapping[str, Any]) -> tuple[float, str, str]:
    closest = max((source["score"] for source in row["sources"]), default=0.0)
    return -closest, row["label_namespace"], row["label"]


def _write_why(row: Mapping[str, Any]) -> str:
    scores = [f"{source['name']} {source['score']:.2f}" for source in row["sources"]]
    reasons = [reason for reason in row["reasons"] or () if reason]
    return "; ".join([", ".join(scores), *reasons])
