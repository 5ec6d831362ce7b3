"""Which markers of a body to join by bones.

Markers of Plug-in Gait and joint centres are joined as their guides draw them. Of any other set the
words say what follows what: a knee's first marker is joined to an ankle's first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from skeletonllm.corpora.rigs.markers.words import SKIN, stands_for

_STICKS = (
    "neck.C7 *ear.BHD *ear.FHD",
    "neck.C7 spine.T10",
    "neck.C7 upper_spine.CLAV spine.STRN",
    "neck.C7 *shoulder.SHO *shoulder.UPA *elbow.ELB *elbow.FRM *wrist.WRA *hand.FIN",
    "*elbow.FRM *wrist.WRB",
    "spine.T10 *hip.PSI *hip.BWT *hip.ASI *hip.FWT *hip.THI "
    "*knee.KNE *knee.TIB *knee.SHN *ankle.ANK *foot.TOE",
    "*ankle.ANK *ankle.HEE",
    "spine.T10 pelvis.SACR",
    "pelvis upper_spine head",
    "upper_spine *shoulder *elbow *wrist",
    "pelvis *hip *knee *ankle",
)

_TRUNK = ("head", "neck", "upper_spine", "spine", "lower_spine", "pelvis")
_LIMBS = (
    (("ear",), ("neck", "head", "upper_spine")),
    (("shoulder", "elbow", "wrist", "hand"), ("upper_spine", "neck", "spine", "head", "pelvis")),
    (("hip", "knee", "ankle", "foot"), ("pelvis", "lower_spine", "spine", "upper_spine", "neck")),
)
"""Words of each limb, and of the trunk to which it is joined, the nearest first."""

_RANKS = {own: (word, i) for word, row in SKIN.items() for i, own in enumerate(row.split())}
_BESIDE = (
    "thigh",
    "femur",
    "shank",
    "shin",
    "tibia",
    "calf",
    "arm",
    "delt",
    "wand",
    "bar",
    "in",
    "med",
)
"""Parts of labels that lie between joints, or on the inner side: bones rather go to others."""

Bone = tuple[int, int]


def draw_bones(names: Sequence[str]) -> tuple[Bone, ...]:
    """Bones between markers, as pairs of indices.

    Example:
        >>> draw_bones(["left_hip.IAS", "left_knee.FLE", "left_knee.FME", "left_ankle.FAL"])
        ((0, 1), (1, 3))
    """
    bones = dict.fromkeys(_draw_sticks(names))
    return tuple(bones | dict.fromkeys(_join_words(names, list(bones))))


def _draw_sticks(names: Sequence[str]) -> Iterator[Bone]:
    """Bones between markers of Plug-in Gait, and between joint centres."""
    index = {name: i for i, name in enumerate(names)}
    for stick in _STICKS:
        for side in ("left_", "right_"):
            there = [n for n in stick.replace("*", side).split() if n in index]
            yield from ((index[a], index[b]) for a, b in pairwise(there))


def _join_words(names: Sequence[str], drawn: Sequence[Bone]) -> Iterator[Bone]:
    """Bones between words that no bone joins yet, from the first marker of each to the next."""
    words = [name.partition(".")[0] for name in names]
    first: dict[str, int] = {}
    for j in sorted(range(len(names)), key=lambda j: (_rank(names[j]), j)):
        if stands_for(names[j]):
            first.setdefault(words[j], j)
    joined = {frozenset((words[a], words[b])) for a, b in drawn}
    for chain in _chains(first, joined):
        for a, b in pairwise(chain):
            if frozenset((a, b)) not in joined:
                joined.add(frozenset((a, b)))
                yield first[a], first[b]


def _chains(first: dict[str, int], joined: set[frozenset[str]]) -> Iterator[list[str]]:
    """Words that follow each other on the body, of those that are there."""
    yield [word for word in _TRUNK if word in first]
    for limb, anchors in _LIMBS:
        near = [word for word in anchors if word in first]
        roots = []
        for side in ("left_", "right_"):
            words = [side + word for word in limb if side + word in first]
            hangs = any(frozenset((words[0], word)) in joined for word in near) if words else True
            yield words if hangs else [*near[:1], *words]
            roots += words[:1] if words[:1] == [side + limb[0]] else []
        yield [] if near else roots


def _rank(name: str) -> int:
    """How well a marker stands for its joint: the joint itself, then as the table lists them."""
    word, _, own = name.partition(".")
    if not own:
        return -1
    place = word.removeprefix("left_").removeprefix("right_")
    listed, rank = _RANKS.get(own, ("", 0))
    beside = 200 if any(part in own.lower() for part in _BESIDE) else 0
    return beside + (rank if listed == place else 100)
