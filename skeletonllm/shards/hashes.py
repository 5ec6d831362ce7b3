"""Hashes of a sample: of its bytes in the tar, and of what they hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from skeletonllm.shards.codec import META, MOTION, to_canonical_json
from skeletonllm.shards.npz import Arrays, unpack_npz

_EXPONENT = re.compile(rb"e[-0-9][0-9]*[,}\]]")
"""The one number that the two writers of JSON spell differently: 1e-5 and 1e-05, 1e16 and 1e+16."""

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
    return hash_parts(members[META], None, unpack_npz(members[MOTION]))


def hash_parts(text: bytes, parsed: object, arrays: Arrays) -> bytes:
    """What :func:`hash_content` gives, where text and arrays are unpacked already.

    Args:
        text: The JSON of a sample, in whatever form.
        parsed: What ``orjson`` reads in it; None where nobody has looked yet.
        arrays: Of its other member.

    Raises:
        ValueError: The text is no JSON.
    """
    digest = hashlib.sha256(_canonical(text, parsed))
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()[:HASH_BYTES]


def _canonical(text: bytes, parsed: object) -> bytes:
    """The one form of a JSON text; what has it already is told by a quick writer, as it is ours."""
    try:
        known = orjson.loads(text) if parsed is None else parsed
        quick = orjson.dumps(known, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:  # such as a whole number of more than 64 bits
        return to_canonical_json(json.loads(text))
    if quick == text and not _EXPONENT.search(text):
        return quick
    return to_canonical_json(json.loads(text))
