"""Hashes of a sample: of its bytes in the tar, and of what they hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from skeletonllm.shards.codec import META, MOTION, to_canonical_json
from skeletonllm.shards.npz import unpack_npz

HASH_BYTES = 16
"""Of SHA-256, its first 16 bytes: half the memory of a million samples, and still nobody finds
another sample of the same hash, by accident or on purpose."""


def hash_bytes(data: bytes) -> bytes:
    """The hash of bytes as they lie in the tar, headers included: 16 bytes."""
    return hashlib.sha256(data).digest()[:HASH_BYTES]


def hash_content(members: Mapping[str, Any]) -> bytes:
    """The hash of what a sample holds, however it is packed: 16 bytes.

    It covers the JSON in its one canonical form, and each array: name, type, shape and values.
    Another zip library, another level of compression or other headers of the tar do not change it.

    Raises:
        ReleaseError: The arrays cannot be read.
        ValueError: The text is no JSON.
    """
    digest = hashlib.sha256(to_canonical_json(json.loads(members[META])))
    for name, array in sorted(unpack_npz(members[MOTION]).items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.digest()[:HASH_BYTES]
