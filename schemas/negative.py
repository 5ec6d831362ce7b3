"""For each label of a namespace, every other class, ranked by how hard it is to tell apart."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least

ALL_CLIPS = "all"
"""The view that hides nothing: all labelled clips were mined, those of test parts as well."""

SOURCES = ("text", "kinematics", "teacher", "confusions")

SOURCE = pa.struct([("name", pa.string()), ("score", pa.float64()), ("rank", pa.int32())])


def _not_itself(table: pa.Table) -> pa.Array:
    return pc.not_equal(table.column("label"), table.column("candidate"))


NEGATIVE = TableSchema(
    name="negative",
    version="2.0.0",  # 1: the column label_namespace was called corpus, and there was no view
    columns=(
        Column("view", pa.string()),
        Column("label_namespace", pa.string()),
        Column("label", pa.string()),
        Column("candidate", pa.string()),
        Column("rank", pa.int32(), checks=(at_least(1),)),
        Column("score", pa.float64()),
        Column("sources", pa.list_(SOURCE)),
    ),
    rules=(("a class is no negative of itself", _not_itself),),
)
