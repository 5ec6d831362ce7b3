"""Flipped bits and cut files of a release: what a stream makes of them. None may pass in silence.

    python -m benchmarks.streaming.damage                # 10,000 flips and cuts, some 3 minutes

A small release is made, with labels, captions, rationales and questions of its split. One file of
it, a tar or the index, gets one flipped bit, a run of zeros or other bytes, a cut or an exchange of
two blocks. Then the release is opened and streamed to the end of an epoch. What came is compared
with what the whole release gives:

    refused    opening or streaming ended with a sentence of ours
    told       the damaged samples came with weight 0, were told and counted; all else is equal
    harmless   the bytes lie in no sample (the end of a tar), and everything is equal
    silent     something else came with weight 1, or something is missing untold: a fault
    uncaught   another exception than ours: a fault
"""

from __future__ import annotations

import logging
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.table import publish_table
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.shards import Sample
from skeletonllm.stream.stream import Stream
from skeletonllm.testing.releases import write_release
from skeletonllm.views.view import View

Truth = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    faults: int = 10_000
    """Files that are damaged, one at a time."""
    seed: int = 0
    """Of the faults."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    logging.disable()  # each fault is told
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_release(f"{scratch}/release", per_action=3)
        counts = try_faults(folder, flags.faults, flags.seed)
    outcomes = ("refused", "told", "harmless", "silent", "uncaught")
    rows = [
        {"file": file, "fault": fault, **{o: counts[file, fault, o] for o in outcomes}}
        for file, fault in sorted({(file, fault) for file, fault, _ in counts})
    ]
    publish_table("Damage to a release", rows, flags.json)
    return int(any(row["silent"] or row["uncaught"] for row in rows))


def try_faults(folder: str, faults: int, seed: int) -> Counter[tuple[str, str, str]]:
    """How often each (kind of file, fault, outcome) was seen.

    Args:
        folder: Of a small release; it is whole again afterwards.
        faults: How many, one at a time.
        seed: Of the faults.
    """
    rng = random.Random(seed)
    truth = digest_epoch(folder)
    files = [p for p in sorted(Path(folder).rglob("*")) if p.suffix in {".tar", ".parquet"}]
    counts: Counter[tuple[str, str, str]] = Counter()
    for _ in range(faults):
        path, name = rng.choice(files), rng.choice(list(FAULTS))
        whole = path.read_bytes()
        damaged = FAULTS[name](whole, rng)
        path.write_bytes(damaged)
        outcome = "harmless" if damaged == whole else judge(folder, truth)
        path.write_bytes(whole)
        counts["tar" if path.suffix == ".tar" else "index", name, outcome] += 1
    return counts


def judge(folder: str, truth: Truth) -> str:
    """What a stream makes of a damaged release; see the module.

    Args:
        folder: Of the release.
        truth: What :func:`digest_epoch` gave of it while it was whole.
    """
    try:
        stream = Stream(folder, View(), batch_size=5)
        given = [sample for batch in stream for sample in batch]
    except SkeletonLLMError:
        return "refused"
    except Exception:
        return "uncaught"
    came = {s.clip.clip_id: digest_sample(s) for s in given if s.weight}
    lost = truth.keys() - came.keys()
    if any(truth[clip_id] != digest for clip_id, digest in came.items()):
        return "silent"
    if lost != stream.damage.found.keys():
        return "silent"
    return "told" if lost else "harmless"


def digest_epoch(folder: str) -> Truth:
    """Clip -> everything that a whole release gives of it."""
    stream = Stream(folder, View(), batch_size=5)
    return {s.clip.clip_id: digest_sample(s) for batch in stream for s in batch if s.weight}


def digest_sample(sample: Sample) -> str:
    """All that training could learn from a sample, as text."""
    clip = sample.clip
    metadata = {k: v for k, v in vars(clip).items() if k not in {"motion", "filled", "slots"}}
    filled = None if clip.filled is None else clip.filled.tobytes()
    told = (sample.rationales, sample.negatives, sample.questions, sample.weight)
    return repr((clip.motion.sha256, metadata, filled, told))


def _flip(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _zero(data: bytes, rng: random.Random) -> bytes:
    start, length = rng.randrange(len(data)), rng.choice([1, 16, 512, 4096])
    return data[:start] + bytes(len(data[start : start + length])) + data[start + length :]


def _lose(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice([1, 512]) :]


def _exchange(data: bytes, rng: random.Random) -> bytes:
    damaged, blocks = bytearray(data), len(data) // 512
    one, other = (512 * rng.randrange(blocks) for _ in range(2))
    damaged[one : one + 512], damaged[other : other + 512] = (
        data[other : other + 512],
        data[one : one + 512],
    )
    return bytes(damaged)


FAULTS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "one bit flipped": _flip,
    "cut short": _cut,
    "a run of zeros": _zero,
    "bytes lost": _lose,
    "blocks exchanged": _exchange,
}

if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
