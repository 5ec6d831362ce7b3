"""What the index says of a sample: one function, for who writes the index and who verifies it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skeletonllm.shards.codec import key_of

_PLAIN = (
    "clip_id motion_sha256 corpus topology num_frames num_persons "
    "label label_id label_namespace subject camera setup"
).split()


def describe_sample(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of :data:`schemas.SAMPLE` that are made of a sample's JSON.

    The others are its place in the tar (shard, position, offset, size) and its hashes.

    Args:
        meta: The JSON of a sample, parsed.
    """
    return {
        **{name: meta[name] for name in _PLAIN},
        "key": key_of(meta["clip_id"]),
        "num_rationales": len(meta["rationales"]),
        "num_captions": len(meta["captions"]),
        "num_questions": 0,  # who has a table of them counts them
    }
