"""For each label of a namespace, every other class, ranked by how hard it is to tell apart."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least, finite, hold_within, sha256

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


def _sources_are_ranked(table: pa.Table) -> pa.Array:
    """Each has a finite score and a rank."""
    sources, rows = _flatten_sources(table)
    held = pc.and_(pc.is_finite(sources.field("score")), pc.greater(sources.field("rank"), 0))
    return hold_within(table, rows, held)


def _sources_are_known(table: pa.Table) -> pa.Array:
    sources, rows = _flatten_sources(table)
    return hold_within(table, rows, pc.is_in(sources.field("name"), value_set=pa.array(SOURCES)))


def _flatten_sources(table: pa.Table) -> tuple[pa.StructArray, pa.Array]:
    """All sources, and the row of each."""
    column = table.column("sources").combine_chunks()
    return pc.list_flatten(column), pc.list_parent_indices(column)


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
        ("score is finite", finite("score")),
        ("each source has a finite score and a rank", _sources_are_ranked),
    ),
    vocabulary=(("sources are of their set", _sources_are_known),),
)
"""``view``: the protocol whose training clips were mined, or :data:`ALL_CLIPS`. ``view_sha256``:
hash of its training view, by which a stream finds its own; null for all clips. ``reasons``: of each
of ``sources``, in its order, what it saw in words; null where a source has no more to say than its
score."""
