"""Where hips, knees, shoulders, elbows, spine and head are, by the shape of a rig alone.

A body is a tree with two pairs of long branches: legs, which go on from where the spine ends, and
arms. On a leg, hip, knee and ankle are the three joints between which thigh and shank have the
lengths that people's have; so on an arm. Left is left of where the toes point, or where the knees
bend to, in the right-handed axes of motion capture, unless the names say which side is which. What
does not look like a person in every respect (a dog, a hand, wings, a rig in a ball) is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from skeletonllm.corpora.rigs.anatomy.body_tree import BodyTree, Pair
from skeletonllm.corpora.rigs.anatomy.rig_words import spine_words
from skeletonllm.corpora.toolkit.validation import Raw


@dataclass(frozen=True)
class Limb:
    """What is known of arms, or of legs.

    Args:
        ratio: Of the upper bone to the lower one, of an adult.
        share: Least that both are of the whole branch.
        rest: Most that the hand or foot is, of the lower bone.
    """

    ratio: float
    share: float
    rest: float


LEG = Limb(0.42 / 0.41, 0.55, 0.85)
ARM = Limb(0.29 / 0.26, 0.4, 1.1)

ODD = 0.35
"""How far the logarithm of a ratio may be from an adult's."""

ARM_OF_LEG, SPINE_OF_LEG = (0.45, 0.95), (0.2, 1.1)
"""An arm to the wrist and a spine from the legs to the arms, of a leg to the ankle."""

ALONG, ACROSS = 0.5, 0.3
"""Legs go on where the spine ends: their part along it; that of arms is less than the other."""

FORWARD, BENT, SIDEWARD = 0.3, 0.05, 0.5
"""Least part of a foot that points forward, bend of a knee, and sideward part of the hips."""

MOST_STEPS = 16
"""Joints of a limb that are looked at: real ones have at most a dozen."""

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Shape:
    """What was found: words by joint; those of limbs only if the sides are known."""

    words: dict[int, str]
    sided: bool


def find_by_shape(tree: BodyTree, hints: Sequence[str]) -> Shape | None:
    """The joints of trunk and limbs; None where the rig is not plainly a person.

    Args:
        tree: The rig in its rest pose, or in frames of a motion.
        hints: ``left`` or ``right`` where a joint's name says so, else empty.
    """
    pairs = tree.pairs()
    if len(pairs) != 2:
        return None
    for legs, arms in (pairs, pairs[::-1]):
        if not _are_legs(tree, legs, arms):
            continue
        leg, arm = _find_bones(tree, legs, LEG), _find_bones(tree, arms, ARM)
        head = _find_head(tree, legs, arms)
        if leg and arm and head and _fits(tree, (legs, arms), leg, arm):
            return _name(tree, (legs, arms), (leg, arm), head, hints)
    return None


def _are_legs(tree: BodyTree, legs: Pair, arms: Pair) -> bool:
    """Whether one pair goes on where the spine ends, and the other does not."""
    spine = tree.places[:, legs.hub] - tree.places[:, arms.hub]
    return _along(tree, legs, spine) >= ALONG and _along(tree, arms, -spine) <= ACROSS


def _along(tree: BodyTree, pair: Pair, direction: Raw) -> float:
    """How far the ends of a pair lie along a direction [S, 3], of the length of its branches."""
    ends = (tree.places[:, pair.one[-1]] + tree.places[:, pair.other[-1]]) / 2
    length = tree.bones[pair.one[0]] + tree.length(pair.one)
    return float(np.median(_dot(ends - tree.places[:, pair.hub], _unit(direction)))) / length


def _find_bones(tree: BodyTree, pair: Pair, limb: Limb) -> Triple | None:
    """Where on both ways hip, knee and ankle are, or shoulder, elbow and wrist."""
    steps = range(min(MOST_STEPS, len(pair.one)))
    costs = {
        triple: max(_cost(tree, way, triple, limb) for way in pair.ways)
        for triple in combinations(steps, 3)
    }
    best = min(costs, key=lambda triple: costs[triple], default=None)
    return best if best is not None and costs[best] <= ODD else None


def _cost(tree: BodyTree, way: tuple[int, ...], triple: Triple, limb: Limb) -> float:
    """How unlike people's the bones between three joints of a way are."""
    i, j, k = triple
    upper, lower = way[i : j + 1], way[j : k + 1]
    if way[j] in tree.ends or not (tree.is_straight(upper) and tree.is_straight(lower)):
        return np.inf
    a, b = tree.length(upper), tree.length(lower)
    whole = tree.bones[way[0]] + tree.length(way)
    if min(a, b) <= 0 or a + b < limb.share * whole or tree.length(way[k:]) > limb.rest * b:
        return np.inf
    return abs(float(np.log(a / b / limb.ratio)))


def _fits(tree: BodyTree, pairs: tuple[Pair, Pair], leg: Triple, arm: Triple) -> bool:
    """Whether arms, legs and spine have the lengths that people's have to each other."""
    legs, arms = pairs
    one = tree.length(legs.one[leg[0] : leg[2] + 1])
    reach = tree.length(arms.one[arm[0] : arm[2] + 1])
    spine = tree.distance(legs.hub, arms.hub)
    (short, long), (low, high) = ARM_OF_LEG, SPINE_OF_LEG
    return short <= reach / one <= long and low <= spine / one <= high


def _find_head(tree: BodyTree, legs: Pair, arms: Pair) -> tuple[int, ...]:
    """The joints above the arms up to the head; empty where nothing goes on above them."""
    up = _unit(tree.places[:, arms.hub] - tree.places[:, legs.hub])

    def rises(j: int) -> bool:
        step = tree.places[:, j] - tree.places[:, tree.parents[j]]
        return bool(np.median(_dot(_unit(step), up)) > ALONG)

    taken = {arms.one[0], arms.other[0], *tree.way_to(legs.hub)}
    starts = [j for j in tree.children[arms.hub] if j not in taken and rises(j)]
    way: list[int] = []
    while starts := [j for j in starts if j not in tree.ends]:
        way.append(max(starts, key=lambda j: tree.reach[j]))
        below = tree.children[way[-1]]
        starts = [j for j in below if rises(j)] if len(below) == 1 else []
    return tuple(way)


def _name(
    tree: BodyTree,
    pairs: tuple[Pair, Pair],
    bones: tuple[Triple, Triple],
    head: tuple[int, ...],
    hints: Sequence[str],
) -> Shape:
    legs, arms = pairs
    words = {legs.hub: "pelvis", head[-1]: "head"} | ({head[0]: "neck"} if len(head) > 1 else {})
    words |= _spine_words(tree, legs.hub, arms.hub)
    left = find_left(tree, legs, arms.hub, bones[0])
    orders = [_order(tree, p, b[0], left, hints) for p, b in zip(pairs, bones, strict=True)]
    if None in orders:
        return Shape(words, sided=False)
    for order, triple, names in zip(orders, bones, _NAMES, strict=True):
        for side, way in zip(("left", "right"), order or (), strict=True):
            first, *middle, last = names
            words |= {way[at]: f"{side}_{n}" for at, n in zip(triple, middle, strict=True)}
            if triple[0] > 0 and first:
                words[way[0]] = f"{side}_{first}"
            if last and len(way) > triple[2] + 1 and way[triple[2] + 1] not in tree.ends:
                words[way[triple[2] + 1]] = f"{side}_{last}"
    return Shape(words, sided=True)


_NAMES = (("", "hip", "knee", "ankle", "foot"), ("collar", "shoulder", "elbow", "wrist", ""))


def _spine_words(tree: BodyTree, pelvis: int, chest: int) -> dict[int, str]:
    """The joints from above the pelvis to where the arms begin, in order."""
    down, up = tree.way_to(pelvis), tree.way_to(chest)
    if chest in down:
        spine = [j for j in reversed(down[:-1]) if j in down[down.index(chest) :]]
    else:
        spine = [j for j in up if j not in down]
    return dict(spine_words(spine, ["chest"] * len(spine)))


def find_left(tree: BodyTree, legs: Pair, chest: int, leg: Triple) -> Raw | None:
    """Directions [S, 3] to the left of where toes and knees say is forward; None if they do not.

    Args:
        tree: The rig.
        legs: Its legs.
        chest: Where the arms begin.
        leg: Hip, knee and ankle on the legs' ways.
    """
    up = _unit(tree.places[:, chest] - tree.places[:, legs.hub])
    ahead = [
        found
        for found in (_toes(tree, legs, leg, up), _knees(tree, legs, leg))
        if found is not None
    ]
    if not ahead or (len(ahead) > 1 and np.median(_dot(ahead[0], ahead[1])) < 0):
        return None
    return _unit(np.cross(up, ahead[0]))


def _toes(tree: BodyTree, legs: Pair, leg: Triple, up: Raw) -> Raw | None:
    """Where both feet point, across the spine."""
    feet = []
    for way in legs.ways:
        if len(way) <= leg[2] + 1:
            return None
        foot = _unit(tree.places[:, way[leg[2] + 1]] - tree.places[:, way[leg[2]]])
        feet.append(foot - _dot(foot, up)[:, None] * up)
    return _agreed(feet, FORWARD)


def _knees(tree: BodyTree, legs: Pair, leg: Triple) -> Raw | None:
    """Where both knees bend to."""
    bends = []
    for way in legs.ways:
        hip, knee, ankle = (tree.places[:, way[at]] for at in leg)
        whole = ankle - hip
        length = np.linalg.norm(whole, axis=-1, keepdims=True)
        bend = knee - hip - _dot(knee - hip, _unit(whole))[:, None] * _unit(whole)
        bends.append(bend / np.maximum(length, 1e-9))
    return _agreed(bends, BENT)


def _agreed(directions: list[Raw], least: float) -> Raw | None:
    """The mean of two directions [S, 3] that are long enough and not against each other."""
    one, other = directions
    lengths = [float(np.median(np.linalg.norm(d, axis=-1))) for d in directions]
    if min(lengths) < least or np.median(_dot(_unit(one), _unit(other))) < ALONG:
        return None
    return _unit(_unit(one) + _unit(other))


def _order(
    tree: BodyTree, pair: Pair, first: int, left: Raw | None, hints: Sequence[str]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The left way and the right one; None where neither names nor places tell."""
    said = [{hints[j] for j in way} - {""} for way in pair.ways]
    if any(said):
        orders = {("left", "right"): pair.ways, ("right", "left"): pair.ways[::-1]}
        return orders.get((_only(said[0]), _only(said[1])))
    if left is None:
        return None
    across = tree.places[:, pair.one[first]] - tree.places[:, pair.other[first]]
    part = float(np.median(_dot(_unit(across), left)))
    if abs(part) < SIDEWARD:
        return None
    return pair.ways if part > 0 else pair.ways[::-1]


def _only(said: set[str]) -> str:
    return next(iter(said)) if len(said) == 1 else ""


def _dot(a: Raw, b: Raw) -> Raw:
    return np.asarray((a * b).sum(-1))


def _unit(vectors: Raw) -> Raw:
    """The directions of vectors [S, 3]; those of no length stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))
