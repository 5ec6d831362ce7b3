from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest

from skeletonllm.shards import encode, hash_bytes, hash_content
from skeletonllm.shards.hashes import hash_parts
from skeletonllm.shards.npz import pack_npz, unpack_npz


def test_the_hash_of_bytes_is_half_of_sha256() -> None:
    assert hash_bytes(b"abc") == hashlib.sha256(b"abc").digest()[:16]


def test_the_hash_of_content_does_not_depend_on_how_it_is_packed(make_clip) -> None:
    members = encode(make_clip(1))
    meta = json.loads(members["json"])
    spaced = json.dumps(dict(reversed(meta.items())), indent=2).encode()
    assert spaced != members["json"]
    for other in ({**members, "json": spaced}, {**members, "__key__": "any", "depth.png": b"?"}):
        assert hash_content(other) == hash_content(members)


def test_the_hash_of_content_tells_each_difference(make_clip) -> None:
    members = encode(make_clip(1))
    meta, arrays = json.loads(members["json"]), unpack_npz(members["motion.npz"])
    deltas = arrays["deltas"].copy()
    deltas[0, 0, 0, 0, 0] ^= 1
    confidence = arrays["confidence"]
    changed = [
        {**members, "json": json.dumps({**meta, "label": "other"}).encode()},
        *(
            {**members, "motion.npz": pack_npz({**arrays, **change})}
            for change in (
                {"deltas": deltas},
                {"confidence": confidence.view(np.int16)},
                {"confidence": confidence.reshape(-1)},
                {"more": np.zeros(0)},
            )
        ),
        {**members, "motion.npz": pack_npz({n: a for n, a in arrays.items() if n != "confidence"})},
    ]
    hashes = {hash_content(members), *map(hash_content, changed)}
    assert len(hashes) == 7


def test_numpy_alone_finds_the_same_arrays(make_clip) -> None:
    """Who has no SkeletonLLM can check a hash."""
    members = encode(make_clip(2))
    text = json.dumps(
        json.loads(members["json"]), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    digest = hashlib.sha256(text.encode())
    with np.load(io.BytesIO(members["motion.npz"])) as arrays:
        for name in sorted(arrays.files):
            array = arrays[name]
            digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    assert digest.digest()[:16] == hash_content(members)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1e-05}',
        '{"a":1e-5}',
        '{"a":[1e16,2]}',
        '{"a":[1e+16,2]}',
        '{"a":123456789012345678901234567890}',
        '{"a":{"c":1,"b":2.50}}',
        '{"a":"ünï \\u001f \\ud83d\\ude00"}',
        '{ "a": null }',
    ],
)
def test_text_has_one_hash_however_numbers_and_keys_are_spelled(text: str) -> None:
    canonical = json.dumps(
        json.loads(text), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    expected = hashlib.sha256(canonical.encode()).digest()[:16]
    assert hash_parts(text.encode(), None, {}) == expected
    assert hash_parts(canonical.encode(), None, {}) == expected
