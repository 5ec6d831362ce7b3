"""What a trained model answered to one question about a clip: a row a question."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, Rule, TableSchema, at_least, null_together

VERDICTS = ("true", "contradicted", "unverifiable", "not_understood")
"""Of a step that a model told: what the joints of the clip say of it; the last one of a sentence
that claims nothing we can read."""


def _as_many(lists: str, candidates: str = "candidates") -> Rule:
    def rule(table: pa.Table) -> pa.Array:
        found, wanted = (pc.list_value_length(table.column(c)) for c in (lists, candidates))
        return pc.fill_null(pc.equal(found, wanted), True)

    return rule


def _finite(column: str) -> Rule:
    def rule(table: pa.Table) -> pa.Array:
        lists = table.column(column).combine_chunks()
        bad = pc.invert(pc.fill_null(pc.is_finite(pc.list_flatten(lists)), False))
        broken = pc.list_parent_indices(lists).filter(bad)
        return pc.invert(pc.is_in(pa.array(range(len(table)), broken.type), value_set=broken))

    return rule


def _asked_once(table: pa.Table) -> pa.Array:
    columns = (table.column(name).to_pylist() for name in ("condition", "clip_id", "turn"))
    met: set[tuple[str, str, int]] = set()
    keys = list(zip(*columns, strict=True))
    return pa.array([not (key in met or met.add(key)) for key in keys], pa.bool_())  # type: ignore[func-returns-value]


RESPONSE = TableSchema(
    name="response",
    version="1.0.0",
    columns=(
        Column("condition", pa.string()),
        Column("clip_id", pa.string()),
        Column("turn", pa.int32(), checks=(at_least(0),)),
        Column("kind", pa.string(), nullable=True),
        Column("label_namespace", pa.string(), nullable=True),
        Column("label", pa.string(), nullable=True),
        Column("target", pa.string()),
        Column("references", pa.list_(pa.string())),
        Column("candidates", pa.list_(pa.string()), nullable=True),
        Column("scores", pa.list_(pa.float64()), nullable=True),
        Column("tokens", pa.list_(pa.int32()), nullable=True),
        Column("blind_scores", pa.list_(pa.float64()), nullable=True),
        Column("text", pa.string(), nullable=True),
        Column("loss", pa.float64(), nullable=True),
        Column("verdicts", pa.list_(pa.string()), nullable=True),
    ),
    rules=(
        ("a row a condition, clip and turn", _asked_once),
        ("candidates and scores together", null_together("candidates", "scores", "tokens")),
        ("one score a candidate", _as_many("scores")),
        ("one count of tokens a candidate", _as_many("tokens")),
        ("one blind score a candidate", _as_many("blind_scores")),
        ("scores are finite", _finite("scores")),
        ("blind scores are finite", _finite("blind_scores")),
    ),
)
"""``condition``: in what the motion that was shown differs from the clip's (``own``: in nothing).
``turn``: of a task that asks several questions about a clip. ``kind``: of a question.
``target``: the right answer; ``references``: all right ones, of free text. ``scores``: summed
log-likelihoods in nats; ``tokens``: of each candidate, its end of turn included; ``blind_scores``:
the same as ``scores``, of a black picture. ``text``: what the model wrote. ``loss``: of the target,
in nats a token, where the answer is free text. ``verdicts``: of each step that ``text`` claims."""
