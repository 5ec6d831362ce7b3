"""What a trained model said of each clip: how strongly it saw each class."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema


def _one_score_a_candidate(table: pa.Table) -> pa.Array:
    candidates, scores = (pc.list_value_length(table.column(c)) for c in ("candidates", "scores"))
    return pc.equal(candidates, scores)


def _finite(table: pa.Table) -> pa.Array:
    scores = table.column("scores").combine_chunks()
    bad = pc.invert(pc.fill_null(pc.is_finite(pc.list_flatten(scores)), False))
    broken = pc.list_parent_indices(scores).filter(bad)
    return pc.invert(pc.is_in(pa.array(range(len(table)), broken.type), value_set=broken))


PREDICTION = TableSchema(
    name="prediction",
    version="1.0.0",
    columns=(
        Column("clip_id", pa.string()),
        Column("label_namespace", pa.string(), nullable=True),
        Column("label", pa.string()),
        Column("candidates", pa.list_(pa.string())),
        Column("scores", pa.list_(pa.float64())),
    ),
    rules=(
        ("one score a candidate", _one_score_a_candidate),
        ("scores are finite", _finite),
    ),
    unique=("clip_id",),
)
"""``label``: the class that is right. ``scores``: logits, as a model gives them before the softmax,
or logarithms of probabilities: the softmax over a row is the probability of each of its candidates.
Higher is more likely. ``label_namespace``: of the label; null where only one is in use."""
