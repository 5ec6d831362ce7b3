"""What was measured of each clip, and, of each clip that was seen before, which one it repeats."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import Column, TableSchema, at_least, between, null_together, one_of, sha256
from schemas.clip import SPACES

SPOT = pa.struct([("person", pa.int32()), ("frame", pa.int32()), ("joint", pa.string())])
"""Where something was found: row of the motion, index into the clip, name of a joint or bone."""

KINDS = ("exact", "near")


def _differ(table: pa.Table) -> pa.Array:
    return pc.not_equal(table.column("clip_id"), table.column("same_as"))


QUALITY = TableSchema(
    name="quality",
    version="2.0.0",  # 1: the column flags was called quality
    columns=(
        Column("clip_id", pa.string()),
        Column("corpus", pa.string()),
        Column("source_uri", pa.string()),
        Column("motion_sha256", pa.string(), checks=(sha256(),)),
        Column("topology", pa.string()),
        Column("space", pa.string(), checks=(one_of(*SPACES),)),
        Column("metric", pa.bool_()),
        Column("label", pa.string(), nullable=True),
        Column("label_namespace", pa.string(), nullable=True),
        Column("subject", pa.string(), nullable=True),
        Column("camera", pa.string(), nullable=True),
        Column("setup", pa.string(), nullable=True),
        Column("repetition", pa.string(), nullable=True),
        Column("flags", pa.list_(pa.string())),
        Column("fps", pa.float64(), checks=(at_least(1e-3),)),
        Column("frames", pa.int32(), checks=(at_least(1),)),
        Column("seconds", pa.float64(), checks=(at_least(0),)),
        Column("persons", pa.int32(), checks=(at_least(1),)),
        Column("empty_frames", pa.int32(), checks=(at_least(0),)),
        Column("missing", pa.float64(), checks=(between(0, 1),)),
        Column("missing_each", pa.list_(pa.float32())),
        Column("unsure", pa.float64(), checks=(between(0, 1),)),
        Column("heights", pa.list_(pa.float32())),
        Column("jumps", pa.int32(), nullable=True, checks=(at_least(0),)),
        Column("speed", pa.float64(), nullable=True, checks=(at_least(0),)),
        Column("speed_of_limit", pa.float64(), nullable=True, checks=(at_least(0),)),
        Column("speed_at", SPOT, nullable=True),
        Column("drift", pa.float64(), nullable=True, checks=(at_least(0),)),
        Column("drift_at", SPOT, nullable=True),
        Column("drift_each", pa.list_(pa.float32()), nullable=True),
        Column("swapped_frames", pa.int32(), checks=(at_least(0),)),
        Column("swapped_at", SPOT, nullable=True),
        Column("mirrored", pa.bool_(), nullable=True),
        Column("handedness", pa.float64(), checks=(between(-1, 1),)),
        Column("handedness_frames", pa.int32(), checks=(at_least(0),)),
        Column("repeated_frames", pa.int32(), checks=(at_least(0),)),
        Column("frozen_frames", pa.int32(), checks=(at_least(1),)),
        Column("frozen_at", SPOT, nullable=True),
        Column("outside", pa.float64(), checks=(between(0, 1),)),
        Column("outside_at", SPOT, nullable=True),
        Column("unmeasured", pa.string(), nullable=True),
        Column("same_as", pa.string(), nullable=True),
        Column("same_kind", pa.string(), nullable=True, checks=(one_of(*KINDS),)),
        Column("label_conflict", pa.bool_()),
        Column("faults", pa.list_(pa.string())),
    ),
    rules=(
        ("same_as and same_kind together", null_together("same_as", "same_kind")),
        ("jumps and speed together", null_together("jumps", "speed", "speed_of_limit")),
    ),
    unique=("clip_id",),
)

DUPLICATE = TableSchema(
    name="duplicate",
    version="1.0.0",
    columns=(
        Column("clip_id", pa.string()),
        Column("same_as", pa.string()),
        Column("kind", pa.string(), checks=(one_of(*KINDS),)),
        Column("distance", pa.float64(), checks=(at_least(0),)),
        Column("label", pa.string(), nullable=True),
        Column("same_label", pa.string(), nullable=True),
        Column("label_conflict", pa.bool_()),
        Column("differ", pa.list_(pa.string())),
    ),
    rules=(("a clip is no duplicate of itself", _differ),),
    unique=("clip_id",),
)
