"""What a stage may show of a ranking: seen classes only, the first k."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from skeletonllm.errors import UsageError

TOP = 5
"""Hard negatives a clip in the paper's discrimination stage."""


def select_hard_negatives(
    table: pa.Table, label: str, seen: Collection[str] | None, k: int = TOP
) -> list[str]:
    """The k hardest classes that may be shown beside ``label``, hardest first.

    Args:
        table: Rows of :data:`schemas.NEGATIVE`, of one namespace and view.
        label: The class that is right.
        seen: Classes that may appear; None for all.
        k: How many at most.

    Raises:
        UsageError: The table does not rank this label.
    """
    rows = table.filter(pc.equal(table.column("label"), label))
    if not len(rows) and label not in pc.unique(table.column("candidate")).to_pylist():
        raise UsageError(f"no ranking for label {label!r}", where="negatives")
    ranked = rows.sort_by("rank").column("candidate").to_pylist()
    return [name for name in ranked if seen is None or name in seen][:k]
