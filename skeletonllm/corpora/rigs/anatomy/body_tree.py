"""A rig as a tree of lengths, without names: its branches, and which of them come in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skeletonllm.corpora.toolkit.validation import Raw

SAME = 0.05
"""How much longer one branch of a pair may be than the other."""

LIMB_SHARE = 0.35
"""Shortest limb, of the longest way through the body: fingers, ears and hair are shorter."""

STRAIGHT = 0.97
"""Shortest straight way between two joints of one bone, of the way over the joints between."""


@dataclass(frozen=True)
class Pair:
    """Two branches of one joint that are alike: ways from its children to their farthest ends."""

    hub: int
    one: tuple[int, ...]
    other: tuple[int, ...]

    @property
    def ways(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Both ways."""
        return self.one, self.other


@dataclass(frozen=True, eq=False)
class BodyTree:
    """Joints and end sites of a rig in some poses.

    Args:
        parents: Of each joint, before its children; -1 for the root.
        places: [S, J, 3], the joints in S poses, all finite.
        ends: Which of them are end sites: ends of bones, without a name.
        moving: [S, J, 3], poses to measure lengths in, where those of ``places`` are too stiff to
            tell a joint from a point on a bone: arms of a rest pose are straight.
    """

    parents: Sequence[int]
    places: Raw
    ends: frozenset[int] = frozenset()
    moving: Raw | None = None

    @cached_property
    def children(self) -> list[list[int]]:
        """Of each joint."""
        below: list[list[int]] = [[] for _ in self.parents]
        for j, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(j)
        return below

    @cached_property
    def bones(self) -> list[float]:
        """Length of the bone that ends in each joint; 0 for the root."""
        return [self.distance(j, p) if p >= 0 else 0.0 for j, p in enumerate(self.parents)]

    @cached_property
    def reach(self) -> list[float]:
        """Length of the longest way below each joint."""
        longest = [0.0] * len(self.parents)
        for j in range(len(self.parents) - 1, 0, -1):
            p = self.parents[j]
            if p >= 0:
                longest[p] = max(longest[p], longest[j] + self.bones[j])
        return longest

    def distance(self, a: int, b: int) -> float:
        """Between two joints, the median over the poses.

        Args:
            a: One joint.
            b: The other.
        """
        places = self.places if self.moving is None else self.moving
        return float(np.median(np.linalg.norm(places[:, a] - places[:, b], axis=-1)))

    def length(self, way: Sequence[int]) -> float:
        """Of a way from joint to joint, the bone that leads to its first one not counted."""
        return sum(self.bones[j] for j in way[1:])

    def is_straight(self, way: Sequence[int]) -> bool:
        """Whether the joints of a way lie on one bone."""
        return self.distance(way[0], way[-1]) >= STRAIGHT * self.length(way)

    def way_from(self, start: int) -> tuple[int, ...]:
        """The longest way down from a joint."""
        way = [start]
        while below := self.children[way[-1]]:
            way.append(max(below, key=lambda j: self.reach[j] + self.bones[j]))
        return tuple(way)

    def way_to(self, j: int) -> tuple[int, ...]:
        """From the root down to a joint, both included."""
        way = [j]
        while self.parents[way[-1]] >= 0:
            way.append(self.parents[way[-1]])
        return tuple(reversed(way))

    def pairs(self) -> list[Pair]:
        """Limbs: long branches of which a joint has just two that are alike."""
        least = LIMB_SHARE * self._reach_of_body()
        return [
            Pair(hub, self.way_from(alike[0]), self.way_from(alike[1]))
            for hub, below in enumerate(self.children)
            for alike in self._alike([j for j in below if self._whole(j) >= least > 0])
            if len(alike) == 2
        ]

    def _reach_of_body(self) -> float:
        """The longest way from the first fork on: above it is the scene."""
        fork = 0
        while fork < len(self.parents) and len(self.children[fork]) == 1:
            fork = self.children[fork][0]
        return self.reach[fork] if self.parents else 0.0

    def _whole(self, j: int) -> float:
        return self.bones[j] + self.reach[j]

    def _alike(self, branches: list[int]) -> list[list[int]]:
        """The branches in groups of the same length and the same number of joints on the way."""
        groups: list[list[int]] = []
        for j in sorted(branches, key=self._whole):
            same = groups and self._whole(j) <= (1 + SAME) * self._whole(groups[-1][0])
            steps = len(self.way_from(j))
            if same and steps == len(self.way_from(groups[-1][0])):
                groups[-1].append(j)
            else:
                groups.append([j])
        return groups
