"""What the files of a release say of it as a whole, read for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from schemas import NEGATIVE, RATIONALE, REJECT
from skeletonllm.storage import exists, join, read_bytes, read_json, read_table
from skeletonllm.storage.layout import table_file
from skeletonllm.viewer.columns import WordSets
from skeletonllm.viewer.negatives import Negatives
from skeletonllm.viewer.overview import ReleaseFacts

_PAIRS, _REJECTS = 30, 10
_COSTS = ["teacher", "tokens_in", "tokens_out", "usd"]


def read_facts(
    folder: str,
    head: Mapping[str, Any],
    splits: WordSets,
    negatives: Negatives,
    findings: Sequence[str],
) -> ReleaseFacts:
    """The facts of a release; files that an older one lacks say nothing.

    Args:
        folder: Of the release.
        head: As in its manifest.
        splits: Parts of protocols, of all rows.
        negatives: Its hard negatives.
        findings: What ``verify`` would say a reader should know.
    """
    rejects = read_rows(folder, "rejects", REJECT.arrow.names, REJECT)
    changes = join(folder, "changes.md")
    return ReleaseFacts(
        head=head,
        numbers=read_json(join(folder, "statistics.json")),
        licences=read_json(join(folder, "licences.json")),
        rejects=rejects.slice(0, _REJECTS).to_pylist(),
        costs=_sum_costs(read_rows(folder, "rationales", _COSTS, RATIONALE)),
        pairs=negatives.list_pairs(_PAIRS),
        findings=tuple(findings),
        changes=read_bytes(changes).decode("utf-8", "replace") if exists(changes) else None,
        splits=splits,
    )


def read_negatives(folder: str) -> Negatives:
    """The hard negatives of a release, of one view."""
    names = [name for name in NEGATIVE.arrow.names if name != "view_sha256"]
    return Negatives(read_rows(folder, "negatives", names, NEGATIVE))


def read_rows(folder: str, name: str, columns: list[str], schema: Any) -> pa.Table:
    """Columns of a table of a release; no rows where it has no such table.

    Args:
        folder: Of the release.
        name: Of the table.
        columns: Which.
        schema: Of the table.
    """
    place = join(folder, table_file(name))
    if not exists(place):
        return schema.arrow.empty_table().select(columns)
    return read_table(place, columns, schema)


def _sum_costs(rationales: pa.Table) -> list[list[Any]]:
    grouped = rationales.group_by("teacher", use_threads=False).aggregate(
        [([], "count_all"), *((name, "sum") for name in _COSTS[1:])]
    )
    rows = grouped.sort_by("teacher").to_pylist()
    return [
        [r["teacher"], r["count_all"], r["tokens_in_sum"], r["tokens_out_sum"], _round(r)]
        for r in rows
    ]


def _round(row: Mapping[str, Any]) -> float:
    return round(float(row["usd_sum"]), 6)
