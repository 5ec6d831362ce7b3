"""The skeleton of a rig: which links are joints, and what each is, by its name or by its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from skeletonllm.corpora.rigs.anatomy.body_shape import Shape, find_by_shape
from skeletonllm.corpora.rigs.anatomy.body_tree import BodyTree
from skeletonllm.corpora.rigs.anatomy.rig_words import BROAD
from skeletonllm.corpora.rigs.forward_kinematics import Chain
from skeletonllm.corpora.rigs.joint_names import (
    CORE,
    bare_names,
    find_scene_roots,
    has_body,
    name_joints,
)
from skeletonllm.corpora.rigs.joint_words import SidedName
from skeletonllm.corpora.toolkit.validation import Raw
from skeletonllm.topology import Topology, register_topology

LIMBS = tuple(word for word in CORE if not word.endswith(("wrist", "ankle")))
"""Joints that every body has: hands and feet may be left out."""

MOST_POSES = 24
"""Frames in which the shape of a rig is looked at, spread over the motion."""

SAME_LENGTH = 0.1
"""How much bones of the rest pose may differ from those of the frames, as a part."""


@dataclass(frozen=True, eq=False)
class Joints:
    """What the joints of a rig are.

    Args:
        kept: Links that are joints of their own.
        parents: Of each link, the nearest link above it that is kept, or -1.
        names: Of the joints that are kept, from the vocabulary.
        by_shape: Whether the limbs were found by shape, not by name.
    """

    kept: list[bool]
    parents: list[int]
    names: list[str]
    by_shape: bool

    def topology(self, family: str, source: str) -> Topology:
        """The skeleton, registered under a hash of its definition.

        Args:
            family: First word of its name.
            source: What defines the order of the joints.
        """
        index = {j: i for i, j in enumerate(np.flatnonzero(self.kept).tolist())}
        bones = tuple((index[self.parents[j]], i) for j, i in index.items() if self.parents[j] >= 0)
        joints = tuple(self.names)
        made = Topology(family, joints, bones, 3, source)
        name = f"{family}_{made.sha256[:8]}"
        return register_topology(Topology(name, joints, bones, 3, source))


def find_joints(chain: Chain, positions: Raw) -> Joints:
    """Name the joints of a rig, by shape where names of its limbs say nothing.

    Where the two contradict each other, the names are believed; but the shape of a limb of which
    one joint bears no known word and another one a broad word, such as leg.

    A joint that can never leave its parent is one point with it and is left out; so is the scene
    above the pelvis.

    Args:
        chain: The links, every parent first.
        positions: [J, 3, T], where they are.
    """
    links = tuple(link.name for link in chain)
    above = tuple(link.parent for link in chain)
    named = _name(links, above, tuple(link.is_fixed for link in chain))
    names = [name for name in named.names if name]
    if set(LIMBS) <= set(names):
        return Joints(named.kept, named.parents, names, by_shape=False)
    shape = _shape(chain, named, positions)
    by_name = dict(zip(np.flatnonzero(named.kept).tolist(), names, strict=True))
    doubted = _half_named_limbs(shape, by_name) if shape else {}
    broad = {j for j, bare in enumerate(named.bare) if bare and SidedName.of(bare).base in BROAD}
    sure = {
        j: name for j, name in by_name.items() if j not in broad or name not in doubted.values()
    }
    if shape is None or not _agree(shape, sure):
        return Joints(named.kept, named.parents, names, by_shape=False)
    kept, parents = _without_scene(named, above, shape)
    words = [w for w in name_joints(named.bare, above, kept, shape.words, doubted) if w]
    found = bool(set(words) & set(LIMBS) - set(names))
    if not found and has_body(names):
        return Joints(named.kept, named.parents, names, by_shape=False)
    return Joints(kept, parents, words, by_shape=found)


def rest_pose(chain: Chain) -> Raw:
    """[J, 3] of the rig where no channel acts."""
    places = np.zeros((len(chain), 3))
    for j, link in enumerate(chain):
        places[j] = link.offset if link.parent < 0 else places[link.parent] + link.offset
    return places


@dataclass(frozen=True, eq=False)
class _Named:
    """What names alone say of the links of a rig: one of each list a link."""

    bare: list[str]
    kept: list[bool]
    parents: list[int]
    names: list[str]


@lru_cache(32)
def _name(links: tuple[str, ...], above: tuple[int, ...], fixed: tuple[bool, ...]) -> _Named:
    """Cached, because a corpus has one rig, or a few, in thousands of files."""
    bare = bare_names(links)
    kept, parents = _keep(above, find_scene_roots(bare, above), fixed)
    return _Named(bare, kept, parents, name_joints(bare, above, kept))


def _keep(above: Sequence[int], scene: int, fixed: Sequence[bool]) -> tuple[list[bool], list[int]]:
    """Which links are joints of their own, and for each the nearest such ancestor (or -1)."""
    kept, parents = [False] * len(above), [-1] * len(above)
    for j, p in enumerate(above):
        if p >= 0:
            parents[j] = p if kept[p] else parents[p]
        touches = fixed[j] and p >= 0 and p >= scene
        kept[j] = j >= scene and not touches
    return kept, parents


def _without_scene(
    named: _Named, above: Sequence[int], shape: Shape
) -> tuple[list[bool], list[int]]:
    """The joints without those that stand alone above the pelvis, if shape says which that is."""
    pelvis = next((j for j, word in shape.words.items() if word == "pelvis"), 0)
    alone = all(above.count(j) == 1 for j in range(pelvis))
    if not alone:
        return named.kept, named.parents
    return _keep(above, pelvis, [not kept for kept in named.kept])


def _shape(chain: Chain, named: _Named, positions: Raw) -> Shape | None:
    """What rest pose and frames say together; words are by link.

    Each alone may see less than both: the rest pose has straight knees, the motion may be that of
    someone who sits. Where they contradict each other, neither is believed.
    """
    at = np.flatnonzero(named.kept)
    frames = positions[at].transpose(2, 0, 1)  # [T, J, 3]
    frames = frames[np.isfinite(frames).all((1, 2))]
    index = {int(j): i for i, j in enumerate(at)}
    tree = [index.get(named.parents[j], -1) for j in index]
    ends = frozenset(i for j, i in index.items() if not chain[j].name)
    hints = [SidedName.of(named.bare[j]).side if named.bare[j] else "" for j in index]
    rest = rest_pose(chain)[at][None]
    poses = [frames[:: max(1, len(frames) // MOST_POSES)]] if len(frames) else []
    if not poses or _same_bones(rest, poses[0], tree):
        poses.append(rest)
    found = [find_by_shape(BodyTree(tree, places, ends, poses[0]), hints) for places in poses]
    best = _together([shape for shape in found if shape is not None])
    return best and Shape({int(at[i]): word for i, word in best.words.items()}, best.sided)


def _together(shapes: list[Shape]) -> Shape | None:
    """The one that knows more, or None where two that know the sides do not agree."""
    sided = [shape for shape in shapes if shape.sided]
    if len(sided) > 1 and _limbs(sided[0]) != _limbs(sided[1]):
        return None
    return next(iter([*sided, *shapes]), None)


def _limbs(shape: Shape) -> dict[str, int]:
    return {word: j for j, word in shape.words.items() if word in CORE}


def _same_bones(rest: Raw, frames: Raw, parents: list[int]) -> bool:
    """Whether the bones of the rest pose are as long as they are in the frames.

    They are not where every joint has position channels and the offsets are zero.
    """
    bones = [(j, p) for j, p in enumerate(parents) if p >= 0]
    if not bones:
        return False
    j, p = np.array(bones).T
    moving = np.median(np.linalg.norm(frames[:, j] - frames[:, p], axis=-1), axis=0)
    resting = np.linalg.norm(rest[0, j] - rest[0, p], axis=-1)
    return float(np.abs(moving - resting).sum()) <= SAME_LENGTH * float(moving.sum())


def _half_named_limbs(shape: Shape, by_name: Mapping[int, str]) -> dict[int, str]:
    """Words by shape of limbs of which one joint bears a word by name and another none."""
    found: dict[int, str] = {}
    for side in ("left", "right"):
        for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")):
            words = {f"{side}_{part}" for part in limb}
            joints = {j: word for j, word in shape.words.items() if word in words}
            bare = [j for j in joints if "." in by_name.get(j, ".")]
            if bare and words & set(by_name.values()):
                found |= joints
    return found


def _agree(shape: Shape, by_name: Mapping[int, str]) -> bool:
    """Whether no limb that is known by name is another one by shape."""
    words = set(shape.words.values())
    return all(
        shape.words.get(j, name) == name and (name not in words or j in shape.words)
        for j, name in by_name.items()
        if name in CORE
    )
