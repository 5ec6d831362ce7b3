"""What the names of a rig mean together: ``LeftShoulder`` is a collar where there is a ``LeftArm``.

A joint sits where its segment begins, so ``LeftArm`` is the left shoulder and ``LeftFoot`` the left
ankle. Some names mean two things; the other names of the side decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from skeletonllm.corpora.rigs.joint_words import SidedName
from skeletonllm.topology import VOCABULARY

_WORDS = {
    "collar": "collar clavicle clav scapula collarbone",
    "shoulder": "arm uparm uarm upperarm armup armupper humerus shldr shldrbend bicep",
    "elbow": "forearm farm lowerarm lowarm loarm larm armlow armlower forearmbend elbow radius",
    "wrist": "wrist",
    "hand_tip": "fingers fingertip fingertips handtip",
    "hip": "upleg upperleg uleg legup legupper thigh thighbend femur hip",
    "knee": "leg lowerleg lowleg loleg lleg leglow leglower shin shank calf tibia knee",
    "ankle": "ankle",
    "foot": "toe toes toebase toebase0 toe0 ball foottoe",
    "eye": "eye",
    "ear": "ear",
}
_SIDED = {base: word for word, bases in _WORDS.items() for base in bases.split()}
_UPPER_ARM = frozenset(_WORDS["shoulder"].split())
BROAD = frozenset("arm leg limb shoulder hand foot".split())
"""Names that rigs give to several joints of a limb."""

PELVIS = ("hips", "hip", "pelvis")
SCENE = ("root", "reference", "armature", "world", "scene", "origin", "base")
_TOP = ("headtop", "topofhead", "headend", "headnub", "headsite", "headendsite")
_NECK = re.compile(r"(lower|upper)?neck(lower|upper|twist)?\d*")
_SPINE = re.compile(
    r"((upper|lower|mid|middle|[lmu])?(spine|chest|back|torso|body)|abdomen|ab|thorax|waist|belly|stomach)"
    r"(lower|upper|mid)?\d*|l[35]|t(8|12)"
)
_HIGH = re.compile(r"(upper)?chest\d*|thorax|upper.*")
THUMB = re.compile(r"(hand)?thumb\d*")
_NUMBER = re.compile(r"\d+$")


def find_words(
    parts: Sequence[SidedName], kept: Sequence[bool], parents: Sequence[int] = ()
) -> Iterator[tuple[int, str]]:
    """(joint, word) pairs; the first of a word is the one that gets it.

    Args:
        parts: Of each joint's name.
        kept: Joints that may be of the spine.
        parents: Of each joint, if they are known: some rigs call all from pelvis to head a spine.
    """
    sided, middle = list(_sided_words(parts)), list(_middle_words(parts))
    yield from sided
    yield from middle
    spine = [j for j, p in enumerate(parts) if kept[j] and not p.side and _SPINE.fullmatch(p.base)]
    sure = {word for j, word in middle if parts[j].base not in SCENE}
    ends = _ends_of_spine(spine, parents, dict(reversed(sided)), sure)
    yield from ends.items()
    spine = [j for j in spine if j not in ends]
    yield from spine_words(spine, [parts[j].base for j in spine])
    bare = [SidedName(p.side, _NUMBER.sub("", p.base)) for p in parts]
    yield from _sided_words(bare)
    yield from _middle_words(bare)


def _ends_of_spine(
    spine: Sequence[int], parents: Sequence[int], sided: Mapping[int, str], middle: set[str]
) -> dict[int, str]:
    """Of a rig that names none of them: the pelvis bears the legs, the neck is above the arms."""
    if not parents:
        return {}
    joints = {word: j for j, word in sided.items()}
    found: dict[int, str] = {}
    hips = _fork(joints, ("hip",), parents)
    if "pelvis" not in middle and hips >= 0:
        found[hips] = "pelvis"
    arms = _fork(joints, ("collar", "shoulder"), parents)
    above = [j for j in spine if j != arms and arms in _way_up(j, parents)]
    if arms >= 0 and above and not middle & {"neck", "head"}:
        found |= {above[0]: "neck", above[-1]: "head"}
    return found


def _fork(joints: Mapping[str, int], words: Sequence[str], parents: Sequence[int]) -> int:
    """The joint from which a left and a right one go out; -1 if there is none."""
    for word in words:
        left, right = joints.get(f"left_{word}", -1), joints.get(f"right_{word}", -1)
        if left >= 0 and right >= 0:
            ways = _way_up(left, parents), set(_way_up(right, parents))
            return next((j for j in ways[0] if j in ways[1]), -1)
    return -1


def _way_up(j: int, parents: Sequence[int]) -> list[int]:
    """A joint and those above it."""
    way = [j]
    while parents[way[-1]] >= 0:
        way.append(parents[way[-1]])
    return way


def _sided_words(parts: Sequence[SidedName]) -> Iterator[tuple[int, str]]:
    bases = {side: {_bare(p.base) for p in parts if p.side == side} for side in ("left", "right")}
    for j, part in enumerate(parts):
        if part.side:
            word = f"{part.side}_{_sided_word(part.base, bases[part.side])}"
            if word in VOCABULARY:
                yield j, word


def _middle_words(parts: Sequence[SidedName]) -> Iterator[tuple[int, str]]:
    centre = {part.base for part in parts if not part.side}
    for j, part in enumerate(parts):
        if part.side:
            continue
        if part.base in PELVIS or (part.base == "root" and not centre & set(PELVIS)):
            yield j, "pelvis"
        elif _NECK.fullmatch(part.base):
            yield j, "neck"
        elif part.base in ("head", "nose"):
            yield j, part.base
        elif part.base in _TOP:
            yield j, "head.top"


def _bare(base: str) -> str:
    return base if base in _SIDED else _NUMBER.sub("", base)


def _sided_word(base: str, bases: set[str]) -> str:
    """The word of a sided name without its side; it may be none of the vocabulary."""
    has = {_SIDED[other] for other in bases if other in _SIDED}
    if "ude" in bases and "wrist" in has:
        has.add("shoulder")
    two_meanings = {
        "shoulder": _shoulder(bases, has),
        "hand": "hand" if "wrist" in has else "wrist",
        "palm": "" if {"hand", "wrist"} & bases else "wrist",
        "foot": "foot" if "ankle" in has else "ankle",
        "leg": "knee" if "hip" in has else "hip",
        "armu": "shoulder" if "arml" in bases else "",
        "arml": "elbow" if "armu" in bases else "",
        "legu": "hip" if "legl" in bases else "",
        "legl": "knee" if "legu" in bases else "",
        "ashi": _leg_or_foot(has),
        "ude": "shoulder" if "wrist" in has else "wrist" if "shoulder" in bases else "",
    }
    if base in two_meanings:
        return two_meanings[base]
    if THUMB.fullmatch(base):
        return "thumb"
    return _SIDED.get(base, "foot" if base.startswith("toe") else "")


def _shoulder(bases: set[str], has: set[str]) -> str:
    """A collar where an upper arm follows; nothing where a collar and an upper arm are named."""
    if "collar" in has:
        return "" if bases & _UPPER_ARM else "shoulder"
    return "collar" if "shoulder" in has else "shoulder"


def _leg_or_foot(has: set[str]) -> str:
    if "hip" in has:
        return "foot" if "ankle" in has else "ankle"
    return "hip" if "knee" in has else ""


def spine_words(spine: list[int], bases: list[str]) -> Iterator[tuple[int, str]]:
    """The joints between pelvis and neck, in order: lower spine, spine and upper spine.

    Args:
        spine: Their indices.
        bases: Their names, see :class:`SidedName`.
    """
    if len(spine) == 1:
        yield spine[0], "upper_spine" if _HIGH.fullmatch(bases[0]) else "spine"
    elif len(spine) == 2:
        yield from zip(spine, ("spine", "upper_spine"), strict=True)
    elif spine:
        at = (spine[0], spine[len(spine) // 2], spine[-1])
        yield from zip(at, ("lower_spine", "spine", "upper_spine"), strict=True)
