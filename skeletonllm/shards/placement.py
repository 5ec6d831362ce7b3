"""Where a sample lies: in which tar, and at which place, by its corpus and the hash of its clip id.

All samples of a corpus lie in one tar until they are too many. Then they are parted by the first
bit of their hash, those halves by the second, and so on: a tar is named by its corpus and by the
bits that its samples share. So the place of a clip depends on its id, and on how many ids begin
alike: one clip more rewrites the tar it comes into, or parts that tar in two; all others keep
their bytes. Within a tar the hash orders the samples, so neighbours are of mixed classes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skeletonllm.topology import get_topology

MOST_SAMPLES = 512
"""Samples of one tar: what one changed clip rewrites, and what one lost tar costs."""
MOST_POSITIONS = 1 << 22
"""Positions of joints in one tar: frames times persons times joints, at most 64 MB as we store
them. Labels and texts do not count, so that a changed one moves nothing."""
_BITS = 64

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class TarPlace:
    """One tar, and which samples lie in it.

    Args:
        name: Name of its file.
        start: Place of its first sample in the release.
        end: Place behind its last one.
    """

    name: str
    start: int
    end: int


def order_of_clip(clip_id: str) -> int:
    """The 64 bits that decide where a clip lies: the first of SHA-256 of its id.

    Example:
        >>> f"{order_of_clip('ntu60/S001C001P001R001A001'):016x}"
        '0b229f5d570a4b98'
    """
    return int.from_bytes(hashlib.sha256(clip_id.encode()).digest()[:8], "big")


def name_tar(corpus: str, bits: str) -> str:
    """The file of a tar: its corpus, and the bits with which the hashes in it begin.

    Args:
        corpus: Name of the corpus; letters, digits and underscores stand as they are.
        bits: Such as ``01``; "" where all samples of the corpus lie in one tar.

    Example:
        >>> name_tar("nw_ucla", ""), name_tar("nw_ucla", "01")
        ('nw_ucla.tar', 'nw_ucla-01.tar')
    """
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", corpus)
    if plain != corpus:  # then another corpus may look alike
        plain = f"{plain}_{hashlib.sha256(corpus.encode()).hexdigest()[:8]}"
    return f"{plain}-{bits}.tar" if bits else f"{plain}.tar"


def sort_samples(corpora: Sequence[str], clip_ids: Sequence[str]) -> Ints:
    """The order of samples, by corpus and hash, equal ids as they come: places in the lists, [N].

    Args:
        corpora: Corpus of each.
        clip_ids: Id of each.
    """
    first = {corpus: name_tar(corpus, "") for corpus in set(corpora)}
    rank = {corpus: i for i, corpus in enumerate(sorted(first, key=first.__getitem__))}
    ranks = np.fromiter((rank[corpus] for corpus in corpora), np.int64, len(corpora))
    return np.lexsort((_hash_clips(clip_ids), ranks)).astype(np.int64)


def _hash_clips(clip_ids: Sequence[str]) -> Hashes:
    return np.fromiter(map(order_of_clip, clip_ids), np.uint64, len(clip_ids))


def place_samples(index: pa.Table) -> list[TarPlace]:
    """The tars of samples that :func:`sort_samples` has put in order, in the order of a release.

    Args:
        index: Columns ``clip_id``, ``corpus``, ``topology``, ``num_frames`` and ``num_persons`` of
            :data:`schemas.SAMPLE`; each clip once.
    """
    hashes = _hash_clips(index.column("clip_id").to_pylist())
    before = np.concatenate([[0], np.cumsum(_count_positions(index))])
    places = []
    for corpus, start, end in _runs(index.column("corpus").to_pylist()):
        for bits, first, last in _part(hashes, before, start, end):
            places.append(TarPlace(name_tar(corpus, bits), first, last))
    return places


def _count_positions(index: pa.Table) -> Ints:
    names = index.column("topology").to_pylist()
    joints = {name: len(get_topology(name)) for name in set(names)}
    each = np.fromiter((joints[name] for name in names), np.int64, len(names))
    frames, persons = (index.column(c).to_numpy() for c in ("num_frames", "num_persons"))
    found: Ints = each * frames.astype(np.int64) * persons.astype(np.int64)
    return found


def _runs(values: list[Any]) -> Iterator[tuple[Any, int, int]]:
    """Each value with the first and the end of its run of equal neighbours."""
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[start]:
            yield values[start], start, at
            start = at


def _part(hashes: Hashes, before: Ints, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Part a run of sorted hashes until each tar is small enough; the deepest first bits last."""
    waiting = [("", start, end)]
    while waiting:
        bits, first, last = waiting.pop()
        few = last - first <= MOST_SAMPLES and before[last] - before[first] <= MOST_POSITIONS
        if few or last - first == 1 or len(bits) == _BITS:
            if first < last:
                yield bits, first, last
            continue
        half = np.uint64(int(f"{bits}1".ljust(_BITS, "0"), 2))
        middle = first + int(np.searchsorted(hashes[first:last], half))
        waiting += [(f"{bits}1", middle, last), (f"{bits}0", first, middle)]
