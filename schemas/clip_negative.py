"""For each clip, the clips of confusable classes that move most like it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least, sha256


def _not_itself(table: pa.Table) -> pa.Array:
    return pc.not_equal(table.column("clip_id"), table.column("candidate_clip_id"))


CLIP_NEGATIVE = TableSchema(
    name="clip_negative",
    version="1.0.0",
    columns=(
        Column("clip_id", pa.string()),
        Column("candidate_clip_id", pa.string()),
        Column("rank", pa.int32(), checks=(at_least(1),)),
        Column("score", pa.float64(), checks=(at_least(0),)),
        Column("view", pa.string()),
        Column("view_sha256", pa.string(), nullable=True, checks=(sha256(),)),
    ),
    rules=(("a clip is no negative of itself", _not_itself),),
)
"""``rank``: 1 for the nearest. ``score``: 1 / (1 + distance) of the two motions, higher is nearer.
``view`` and ``view_sha256``: as in :data:`schemas.NEGATIVE`; both clips are training clips of it.
"""
