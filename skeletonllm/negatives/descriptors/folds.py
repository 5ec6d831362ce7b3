"""Folds of training clips: groups of subjects, so that nobody is on both sides of a fold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.negatives.descriptors.moments import Index

MOST_FOLDS = 5
"""With more, each model sees nearly all clips, and their number grows with the subjects."""


def hash_clip(clip_id: str) -> int:
    """A number of a clip that looks drawn by chance and never changes."""
    return int.from_bytes(hashlib.blake2b(clip_id.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True)
class FoldPlan:
    """Which fold a clip is in.

    Args:
        count: Number of folds.
        groups: Fold of each group of clips, mostly a subject; empty where there are no two. A clip
            of no group goes by its hash.
    """

    count: int
    groups: Mapping[str, int]

    def assign(self, groups: Sequence[str | None], clip_ids: Sequence[str]) -> Index:
        """Fold of each clip, [N].

        Args:
            groups: Of each clip; None where its subject is not known.
            clip_ids: Of each clip.
        """
        pairs = zip(groups, clip_ids, strict=True)
        return np.array([self._find(group, clip_id) for group, clip_id in pairs], np.int64)

    def _find(self, group: str | None, clip_id: str) -> int:
        known = None if group is None else self.groups.get(group)
        return hash_clip(clip_id) % self.count if known is None else known


def plan_folds(counts: Mapping[str | None, int]) -> FoldPlan:
    """Folds of about equal size, of whole groups; of single clips where there are no two groups.

    Args:
        counts: Clips of each group; None for those of no group.

    Example:
        >>> plan_folds({"lab/1": 40, "lab/2": 30, "lab/3": 20}).groups
        {'lab/1': 0, 'lab/2': 1, 'lab/3': 2}
        >>> plan_folds({None: 90}).count
        5
    """
    sizes = {group: count for group, count in counts.items() if group is not None}
    if len(sizes) < 2:
        return FoldPlan(MOST_FOLDS, {})
    load = [0] * min(MOST_FOLDS, len(sizes))
    placed: dict[str, int] = {}
    # The largest first, each to the emptiest fold: no fold ends much larger than another.
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        placed[group] = load.index(min(load))
        load[placed[group]] += sizes[group]
    return FoldPlan(len(load), placed)
