"""The results of all measurements of a corpus, from which the report is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, eq=False)
class QualityResults:
    """The results of all measurements of a corpus.

    Args:
        rows: Of :data:`schemas.QUALITY`, with their faults.
        duplicates: Of :data:`schemas.DUPLICATE`.
        rejects: Of :data:`schemas.REJECT`: what was not read.
    """

    rows: pa.Table
    duplicates: pa.Table
    rejects: pa.Table

    @property
    def sound(self) -> int:
        """Number of clips without any fault."""
        return int(
            pc.sum(pc.equal(pc.list_value_length(self.rows.column("faults")), 0)).as_py() or 0
        )

    @property
    def by_fault(self) -> Counter[str]:
        """Number of clips with each fault."""
        return Counter(pc.list_flatten(self.rows.column("faults")).to_pylist())
