"""The index beside the WebDataset tars: where each sample lies and what it is.

Its version is also that of the samples: whoever reads the index knows whether they can be read.
"""

from __future__ import annotations

import pyarrow as pa

from schemas.base import Column, TableSchema, at_least, null_together, sha256

SAMPLE = TableSchema(
    name="sample",
    # 3.0: a sample did not state the hash of its decoded motion. 2 kept the negatives inside each
    # sample, and knew no hashes; 1 called flags quality.
    version="3.1.0",
    columns=(
        Column("key", pa.string()),
        Column("clip_id", pa.string()),
        Column("shard", pa.string()),
        Column("position", pa.int64(), checks=(at_least(0),)),
        Column("offset", pa.int64(), checks=(at_least(0),)),
        Column("size", pa.int64(), checks=(at_least(1),)),
        Column("bytes_hash", pa.binary(16)),
        Column("content_hash", pa.binary(16)),
        Column("motion_sha256", pa.string(), checks=(sha256(),)),
        Column("corpus", pa.string()),
        Column("topology", pa.string()),
        Column("num_frames", pa.int32(), checks=(at_least(1),)),
        Column("num_persons", pa.int32(), checks=(at_least(1),)),
        Column("label", pa.string(), nullable=True),
        Column("label_id", pa.int32(), nullable=True, checks=(at_least(0),)),
        Column("label_namespace", pa.string(), nullable=True),
        Column("subject", pa.string(), nullable=True),
        Column("camera", pa.string(), nullable=True),
        Column("setup", pa.string(), nullable=True),
        Column("num_rationales", pa.int32(), checks=(at_least(0),)),
        Column("num_captions", pa.int32(), checks=(at_least(0),)),
        Column("num_questions", pa.int32(), checks=(at_least(0),), default=0),
    ),
    rules=(
        (
            "label, label_id and namespace together",
            null_together("label", "label_id", "label_namespace"),
        ),
    ),
    unique=("key", "clip_id"),
)
"""``position`` is its place in the release; ``offset`` and ``size`` its bytes in the tar.

The hashes are the first 16 bytes of SHA-256: of these bytes, and of the text and arrays that they
hold, however they are packed. ``skeletonllm.shards.hashes`` makes both.
"""
