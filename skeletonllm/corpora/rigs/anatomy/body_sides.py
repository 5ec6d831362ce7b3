"""Which limb of a pair is the left one: by names, else by where the toes point and the knees bend.

Left is left of forward in the right-handed axes of motion capture. If the names of one pair tell
the sides, those of the other follow from where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skeletonllm.corpora.rigs.anatomy.body_tree import BodyTree, Pair
from skeletonllm.corpora.toolkit.validation import Raw

FORWARD, BENT, SIDEWARD, SAME_WAY = 0.3, 0.05, 0.5, 0.5
"""Least part of a foot that points forward, bend of a knee, sideward part of hips and shoulders,
and cosine of the angle between both feet, or both knees."""

Triple = tuple[int, int, int]
Way = tuple[int, ...]
Order = tuple[Way, Way]
"""The left limb and the right one."""


@dataclass(frozen=True)
class Body:
    """Legs and arms, and where on their ways the three joints of each are."""

    legs: Pair
    arms: Pair
    leg: Triple
    arm: Triple

    @property
    def pairs(self) -> tuple[tuple[Pair, Triple], tuple[Pair, Triple]]:
        """Both pairs with their joints."""
        return (self.legs, self.leg), (self.arms, self.arm)


def find_sides(tree: BodyTree, body: Body, hints: Sequence[str]) -> tuple[Order, Order] | None:
    """Legs and arms in order; None where names and places do not tell, or contradict each other.

    Args:
        tree: The rig.
        body: What was found in it.
        hints: ``left`` or ``right`` where a joint's name says so, else empty.
    """
    poses = [tree.places] if tree.moving is None else [tree.places, tree.moving]
    said = [_by_hints(pair, hints) for pair, _ in body.pairs]
    found: list[tuple[Order, Order]] = []
    for places in poses:
        left = _left_of_named(places, body, said)
        if left is None:
            left = _left_of_body(places, body)
        orders = [
            order or _by_place(places, pair, triple, left)
            for order, (pair, triple) in zip(said, body.pairs, strict=True)
        ]
        if orders[0] and orders[1]:
            found.append((orders[0], orders[1]))
    return found[0] if found and all(orders == found[0] for orders in found) else None


def _by_hints(pair: Pair, hints: Sequence[str]) -> Order | None:
    """The order that the names of both limbs say."""
    one, other = ({hints[j] for j in way} - {""} for way in pair.ways)
    if (one, other) == ({"left"}, {"right"}):
        return pair.ways
    return pair.ways[::-1] if (one, other) == ({"right"}, {"left"}) else None


def _left_of_named(places: Raw, body: Body, said: Sequence[Order | None]) -> Raw | None:
    """Directions [S, 3] to the left limb of a pair whose names say which it is."""
    for order, (_, triple) in zip(said, body.pairs, strict=True):
        if order is not None:
            return unit(places[:, order[0][triple[0]]] - places[:, order[1][triple[0]]])
    return None


def _left_of_body(places: Raw, body: Body) -> Raw | None:
    """Directions [S, 3] to the left of where toes and knees say is forward; None if they do not."""
    up = unit(places[:, body.arms.hub] - places[:, body.legs.hub])
    told = (_toes(places, body, up), _knees(places, body))
    ahead = [found for found in told if found is not None]
    if not ahead or (len(ahead) > 1 and np.median(dot(ahead[0], ahead[1])) < 0):
        return None
    return unit(np.cross(up, ahead[0]))


def _by_place(places: Raw, pair: Pair, triple: Triple, left: Raw | None) -> Order | None:
    if left is None:
        return None
    across = places[:, pair.one[triple[0]]] - places[:, pair.other[triple[0]]]
    part = float(np.median(dot(unit(across), left)))
    if abs(part) < SIDEWARD:
        return None
    return pair.ways if part > 0 else pair.ways[::-1]


def _toes(places: Raw, body: Body, up: Raw) -> Raw | None:
    """Where both feet point, across the spine."""
    feet = []
    ankle = body.leg[2]
    for way in body.legs.ways:
        if len(way) <= ankle + 1:
            return None
        foot = unit(places[:, way[ankle + 1]] - places[:, way[ankle]])
        feet.append(foot - dot(foot, up)[:, None] * up)
    return _agreed(feet, FORWARD)


def _knees(places: Raw, body: Body) -> Raw | None:
    """Where both knees bend to."""
    bends = []
    for way in body.legs.ways:
        hip, knee, ankle = (places[:, way[at]] for at in body.leg)
        along = unit(ankle - hip)
        bend = knee - hip - dot(knee - hip, along)[:, None] * along
        length = np.linalg.norm(ankle - hip, axis=-1, keepdims=True)
        bends.append(bend / np.where(length > 0, length, 1.0))
    return _agreed(bends, BENT)


def _agreed(directions: list[Raw], least: float) -> Raw | None:
    """The mean of two directions [S, 3] that are long enough and point the same way."""
    one, other = directions
    lengths = [float(np.median(np.linalg.norm(d, axis=-1))) for d in directions]
    if min(lengths) < least or np.median(dot(unit(one), unit(other))) < SAME_WAY:
        return None
    return unit(unit(one) + unit(other))


def dot(a: Raw, b: Raw) -> Raw:
    """Dot products of vectors [S, 3].

    Args:
        a: One of each pair.
        b: The other.
    """
    return np.asarray((a * b).sum(-1))


def unit(vectors: Raw) -> Raw:
    """The directions of vectors [S, 3]; those of no length stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))
