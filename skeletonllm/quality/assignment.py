"""From measurements to the names of faults, once the duplicates are known."""

from __future__ import annotations

import pyarrow as pa

from schemas import QUALITY
from skeletonllm.quality.checks import list_faults

_BATCH = 4096
"""Rows that are Python objects at a time, so that memory does not grow with the corpus."""


def assign_faults(rows: pa.Table, duplicates: pa.Table) -> pa.Table:
    """Rows of :data:`schemas.QUALITY` with ``same_as``, ``label_conflict`` and ``faults`` filled.

    Args:
        rows: Measurements, one row a clip.
        duplicates: What :func:`skeletonllm.quality.find_duplicates` found among them.
    """
    known = {pair["clip_id"]: pair for pair in duplicates.to_pylist()}
    assigned = []
    for batch in rows.to_batches(_BATCH):
        for row in batch.to_pylist():
            if (pair := known.get(row["clip_id"])) is not None:
                row |= {"same_as": pair["same_as"], "same_kind": pair["kind"]}
                row["label_conflict"] = pair["label_conflict"]
            row["faults"] = list_faults(row)
            assigned.append(row)
    return pa.Table.from_pylist(assigned, schema=QUALITY.arrow)
