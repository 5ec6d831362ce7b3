"""What a teacher said, raw: a row an answer, kept so that a better judge needs no new request."""

from __future__ import annotations

import pyarrow as pa

from schemas.base import Column, TableSchema, at_least, one_of, sha256

PURPOSES = ("rationale", "ranking")
OUTCOMES = ("answered", "refused", "truncated", "filtered", "empty", "unanswered")
"""``unanswered``: every attempt failed; all others are what an endpoint said once."""

ANSWER = TableSchema(
    name="answer",
    version="1.0.0",
    columns=(
        Column("request_sha256", pa.string(), checks=(sha256(),)),
        Column("purpose", pa.string(), checks=(one_of(*PURPOSES),)),
        Column("clip_id", pa.string(), nullable=True),
        Column("view", pa.string()),
        Column("label_namespace", pa.string(), nullable=True),
        Column("label", pa.string(), nullable=True),
        Column("variant", pa.int32(), checks=(at_least(0),)),
        Column("sample", pa.int32(), checks=(at_least(0),)),
        Column("turn", pa.int32(), checks=(at_least(0),)),
        Column("facts_given", pa.bool_()),
        Column("prompt_sha256", pa.string(), checks=(sha256(),)),
        Column("motion_sha256", pa.string(), nullable=True, checks=(sha256(),)),
        Column("model", pa.string()),
        Column("snapshot", pa.string()),
        Column("outcome", pa.string(), checks=(one_of(*OUTCOMES),)),
        Column("finish_reason", pa.string(), nullable=True),
        Column("text", pa.string()),
        Column("answer_sha256", pa.string(), checks=(sha256(),)),
        Column("tokens_in", pa.int64(), checks=(at_least(0),)),
        Column("tokens_out", pa.int64(), checks=(at_least(0),)),
        Column("tokens_formula", pa.int64(), checks=(at_least(0),)),
        Column("usd", pa.float64(), checks=(at_least(0),)),
    ),
)
"""``turn`` counts the questions of one conversation: 0 the first, then what was asked again.
``tokens_formula`` is what the input costs by the model's published formula, beside what the
endpoint counted (``tokens_in``). ``snapshot`` is the model that the endpoint says has answered."""
