"""Damages samples at random, and says what reading them gave."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skeletonllm.clip import Clip
from skeletonllm.errors import ReleaseError, SchemaError
from skeletonllm.shards import (
    decode,
    encode,
    hash_bytes,
    hash_content,
    read_members,
    write_shard,
)

CAUGHT, HARMLESS, SILENT, UNCAUGHT = "caught", "harmless", "silent", "uncaught"
BEHIND = "silent behind the hash"
"""Outcomes. Harmless: padding, dates or modes changed, and the content is the same. Silent: other
content without a word; behind the hash, damage that ``bytes_hash`` of the index does not show."""


@dataclass(frozen=True)
class PackedSample:
    """A sample as it lies in a tar, and what the index says of it."""

    key: str
    data: bytes
    bytes_hash: bytes
    content_hash: bytes


def pack_samples(clips: Sequence[Clip]) -> list[PackedSample]:
    """The clips as samples of one tar."""
    with tempfile.TemporaryDirectory() as folder:
        tar = Path(folder) / "shard-000000.tar"
        rows = write_shard(str(tar), map(encode, clips)).to_pylist()
        data = tar.read_bytes()
    return [
        PackedSample(
            row["key"],
            data[row["offset"] : row["offset"] + row["size"]],
            row["bytes_hash"],
            row["content_hash"],
        )
        for row in rows
    ]


def damage_samples(clips: Sequence[Clip], flips: int, cuts: int, seed: int) -> Counter[str]:
    """How many damaged samples ended how; an uncaught one is also counted by its error.

    Args:
        clips: Are encoded, and then damaged in turn.
        flips: Samples in which one bit is turned.
        cuts: Samples that end early, lose a stretch, or hold zeros or noise instead of it.
        seed: Of the damage.
    """
    samples, rng = pack_samples(clips), random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(flips + cuts):
        sample = samples[number % len(samples)]
        damaged = (flip_bit if number < flips else cut)(sample.data, rng)
        if damaged == sample.data:  # zeros in place of zeros
            outcomes["unchanged"] += 1
            continue
        outcomes.update(judge(sample, damaged))
    return outcomes


def flip_bit(data: bytes, rng: random.Random) -> bytes:
    """One bit turned."""
    damaged = bytearray(data)
    damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Without its end or a stretch of it, or with zeros or noise in its place."""
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice((1, 16, 512, 4096)))
    kind = rng.choice(("end", "stretch", "zeros", "noise"))
    if kind == "end":
        return data[:start]
    filled = {"stretch": b"", "zeros": bytes(end - start), "noise": rng.randbytes(end - start)}
    return data[:start] + filled[kind] + data[end:]


def judge(sample: PackedSample, damaged: bytes) -> list[str]:
    """What reading the damaged bytes comes to, with the hash and without it.

    Args:
        sample: As it was.
        damaged: Other bytes.
    """
    behind = [BEHIND] if hash_bytes(damaged) == sample.bytes_hash else []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            members = read_members(damaged, sample.key)
            decode(members)
        except (ReleaseError, SchemaError):
            return [CAUGHT, *behind]
        except Exception as error:  # this is what is looked for
            return [UNCAUGHT, f"uncaught {type(error).__name__}", *behind]
    same = hash_content(members) == sample.content_hash
    return [HARMLESS if same else SILENT, *behind]
