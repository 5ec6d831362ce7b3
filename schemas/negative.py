"""``negatives/part-NNNNN.parquet``: for each label, every other class ranked by how hard it is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least

SOURCES = ("text", "kinematics", "teacher", "confusions")

SOURCE = pa.struct([("name", pa.string()), ("score", pa.float64()), ("rank", pa.int32())])


def _not_itself(table: pa.Table) -> pa.Array:
    return pc.not_equal(table.column("label"), table.column("candidate"))


NEGATIVE = TableSchema(
    name="negative",
    version="1.0.0",
    columns=(
        Column("corpus", pa.string()),
        Column("label", pa.string()),
        Column("candidate", pa.string()),
        Column("rank", pa.int32(), checks=(at_least(1),)),
        Column("score", pa.float64()),
        Column("sources", pa.list_(SOURCE)),
    ),
    rules=(("a class is no negative of itself", _not_itself),),
)
