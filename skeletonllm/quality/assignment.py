"""From measurements to faults, once it is known which motions come twice."""

from __future__ import annotations

import pyarrow as pa

from schemas import QUALITY
from skeletonllm.quality.checks import list_faults

_BATCH = 4096
"""Rows that are Python objects at a time."""


def assign_faults(rows: pa.Table, duplicates: pa.Table) -> pa.Table:
    """Rows of :data:`schemas.QUALITY` with ``same_as``, ``label_conflict`` and ``faults`` filled.

    Args:
        rows: Measurements.
        duplicates: What :func:`skeletonllm.quality.find_duplicates` found among them.
    """
    known = {pair["clip_id"]: pair for pair in duplicates.to_pylist()}
    judged = []
    for batch in rows.to_batches(_BATCH):
        for row in batch.to_pylist():
            if (pair := known.get(row["clip_id"])) is not None:
                row |= {"same_as": pair["same_as"], "same_kind": pair["kind"]}
                row["label_conflict"] = pair["label_conflict"]
            row["faults"] = list_faults(row)
            judged.append(row)
    return pa.Table.from_pylist(judged, schema=QUALITY.arrow)
