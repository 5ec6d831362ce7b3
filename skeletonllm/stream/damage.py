"""Damaged samples: which, why, how many, and when they are too many to go on.

A sample whose bytes are not those of the index is given out with weight 0, so that ranks never
differ in steps. It is told, counted, and beyond a limit training stops: a model that silently
learned from less than its release is worse than none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skeletonllm.errors import ReleaseError

if TYPE_CHECKING:
    from skeletonllm.stream.reader import SampleReader

log = logging.getLogger(__name__)

REMEDY = "Run `skeletonllm verify` on the release, and copy what it names again."


@dataclass(frozen=True)
class Damage:
    """One sample that could not be used.

    Args:
        clip_id: Which clip.
        tar: Name of the tar that holds it.
        why: What is wrong, as a sentence.
    """

    clip_id: str
    tar: str
    why: str

    def __str__(self) -> str:
        return f"{self.clip_id} in {self.tar}: {self.why}"


@dataclass(frozen=True)
class DamageLimit:
    """How much damage is borne; more ends the run.

    Args:
        samples: This many are always borne, however small the release is.
        share: Beyond that, this share of the samples of an epoch.

    Example:
        >>> DamageLimit().most(1_000_000)
        1000
    """

    samples: int = 3
    share: float = 0.001

    def most(self, num_samples: int) -> int:
        """The largest number of damaged samples that is borne of so many."""
        return max(self.samples, int(self.share * num_samples))


@dataclass
class DamageTally:
    """The damaged samples that were met, each once, and whether they are too many.

    Args:
        num_samples: Samples of an epoch.
        per_tar: Samples that are streamed of each tar, by name.
        limit: How many are borne.
        where: The release, for the message.
    """

    num_samples: int
    per_tar: Mapping[str, int]
    limit: DamageLimit = DamageLimit()
    where: str = ""
    found: dict[str, Damage] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """The largest number of damaged samples that is borne."""
        return self.limit.most(self.num_samples)

    def add(self, damages: Iterable[Damage]) -> None:
        """Count damaged samples, and tell of those that were not known.

        Args:
            damages: Samples of one step, or of another process.
        """
        for damage in damages:
            if damage.clip_id not in self.found:
                self.found[damage.clip_id] = damage
                if len(self.found) <= self.most:  # one more ends the run, and that will be told
                    # Here, and not where it is read: what is read ahead may never be used.
                    log.warning("a damaged sample is given out with weight 0: %s", damage)

    def check(self) -> None:
        """Refuse to go on with too little.

        Raises:
            ReleaseError: More samples are damaged than are borne, or all of a tar.
        """
        if len(self.found) > self.most:
            text = (
                f"{len(self.found)} of {self.num_samples} samples are damaged, more than the "
                f"{self.most} that are borne; {self._first()}"
            )
            raise ReleaseError(text, where=self.where, hint=REMEDY)
        lost = Counter(damage.tar for damage in self.found.values())
        for tar, count in sorted(lost.items()):
            # Of a tar with a few samples in the view, all may be damaged by one bad block.
            if count == self.per_tar.get(tar) and count > self.limit.samples:
                text = f"all {count} samples of {tar} are damaged; {self._first()}"
                raise ReleaseError(text, where=self.where, hint=REMEDY)

    def describe(self) -> str:
        """One line for the end of a job; empty where nothing is damaged."""
        number = len(self.found)
        plural = "s" if number > 1 else ""
        return f"{number} damaged sample{plural} left out; {self._first()}" if number else ""

    def to_json(self) -> list[dict[str, Any]]:
        """The samples as plain data, by name of the clip."""
        return [asdict(self.found[clip_id]) for clip_id in sorted(self.found)]

    def _first(self) -> str:
        return f"the first: {self.found[min(self.found)]}"


def find_damage(readers: Sequence[SampleReader], limit: DamageLimit, release: str) -> DamageTally:
    """A tally of a release as it is opened: what of it is damaged for all to see.

    A tar of another size than its manifest says is read through at once: whoever has lost half of a
    release should not learn it in the second hour.

    Args:
        readers: One a part of the mixture.
        limit: How many damaged samples are borne.
        release: Folder of the release, for messages.

    Raises:
        ReleaseError: Too many are damaged, or all of a tar.
        UsageError: A tar is not there.
    """
    known = [reader.catalogue for reader in readers]
    shards = known[0].shard
    if len(known) > 1:  # a sample of two parts counts once
        _, first = np.unique(np.concatenate([k.position for k in known]), return_index=True)
        shards = np.concatenate([k.shard for k in known])[first]
    counts = np.bincount(shards, minlength=len(known[0].shards)).tolist()
    tally = DamageTally(
        len(shards), dict(zip(known[0].shards, counts, strict=True)), limit, release
    )
    for reader in readers:
        for damaged in reader.find_damage():
            tally.add(damaged)
            tally.check()  # after each tar: of a release that is gone, the first ones will do
    return tally
