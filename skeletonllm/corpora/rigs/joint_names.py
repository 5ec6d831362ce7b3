"""From the names of a rig to names of the vocabulary: Mixamo, MotionBuilder, CMU, 3ds Max ...

A joint sits where its segment begins, so ``LeftArm`` is the left shoulder and ``LeftFoot`` the left
ankle. Some names mean two things: ``LeftShoulder`` is the collar of a rig that has a ``LeftArm``,
and the shoulder of one that has not. What no word fits bears the word of its nearest ancestor and a
name of its own without its side, ``left_hand.index1``, so that left and right pair up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from skeletonllm.corpora.rigs.anatomy.rig_words import PELVIS, SCENE, THUMB, find_words
from skeletonllm.corpora.rigs.anatomy.shared_affixes import strip_shared
from skeletonllm.corpora.rigs.joint_words import SidedName
from skeletonllm.topology import locate_joint

_SMALL = (
    (re.compile(r"(hand)?(index|mid|ring|pinky|little|finger|metacarpal|palm).*"), "hand"),
    (THUMB, "thumb"),
    (re.compile(r"toe.*"), "foot"),
)
"""Fingers and toes: where they hang, whatever their parent is."""
_END = re.compile(r"(end|endsite|nub)$")

CORE = tuple(
    f"{side}_{word}"
    for side in ("left", "right")
    for word in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
_TOLD = frozenset({*CORE, "pelvis", "neck", "head", "spine", "upper_spine"})


def bare_names(names: Sequence[str]) -> list[str]:
    """The names without what they share and what says nothing of joints: ``CC_Base_``, ``_JNT``.

    Example:
        >>> bare_names(["Bob7_Hips", "Bob7_LUArm", "Bob7_LFArm", "Bob7_LHand"])
        ['Hips', 'LUArm', 'LFArm', 'LHand']
    """
    if len(_told(names) & set(CORE)) == len(CORE):
        return list(names)
    return strip_shared(names, lambda cut: len(_told(cut)))


def _told(names: Sequence[str]) -> frozenset[str]:
    """Joints of trunk and limbs that are known by these names."""
    parts = _take_apart(names)
    return _TOLD & {word for _, word in find_words(parts, [True] * len(parts))}


def name_joints(
    names: Sequence[str],
    parents: Sequence[int],
    kept: Sequence[bool],
    known: Mapping[int, str] = MappingProxyType({}),
    sure: Mapping[int, str] = MappingProxyType({}),
) -> list[str]:
    """A joint name of the vocabulary for each joint of a rig; see the top of this file.

    Args:
        names: As :func:`bare_names` gives them; empty for an end site.
        parents: Index of each parent, before its children; -1 for the root.
        kept: Joints that get a name; the others get an empty one.
        known: Words of joints that follow from something else than their names.
        sure: Those of them that hold whatever the names say.

    Returns:
        Names, each once. A rig without any known name hangs on ``pelvis``.

    Example:
        >>> name_joints(["Hips", "LeftUpLeg", "LeftLeg", ""], [-1, 0, 1, 2], [True] * 4)
        ['pelvis', 'left_hip', 'left_knee', 'left_knee.end']
    """
    parts = _take_apart(names)
    words: list[str] = [""] * len(names)
    taken: Counter[str] = Counter()
    for j, word in (*sure.items(), *_in_order(parts, kept, parents, known)):
        if kept[j] and not words[j] and not taken[word]:
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
            name = f"{word}.{own_name(part)}"
        else:
            name = "pelvis"
        words[j] = _free(name, taken)
        taken[words[j]] += 1
    return words


def _in_order(
    parts: Sequence[SidedName],
    kept: Sequence[bool],
    parents: Sequence[int],
    known: Mapping[int, str],
) -> Iterator[tuple[int, str]]:
    """Words by name, then those known otherwise, then a ``root`` that may be the scene's."""
    by_name = list(find_words(parts, kept, parents))
    yield from ((j, word) for j, word in by_name if parts[j].base not in SCENE)
    yield from known.items()
    yield from by_name


def find_scene_roots(names: Sequence[str], parents: Sequence[int]) -> int:
    """How many joints at the start are the scene, not the body: ``joint_Root`` above ``Hips``.

    Whatever a rig calls it: a joint of no known word above a pelvis, with nothing else below it.

    Args:
        names: Of all links, as :func:`bare_names` gives them.
        parents: Index of the parent of each link, -1 for a root.
    """
    parts = _take_apart(names)
    known = {j for j, _ in find_words(parts, [True] * len(parts)) if parts[j].base not in SCENE}
    count = 0
    while count + 1 < len(names) and count not in known and parents.count(count) == 1:
        count += 1
    return count if any(part.base in PELVIS for part in parts[count:]) else 0


def _take_apart(names: Sequence[str]) -> list[SidedName]:
    """The parts of each name; an end site has none."""
    return [SidedName.of(name) if name else SidedName("", "") for name in names]


def has_body(joints: Sequence[str]) -> bool:
    """Whether at least half of the joints of the limbs are known by name."""
    return len(set(joints) & set(CORE)) * 2 >= len(CORE)


def own_name(part: SidedName) -> str:
    """What stands behind the word of a joint that has none of its own."""
    small = any(form.fullmatch(part.base) for form, _ in _SMALL)
    return part.base.removeprefix("hand") if small else part.base or "end"


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


def _word_for(part: SidedName, above: str, below: str) -> str:
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


def _end_of(parent: str, link: SidedName, taken: Counter[str]) -> str:
    """What lies at the end of a joint: a word where there is one, else ``<parent>.end``.

    ``link`` is the parent in the file; a thumb that starts in the wrist itself is no joint.
    """
    side, _, word = parent.partition("_")
    if THUMB.fullmatch(link.base) and not taken[f"{link.side}_thumb"] and link.side:
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
