"""A clip a row, as ``normalize`` writes them; and rejects, a row for whatever was not read."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.base import (
    Column,
    TableSchema,
    at_least,
    length,
    null_together,
    one_of,
    ordered,
    sha256,
)

SPACES = ("camera", "world", "image")
REDISTRIBUTE = ("yes", "sharealike", "noncommercial", "no")

CAPTION = pa.struct([("text", pa.string()), ("start_s", pa.float64()), ("end_s", pa.float64())])


def _image_has_size(table: pa.Table) -> pa.Array:
    is_image = pc.equal(table.column("space"), "image")
    return pc.equal(is_image, pc.is_valid(table.column("image_width")))


def _finite_joints(table: pa.Table) -> pa.Array:
    """No NaN or infinity: a missing joint has confidence 0."""
    joints = table.column("joints").combine_chunks()
    values, rows = joints.flatten(), pc.list_parent_indices(joints)
    broken = pc.unique(rows.filter(pc.invert(pc.is_finite(values))))
    at = pa.array(range(len(table)), pa.int64())
    return pc.invert(pc.is_in(at, value_set=broken.cast(pa.int64())))


CLIP = TableSchema(
    name="clip",
    version="2.0.0",  # 1: the column flags was called quality
    columns=(
        Column("clip_id", pa.string()),
        Column("corpus", pa.string()),
        Column("source_uri", pa.string()),
        Column("source_sha256", pa.string(), checks=(sha256(),)),
        Column("motion_sha256", pa.string(), checks=(sha256(),)),
        Column("topology", pa.string()),
        Column("topology_sha256", pa.string(), checks=(sha256(),)),
        Column("space", pa.string(), checks=(one_of(*SPACES),)),
        Column("metric", pa.bool_()),
        Column("fps", pa.float64(), checks=(at_least(1e-3),)),
        Column("num_frames", pa.int32(), checks=(at_least(1),)),
        Column("num_persons", pa.int32(), checks=(at_least(1),)),
        Column("num_joints", pa.int32(), checks=(at_least(1),)),
        Column("first_frame", pa.int32(), checks=(at_least(0),)),
        Column("last_frame", pa.int32(), checks=(at_least(0),)),
        Column("frame_index", pa.list_(pa.int32())),
        Column("person_ids", pa.list_(pa.string())),
        Column("joints", pa.large_list(pa.float32())),
        Column("present", pa.large_list(pa.bool_())),
        Column("confidence", pa.large_list(pa.float32()), nullable=True),
        Column("orientations", pa.large_list(pa.float32()), nullable=True),
        Column("filled", pa.large_list(pa.bool_()), nullable=True),
        Column("image_width", pa.int32(), nullable=True, checks=(at_least(1),)),
        Column("image_height", pa.int32(), nullable=True, checks=(at_least(1),)),
        Column("label", pa.string(), nullable=True),
        Column("label_id", pa.int32(), nullable=True, checks=(at_least(0),)),
        Column("label_namespace", pa.string(), nullable=True),
        Column("captions", pa.list_(CAPTION)),
        Column("subject", pa.string(), nullable=True),
        Column("camera", pa.string(), nullable=True),
        Column("setup", pa.string(), nullable=True),
        Column("repetition", pa.string(), nullable=True),
        Column("flags", pa.list_(pa.string())),
        Column("profile", pa.string()),
        Column("licence", pa.string()),
    ),
    rules=(
        ("joints is [T, P, J, 3]", length("joints", "num_frames", "num_persons", "num_joints", 3)),
        ("present is [T, P]", length("present", "num_frames", "num_persons")),
        (
            "confidence is [T, P, J]",
            length("confidence", "num_frames", "num_persons", "num_joints"),
        ),
        (
            "orientations is [T, P, J, 4]",
            length("orientations", "num_frames", "num_persons", "num_joints", 4),
        ),
        ("filled is [T, P, J]", length("filled", "num_frames", "num_persons", "num_joints")),
        ("frame_index is [T]", length("frame_index", "num_frames")),
        ("person_ids is [P]", length("person_ids", "num_persons")),
        ("joints are finite", _finite_joints),
        ("image space has a size", _image_has_size),
        ("width and height together", null_together("image_width", "image_height")),
        (
            "label, label_id and namespace together",
            null_together("label", "label_id", "label_namespace"),
        ),
        ("first_frame <= last_frame", ordered("first_frame", "last_frame")),
    ),
    unique=("clip_id",),
)

REJECT = TableSchema(
    name="reject",
    version="1.0.0",
    columns=(
        Column("source_uri", pa.string()),
        Column("stage", pa.string()),
        Column("code", pa.string()),
        Column("message", pa.string()),
    ),
)
