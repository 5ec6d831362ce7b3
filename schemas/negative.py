"""For each label of a namespace, every other class, ranked by how hard it is to tell apart."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least, sha256

ALL_CLIPS = "all"
"""The view that hides nothing: all labelled clips were mined, those of test parts as well."""

SOURCES = ("text", "kinematics", "out_of_fold", "teacher", "confusions")
"""What the names say, how the bodies move, what a small classifier takes held-out training clips
for, what a teacher says, and what a trained model takes training clips for."""

SOURCE = pa.struct([("name", pa.string()), ("score", pa.float64()), ("rank", pa.int32())])


def _not_itself(table: pa.Table) -> pa.Array:
    return pc.not_equal(table.column("label"), table.column("candidate"))


def _hash_of_a_named_view(table: pa.Table) -> pa.Array:
    """The view that hides nothing has no hash; every other one has."""
    whole = pc.equal(table.column("view"), ALL_CLIPS)
    return pc.equal(whole, pc.is_null(table.column("view_sha256")))


def _one_reason_a_source(table: pa.Table) -> pa.Array:
    """Where reasons are given; they are no field of a source, which would be a major version."""
    reasons, sources = (pc.list_value_length(table.column(c)) for c in ("reasons", "sources"))
    return pc.fill_null(pc.equal(reasons, sources), True)


NEGATIVE = TableSchema(
    name="negative",
    # 2.1: there were no reasons. 2.0: every row was of all clips, and there was no hash. 1:
    # label_namespace was called corpus, and there was no view
    version="2.2.0",
    columns=(
        Column("view", pa.string()),
        Column("label_namespace", pa.string()),
        Column("label", pa.string()),
        Column("candidate", pa.string()),
        Column("rank", pa.int32(), checks=(at_least(1),)),
        Column("score", pa.float64()),
        Column("sources", pa.list_(SOURCE)),
        Column("view_sha256", pa.string(), nullable=True, checks=(sha256(),)),
        Column("reasons", pa.list_(pa.string()), nullable=True),
    ),
    rules=(
        ("a class is no negative of itself", _not_itself),
        ("a named view has a hash, all clips have none", _hash_of_a_named_view),
        ("one reason a source, or none at all", _one_reason_a_source),
    ),
)
"""``view``: the protocol whose training clips were mined, or :data:`ALL_CLIPS`. ``view_sha256``:
hash of its training view, by which a stream finds its own; null for all clips. ``reasons``: of each
of ``sources``, in its order, what it saw in words; null where a source has no more to say than its
score."""
