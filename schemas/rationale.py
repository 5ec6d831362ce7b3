"""Causal chains, a row each, checked step by step against the motion."""

from __future__ import annotations

import pyarrow as pa

from schemas.base import Column, TableSchema, at_least, between, one_of, sha256

MOTIONS = (
    "raise",
    "lower",
    "bend",
    "extend",
    "approach",
    "retreat",
    "step",
    "turn",
    "swing",
    "hold",
    "other",
)
"""What a body part may do in a step; all but the last two can be measured."""
VERDICTS = ("true", "contradicted", "unverifiable")
STATUSES = ("accepted", "kept_with_faults", "rejected")

STEP = pa.struct(
    [
        ("id", pa.int32()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("person", pa.int32()),
        ("side", pa.string()),
        ("part", pa.string()),
        ("motion", pa.string()),
        ("target", pa.string()),
        ("direction", pa.string()),
        ("count", pa.int32()),
        ("causes", pa.list_(pa.int32())),
        ("text", pa.string()),
        ("verdict", pa.string()),
        ("measured", pa.float64()),
    ]
)

RATIONALE = TableSchema(
    name="rationale",
    version="1.0.0",
    columns=(
        Column("rationale_id", pa.string()),
        Column("clip_id", pa.string()),
        Column("variant", pa.int32(), checks=(at_least(0),)),
        Column("attempt", pa.int32(), checks=(at_least(0),)),
        Column("steps", pa.list_(STEP)),
        Column("summary", pa.string()),
        Column("text", pa.string()),
        Column("label", pa.string()),
        Column("grounded", pa.float64(), checks=(between(0, 1),)),
        Column("status", pa.string(), checks=(one_of(*STATUSES),)),
        Column("teacher", pa.string()),
        Column("prompt_sha256", pa.string(), checks=(sha256(),)),
        Column("request_sha256", pa.string(), checks=(sha256(),)),
        Column("tokens_in", pa.int64(), checks=(at_least(0),)),
        Column("tokens_out", pa.int64(), checks=(at_least(0),)),
        Column("usd", pa.float64(), checks=(at_least(0),)),
    ),
    unique=("rationale_id",),
)
