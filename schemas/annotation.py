"""What a recipe tells of each clip of a release: all but its motion."""

from __future__ import annotations

import pyarrow as pa

from schemas.base import Column, TableSchema, sha256

ANNOTATION = TableSchema(
    name="annotation",
    version="1.0.0",
    columns=(
        Column("clip_id", pa.string()),
        Column("source_uri", pa.string()),
        Column("source_sha256", pa.string(), checks=(sha256(),)),
        Column("profile", pa.string()),
        Column("licence", pa.string()),
        Column("decoded_sha256", pa.string(), checks=(sha256(),)),
        Column("json", pa.string()),
    ),
    unique=("clip_id",),
)
"""``json`` is the text member of the sample, without ``captions`` where the licence of the clip
keeps them from being passed on. ``decoded_sha256`` is the hash of the motion that a reader of the
sample gets: what is rebuilt is compared with it.
"""
