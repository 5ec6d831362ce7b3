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

from skeletonllm.corpora.rigs.anatomy.body_sides import Body, Triple, dot, find_sides, unit
from skeletonllm.corpora.rigs.anatomy.body_tree import BodyTree, Pair
from skeletonllm.corpora.rigs.anatomy.rig_words import spine_words
from skeletonllm.corpora.toolkit.validation import Raw


@dataclass(frozen=True)
class Limb:
    """What is known of arms, or of legs.

    Args:
        upper: Length of the upper bone, of an adult's shank.
        lower: That of the lower one.
        share: Least that both are of the whole branch.
        rest: Most that the hand or foot is, of the lower bone.
    """

    upper: float
    lower: float
    share: float
    rest: float

    @property
    def ratio(self) -> float:
        """Of the upper bone to the lower one."""
        return self.upper / self.lower


LEG = Limb(0.42 / 0.41, 1.0, 0.55, 0.85)
ARM = Limb(0.29 / 0.41, 0.26 / 0.41, 0.4, 1.1)

ODD, ABOUT = 0.4, 0.2
"""How far the logarithm of a ratio may be from an adult's, and what difference says nothing."""

ARM_OF_LEG, SPINE_OF_LEG = (0.45, 0.95), (0.2, 1.1)
"""An arm to the wrist and a spine from the legs to the arms, of a leg to the ankle."""

ALONG, ACROSS = 0.5, 0.3
"""Legs go on where the spine ends: their part along it; that of arms is less than the other."""

MOST_STEPS = 16
"""Joints of a limb that are looked at: real ones have at most a dozen."""


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
        leg, head = _find_bones(tree, legs, LEG), _find_head(tree, legs, arms)
        arm = leg and _find_bones(tree, arms, ARM, _lower_bone(tree, legs, leg))
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
    return float(np.median(dot(ends - tree.places[:, pair.hub], unit(direction)))) / length


def _find_bones(tree: BodyTree, pair: Pair, limb: Limb, shank: float = 0.0) -> Triple | None:
    """Where on both ways hip, knee and ankle are, or shoulder, elbow and wrist.

    Of several that are about as likely, the one that ends first: a hand goes on where an arm ends.
    """
    steps = range(min(MOST_STEPS, len(pair.one)))
    costs = {
        triple: max(_cost(tree, way, triple, limb, shank) for way in pair.ways)
        for triple in combinations(steps, 3)
    }
    likely = min(costs.values(), default=np.inf) + ABOUT
    good = [triple for triple, cost in costs.items() if cost <= min(ODD, likely)]
    return min(good, key=lambda triple: (triple[2], costs[triple]), default=None)


def _lower_bone(tree: BodyTree, pair: Pair, triple: Triple) -> float:
    return tree.length(pair.one[triple[1] : triple[2] + 1])


def _cost(tree: BodyTree, way: tuple[int, ...], triple: Triple, limb: Limb, shank: float) -> float:
    """How unlike people's the bones between three joints of a way are, and to a shank."""
    i, j, k = triple
    upper, lower = way[i : j + 1], way[j : k + 1]
    if way[j] in tree.ends or not (tree.is_straight(upper) and tree.is_straight(lower)):
        return np.inf
    a, b = tree.length(upper), tree.length(lower)
    whole = tree.bones[way[0]] + tree.length(way)
    if min(a, b) <= 0 or a + b < limb.share * whole or tree.length(way[k:]) > limb.rest * b:
        return np.inf
    unlike = [a / b / limb.ratio]
    if shank > 0:
        unlike += [a / shank / limb.upper, b / shank / limb.lower]
    return float(np.abs(np.log(unlike)).max())


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
    up = unit(tree.places[:, arms.hub] - tree.places[:, legs.hub])

    def rises(j: int) -> bool:
        step = tree.places[:, j] - tree.places[:, tree.parents[j]]
        return bool(np.median(dot(unit(step), up)) > ALONG)

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
    orders = find_sides(tree, Body(legs, arms, *bones), hints)
    if orders is None:
        return Shape(words, sided=False)
    for order, triple, names in zip(orders, bones, _NAMES, strict=True):
        for side, way in zip(("left", "right"), order, strict=True):
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
