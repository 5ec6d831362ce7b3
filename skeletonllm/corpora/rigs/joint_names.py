"""From the names rigs use to the words of the vocabulary: Mixamo, MotionBuilder, CMU, 3ds Max ...

A joint sits where its segment begins, so ``LeftArm`` is the left shoulder and ``LeftFoot`` the left
ankle. Some names mean two things: ``LeftShoulder`` is the collar of a rig that has a ``LeftArm``,
and the shoulder of one that has not. What no word fits bears the word of its nearest ancestor and a
name of its own without its side, ``left_hand.index1``, so that left and right pair up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skeletonllm.topology import VOCABULARY, locate_joint

LONGEST = 64
"""Characters of a name that are looked at."""

SIDES = {"left": "left", "right": "right", "l": "left", "r": "right"}

_RIGS = r"(mixamorig\d*|valvebiped|bip\d+|character\d*|joint|jnt|def|rig|skel)"
_PREFIX = re.compile(rf"^(.*:|{_RIGS}[ _.\-]+|mixamorig\d*)", re.IGNORECASE)
_SIDE = (
    re.compile(r"^(?P<s>left|right)[ _.\-]*(?P<n>.+)$", re.IGNORECASE),
    re.compile(r"^(?P<n>.+?)[ _.\-]*(?P<s>left|right)$", re.IGNORECASE),
    re.compile(r"^(?P<s>[lr])[ _.\-]+(?P<n>.+)$", re.IGNORECASE),
    re.compile(r"^(?P<n>.+?)[ _.\-]+(?P<s>[lr])$", re.IGNORECASE),
    re.compile(r"^(?P<s>[LR])(?P<n>[A-Z][a-z].+)$"),
)
_SHORT_SIDE = re.compile(r"^([lr])([a-z]+?)\d*$")

_WORDS = {
    "collar": "collar clavicle clav scapula collarbone",
    "shoulder": "arm uparm upperarm armupper humerus shldr bicep",
    "elbow": "forearm lowerarm lowarm loarm armlower elbow radius",
    "wrist": "wrist",
    "hand_tip": "fingers fingertip fingertips handtip",
    "hip": "upleg upperleg legupper thigh femur hip",
    "knee": "leg lowerleg lowleg loleg leglower shin shank calf tibia knee",
    "ankle": "ankle",
    "foot": "toe toes toebase toebase0 toe0 ball foottoe",
    "eye": "eye",
    "ear": "ear",
}
_SIDED = {base: word for word, bases in _WORDS.items() for base in bases.split()}
_DOUBLE = ("shoulder", "hand", "foot")
"""Names whose word depends on what else the side has."""

_PELVIS = ("hips", "hip", "pelvis")
_SCENE = ("root", "reference", "armature", "world", "scene", "origin", "base")
_TOP = ("headtop", "topofhead", "headend", "headnub", "headsite")
_NECK = re.compile(r"(lower|upper)?neck\d*")
_SPINE = re.compile(r"(spine|(upper|lower)?(chest|back|torso|body)|abdomen|thorax|waist|belly)\d*")
_HIGH = re.compile(r"(upper)?chest\d*|thorax|upper.*")
_THUMB = re.compile(r"(hand)?thumb\d*")
_SMALL = (
    (re.compile(r"(hand)?(index|mid|ring|pinky|little|finger|metacarpal|palm).*"), "hand"),
    (_THUMB, "thumb"),
    (re.compile(r"toe.*"), "foot"),
)
"""Fingers and toes: where they hang, whatever their parent is."""
_END = re.compile(r"(end|nub)$")

CORE = tuple(
    f"{side}_{word}"
    for side in ("left", "right")
    for word in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


@dataclass(frozen=True)
class RigName:
    """A joint's name in parts: ``mixamorig:LeftHandIndex1`` is (left, handindex1)."""

    side: str
    base: str

    @property
    def own(self) -> str:
        """What stands behind the word of a joint that has none of its own."""
        small = any(form.fullmatch(self.base) for form, _ in _SMALL)
        return self.base.removeprefix("hand") if small else self.base or "end"

    @classmethod
    def of(cls, name: str) -> RigName:
        """Take a name apart.

        Example:
            >>> RigName.of("Bip01 L Thigh"), RigName.of("rfemur"), RigName.of("ring")
            (RigName(side='left', base='thigh'), RigName(side='right', base='femur'), \
RigName(side='', base='ring'))
        """
        name = name[-LONGEST:]
        while (short := _PREFIX.sub("", name, count=1)) not in (name, ""):
            name = short
        name = name.strip(" _.-") or name
        for pattern in _SIDE:
            match = pattern.match(name)
            if match:
                return cls(SIDES[match["s"].lower()], _plain(match["n"]))
        base = _plain(name)
        match = _SHORT_SIDE.match(base)
        if match and _is_sided(match[2]):
            return cls(SIDES[match[1]], base[1:])
        return cls("", base)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower()) or "joint"


def _is_sided(base: str) -> bool:
    known = base in _SIDED or base in _DOUBLE or base in ("hipjoint", "buttock", "fingers")
    return known or bool(_THUMB.fullmatch(base))


def name_joints(names: Sequence[str], parents: Sequence[int], kept: Sequence[bool]) -> list[str]:
    """A joint name of the vocabulary for each joint of a rig; see the top of this file.

    Args:
        names: As in the file; empty for an end site.
        parents: Index of each parent, before its children; -1 for the root.
        kept: Joints that get a name; the others get an empty one.

    Returns:
        Names, each once. A rig without any known name hangs on ``pelvis``.

    Example:
        >>> name_joints(["Hips", "LeftUpLeg", "LeftLeg", ""], [-1, 0, 1, 2], [True] * 4)
        ['pelvis', 'left_hip', 'left_knee', 'left_knee.end']
    """
    parts = [RigName.of(name) if name else RigName("", "") for name in names]
    words: list[str] = [""] * len(names)
    taken: Counter[str] = Counter()
    for j, word in _words(parts, kept):
        if kept[j] and not taken[word]:
            words[j] = word
            taken[word] += 1
    has_child = {p for p, name in zip(parents, names, strict=True) if name}
    for j, part in enumerate(parts):
        if not kept[j] or words[j]:
            continue
        above = _above(j, parents, words)
        leaf = not names[j] or (_END.search(part.base) is not None and j not in has_child)
        if leaf and above:
            name = _end_of(above, parts[parents[j]], taken)
        elif above or taken["pelvis"]:
            word = _word_for(part, above, _below(j, part.side, parents, words))
            name = f"{word}.{part.own}"
        else:
            name = "pelvis"
        words[j] = _free(name, taken)
        taken[words[j]] += 1
    return words


def find_scene_roots(names: Sequence[str], parents: Sequence[int]) -> int:
    """How many joints at the start are the scene, not the body: ``joint_Root`` above ``Hips``.

    Args:
        names: Of all links.
        parents: Index of the parent of each link, -1 for a root.
    """
    bases = [RigName.of(name).base for name in names]
    count = 0
    while count + 1 < len(names) and bases[count] in _SCENE and parents.count(count) == 1:
        count += 1
    return count if any(base in _PELVIS for base in bases[count:]) else 0


def has_body(joints: Sequence[str]) -> bool:
    """Whether at least half of the joints of the limbs are known by name."""
    return len(set(joints) & set(CORE)) * 2 >= len(CORE)


def _words(parts: Sequence[RigName], kept: Sequence[bool]) -> Iterator[tuple[int, str]]:
    """(joint, word) pairs, the first of a word being the one that gets it."""
    centre = {part.base for part in parts if not part.side}
    for j, part in enumerate(parts):
        if part.side:
            word = _sided_word(part, {p.base for p in parts if p.side == part.side})
            if word in VOCABULARY:
                yield j, word
        elif part.base in _PELVIS or (part.base == "root" and not centre & set(_PELVIS)):
            yield j, "pelvis"
        elif _NECK.fullmatch(part.base):
            yield j, "neck"
        elif part.base in ("head", "nose"):
            yield j, part.base
        elif part.base in _TOP:
            yield j, "head.top"
    spine = [j for j, p in enumerate(parts) if kept[j] and not p.side and _SPINE.fullmatch(p.base)]
    yield from _spine_words(spine, [parts[j].base for j in spine])


def _sided_word(part: RigName, bases: set[str]) -> str:
    """The word of a sided name, which may be none of the vocabulary."""
    has = {_SIDED[base] for base in bases if base in _SIDED}
    word = _SIDED.get(part.base, "")
    if part.base == "shoulder":
        word = "collar" if "shoulder" in has and "collar" not in has else "shoulder"
    elif part.base == "hand":
        word = "hand" if "wrist" in has else "wrist"
    elif part.base == "foot":
        word = "foot" if "ankle" in has else "ankle"
    elif part.base == "leg" and "hip" not in has:
        word = "hip"
    elif _THUMB.fullmatch(part.base):
        word = "thumb"
    elif part.base.startswith("toe"):
        word = "foot"
    return f"{part.side}_{word}"


def _spine_words(spine: list[int], bases: list[str]) -> Iterator[tuple[int, str]]:
    """The joints between pelvis and neck, in order: lower spine, spine and upper spine."""
    if len(spine) == 1:
        yield spine[0], "upper_spine" if _HIGH.fullmatch(bases[0]) else "spine"
    elif len(spine) == 2:
        yield from zip(spine, ("spine", "upper_spine"), strict=True)
    elif spine:
        at = (spine[0], spine[len(spine) // 2], spine[-1])
        yield from zip(at, ("lower_spine", "spine", "upper_spine"), strict=True)


def _above(j: int, parents: Sequence[int], words: Sequence[str]) -> str:
    """The name of the nearest ancestor that has one, else empty."""
    j = parents[j]
    while j >= 0 and not words[j]:
        j = parents[j]
    return words[j] if j >= 0 else ""


def _below(j: int, side: str, parents: Sequence[int], words: Sequence[str]) -> str:
    """The word of the first joint below ``j`` that is of this side, else empty."""
    inside = {j}
    for k in range(j + 1, len(parents)):
        if parents[k] in inside:
            inside.add(k)
            if side and words[k].startswith(side):
                return words[k]
    return ""


def _word_for(part: RigName, above: str, below: str) -> str:
    """A word for a joint that has none: its ancestor's, or one of its side near there."""
    word, side = (above or "pelvis").partition(".")[0], part.side
    if side:
        small = next((where for form, where in _SMALL if form.fullmatch(part.base)), None)
        if small is not None:
            return f"{side}_{small}"
    if not side or locate_joint(word).side != "centre" or word.startswith(side):
        return word
    if below:
        return below.partition(".")[0]
    if locate_joint(word).part == "head":
        return f"{side}_eye"
    return f"{side}_hip" if word in ("pelvis", "lower_spine") else f"{side}_collar"


def _end_of(parent: str, link: RigName, taken: Counter[str]) -> str:
    """What lies at the end of a joint: a word where there is one, else ``<parent>.end``.

    ``link`` is the parent in the file; a thumb that starts in the wrist itself is no joint.
    """
    side, _, word = parent.partition("_")
    if _THUMB.fullmatch(link.base) and not taken[f"{link.side}_thumb"] and link.side:
        return f"{link.side}_thumb"
    ends = {"ankle": "foot", "wrist": "hand_tip", "hand": "hand_tip"}
    name = "head.top" if parent == "head" else f"{side}_{ends[word]}" if word in ends else ""
    return name if name and not taken[name] else f"{parent}.end"


def _free(name: str, taken: Counter[str]) -> str:
    """The name, with a number behind it if it is taken."""
    number, free = 1, name
    while taken[free]:
        number += 1
        free = f"{name}_{number}"
    return free
