"""Samples of one view of a release, each checked against the hash that the index has of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.errors import ReleaseError, UsageError
from skeletonllm.motion import Motion
from skeletonllm.shards.catalogue import open_catalogue
from skeletonllm.shards.checked_files import load_checked_topologies
from skeletonllm.shards.codec import Sample, decode
from skeletonllm.shards.hashes import hash_bytes
from skeletonllm.shards.manifest import Manifest
from skeletonllm.shards.members import read_members
from skeletonllm.storage import join
from skeletonllm.storage.ranges import RangeReader
from skeletonllm.stream.damage import REMEDY, Damage
from skeletonllm.stream.part import Part
from skeletonllm.topology import get_topology, is_registered
from skeletonllm.views.asked_views import OwnShare
from skeletonllm.views.left_out import NOTHING, LeftOut

log = logging.getLogger(__name__)

NEIGHBOURS = 16
"""Samples that are fetched by one request of a store: as many as stay together in the order."""
GAP = 64 * 1024
"""Bytes between two samples of a view that are rather fetched than asked for apart."""


@dataclass(frozen=True, eq=False)
class Read:
    """What reading one slot gave.

    Args:
        sample: The sample; of weight 0 if there is none to learn from.
        left_out: How many texts the view left out.
        damage: Why the sample could not be used, if it could not.
    """

    sample: Sample
    left_out: LeftOut
    damage: Damage | None = None


class SampleReader:
    """Reads the samples of a part of the mixture by their row.

    Args:
        manifest: Of the release, or of a shards stage.
        part: Which samples, and what they are for.
        ranges: Reads bytes of the tars.
        allow_all: See :class:`skeletonllm.stream.stream.Stream`.

    Raises:
        ReleaseError: A file is not the one that the manifest names.
        UsageError: The view selects nothing, or has none of what the part needs.
    """

    def __init__(
        self, manifest: Manifest, part: Part, ranges: RangeReader, *, allow_all: bool = False
    ) -> None:
        self.part, self._manifest, self._ranges = part, manifest, ranges
        self._by_blocks = ranges.by_blocks
        self.catalogue = open_catalogue(manifest.folder, part.view, manifest=manifest)
        hidden = self.catalogue.hidden
        self._share = OwnShare(
            manifest.folder,
            part.view,
            split=part.split,
            name=part.name,
            hidden=hidden,
            allow_all=allow_all,
        )
        for kind in part.needs:
            self._share.check(kind)

    def __len__(self) -> int:
        """Samples of the view."""
        return len(self.catalogue)

    def read_slot(self, row: int, *, real: bool = True) -> Read:
        """The sample of a row of the view, decoded and cut to what the view may see.

        Args:
            row: Of the view.
            real: Whether the slot holds it; else a sample of weight 0 stands in its place.

        Raises:
            SchemaError: The sample was written in another major version.
            UsageError: Its tar is not there.
            StorageError: The store gave no answer, however often it was asked.
        """
        # A loader's worker may be another process than the one that opened the release.
        if not is_registered(self.catalogue.topology_of(row)):
            load_checked_topologies(self._manifest)
        if not real:
            return Read(_make_empty(self.catalogue.row(row)), NOTHING)
        try:
            return self._decode(self._read_checked(row))
        except ReleaseError as error:
            entry = self.catalogue.row(row)
            why = error.found + (f"; expected {error.expected}" if error.expected else "")
            damage = Damage(entry["clip_id"], entry["shard"], why)
            return Read(_make_empty(entry), NOTHING, damage)

    def find_damage(self) -> Iterator[list[Damage]]:
        """The damaged samples of each tar that is of another size than the manifest says."""
        known = self.catalogue
        for tar, sentence in (known.damaged_tars or {}).items():
            log.warning("%s", sentence)
            rows = np.flatnonzero(known.shard == known.shards.index(tar)).tolist()
            found = (self.read_slot(row).damage for row in rows)
            yield [damage for damage in found if damage is not None]

    def _decode(self, data: bytes) -> Read:
        sample = decode(read_members(data, None))
        visible, left_out = self.part.view.apply(sample)
        visible, others = self._share.take(visible)
        if not visible.motion.confidence.any():  # decoded, it is 0 wherever nobody is present
            raise ReleaseError("no joint is observed in any frame")
        return Read(visible, left_out + others)

    def _read_checked(self, row: int) -> bytes:
        """The bytes of a sample, if they have their hash; a store may be asked for them twice."""
        known = self.catalogue
        tar, start = known.tars[known.shard[row]], int(known.offset[row])
        end, wanted = start + int(known.size[row]), known.bytes_hash[row].tobytes()
        block = self._find_block(row) if self._by_blocks else None
        for _ in range(2):
            try:
                data = self._ranges.read(tar, start, end, block)
            except FileNotFoundError:
                where = join(self._manifest.folder, tar)
                raise UsageError(
                    "the index names a tar that does not exist", where=where, hint=REMEDY
                ) from None
            if hash_bytes(data) == wanted:
                return data
            if block is not None:  # what was kept or sent may be wrong, and not the tar
                self._ranges.forget(tar, start, data, block)
        raise ReleaseError("its bytes are not those that the index has the hash of")

    def _find_block(self, row: int) -> tuple[int, int]:
        """First byte and end of the neighbours in the tar that are fetched with a sample."""
        known = self.catalogue
        first = row // NEIGHBOURS * NEIGHBOURS
        rows = slice(first, first + NEIGHBOURS)
        starts = known.offset[rows]
        ends = starts + known.size[rows]
        apart = (known.shard[rows][1:] != known.shard[rows][:-1]) | (starts[1:] - ends[:-1] > GAP)
        cuts = np.flatnonzero(apart) + 1
        place = int(np.searchsorted(cuts, row - first, side="right"))
        low = int(cuts[place - 1]) if place else 0
        high = int(cuts[place]) if place < len(cuts) else len(starts)
        return int(starts[low]), int(ends[high - 1])


def _make_empty(row: Mapping[str, Any]) -> Sample:
    topology = get_topology(row["topology"])
    flat = topology.dims == 2
    motion = Motion(
        joints=np.zeros((1, 1, len(topology), 3), np.float32),
        present=np.zeros((1, 1), np.bool_),
        confidence=np.zeros((1, 1, len(topology)), np.float32),
        topology=topology,
        fps=1.0,
        space="image" if flat else "camera",
        metric=not flat,
        image_size=(1, 1) if flat else None,
    )
    named = {n: row[n] for n in ("clip_id", "corpus", "label", "label_id", "label_namespace")}
    clip = Clip(
        motion=motion,
        source_uri="",
        source_sha256="0" * 64,
        frame_index=(0,),
        person_ids=("",),
        flags=("empty slot",),
        **named,
    )
    return Sample(clip, weight=0.0)
