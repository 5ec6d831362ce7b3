"""Rigs without names: what is found in people of every build, and nothing in what is no person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from skeletonllm.corpora.rigs.anatomy.body_shape import Shape, find_by_shape
from skeletonllm.corpora.rigs.anatomy.body_tree import BodyTree
from skeletonllm.corpora.rigs.joint_names import CORE
from skeletonllm.topology import locate_joint

Offset = Sequence[float]


@dataclass
class Rig:
    """Joints by name, added one by one, in a rest pose."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[Offset] = field(default_factory=list)

    def add(self, name: str, parent: str, *offset: float) -> None:
        self.parents.append(self.names.index(parent) if parent else -1)
        self.names.append(name)
        self.offsets.append(offset)

    def chain(self, parent: str, **steps: Offset) -> None:
        for name, offset in steps.items():
            self.add(name, parent, *offset)
            parent = name

    def places(self) -> np.ndarray:
        at = np.zeros((len(self.names), 3))
        for j, (p, offset) in enumerate(zip(self.parents, self.offsets, strict=True)):
            at[j] = offset if p < 0 else at[p] + offset
        return at[None]

    def find(self, turn: np.ndarray | None = None, hints: bool = False) -> Shape | None:
        places = self.places() if turn is None else self.places() @ turn.T
        ends = frozenset(j for j, name in enumerate(self.names) if name.endswith("end"))
        sides = [n.partition("_")[0] if hints and "_" in n else "" for n in self.names]
        return find_by_shape(BodyTree(self.parents, places, ends), sides)


def human(
    *,
    arm: Offset = (1.0, 0.0, 0.0),
    toes: bool = True,
    fingers: bool = False,
    twists: bool = False,
    size: float = 1.0,
    bend: float = 0.0,
) -> Rig:
    """A person with +y up who looks along +z: arms along ``arm``, knees ``bend`` forward."""
    rig = Rig()
    rig.add("pelvis", "", 0, 0.95, 0)
    rig.chain("pelvis", spine=(0, 0.15, 0), chest=(0, 0.2, 0))
    rig.chain("chest", neck=(0, 0.2, 0), head=(0, 0.1, 0), head_end=(0, 0.2, 0))
    along = np.array(arm)
    for side, sign in (("left", 1), ("right", -1)):
        mirror = np.array([sign, 1, 1])
        knee, shank = mirror * (0, -0.42, bend), mirror * (0, -0.41, -bend)
        rig.add(f"{side}_hip", "pelvis", *(mirror * (0.1, -0.05, 0)))
        half = 0.5 if twists else 1.0
        if twists:
            rig.add(f"{side}_thigh.twist", f"{side}_hip", *(half * knee))
        last = f"{side}_thigh.twist" if twists else f"{side}_hip"
        rig.chain(last, **{f"{side}_knee": half * knee, f"{side}_ankle": shank})
        if toes:
            foot = {f"{side}_foot": (0, -0.07, 0.14), f"{side}_foot_end": (0, 0, 0.06)}
            rig.chain(f"{side}_ankle", **foot)
        rig.add(f"{side}_collar", "chest", *(mirror * (0.05, 0.12, 0)))
        rig.add(f"{side}_shoulder", f"{side}_collar", *(mirror * (0.13, 0, 0)))
        last = f"{side}_shoulder"
        if twists:
            rig.add(f"{side}_arm.twist", last, *(mirror * along * 0.145))
            last = f"{side}_arm.twist"
        rig.chain(last, **{f"{side}_elbow": mirror * along * (0.145 if twists else 0.29)})
        rig.chain(f"{side}_elbow", **{f"{side}_wrist": mirror * along * 0.26})
        for finger in range(5 if fingers else 1):
            tip = mirror * along * 0.09 + (0, 0, 0.02 * finger)
            steps = {f"{side}_{finger}a": tip, f"{side}_{finger}b": tip / 2}
            rig.chain(f"{side}_wrist", **steps, **{f"{side}_{finger}end": tip / 2})
    rig.offsets = [tuple(size * np.array(offset)) for offset in rig.offsets]
    return rig


def limbs_of(rig: Rig, shape: Shape | None) -> dict[str, str]:
    assert shape is not None
    return {word: rig.names[j] for j, word in shape.words.items() if word in CORE}


ALL = {word: word for word in CORE}


@pytest.mark.parametrize(
    "rig",
    [
        human(),
        human(size=100),
        human(size=0.001),
        human(arm=(0.7, -0.7, 0)),
        human(arm=(0.1, -0.99, 0)),
        human(fingers=True),
        human(twists=True),
        human(twists=True, fingers=True, arm=(0.6, -0.8, 0)),
        human(toes=False, bend=0.08),
    ],
)
@pytest.mark.parametrize("turn", ["", "x", "y", "z", "xz"])
def test_people_of_every_build_and_in_all_axes(rig: Rig, turn: str) -> None:
    angles = [90 if axis != "y" else 180 for axis in turn]
    matrix = Rotation.from_euler(turn, angles, degrees=True).as_matrix() if turn else np.eye(3)
    shape = rig.find(matrix.reshape(3, 3))
    assert limbs_of(rig, shape) == ALL
    assert shape is not None
    assert {rig.names[j]: w for j, w in shape.words.items() if w in ("pelvis", "neck", "head")} == {
        "pelvis": "pelvis",
        "neck": "neck",
        "head": "head",
    }


def test_without_toes_and_with_straight_knees_the_sides_are_not_known() -> None:
    shape = human(toes=False).find()
    assert shape is not None
    assert not shape.sided
    assert not set(shape.words.values()) & set(CORE)
    assert "head" in shape.words.values()


def test_names_that_say_the_side_are_believed() -> None:
    rig = human(toes=False)
    assert limbs_of(rig, rig.find(hints=True)) == ALL


def test_a_mirror_image_is_read_by_where_its_toes_point() -> None:
    rig = human()
    shape = rig.find(np.diag([1.0, 1.0, -1.0]))
    swapped = {a.replace("left", "x").replace("right", "left").replace("x", "right") for a in CORE}
    assert limbs_of(rig, shape)["left_knee"] == "right_knee"
    assert set(limbs_of(rig, shape)) == swapped


def dog() -> Rig:
    rig = Rig()
    rig.add("root", "", 0, 0.6, 0)
    rig.chain("root", a=(0, 0, 0.3), b=(0, 0, 0.3), c=(0, 0.1, 0.2), head_end=(0, 0, 0.1))
    for sign, side in ((1, "l"), (-1, "r")):
        for at in ("root", "b"):
            steps = {f"{side}{at}1": (0.1 * sign, 0, 0), f"{side}{at}2": (0, -0.3, 0)}
            rig.chain(
                at, **steps, **{f"{side}{at}3": (0, -0.28, 0), f"{side}{at}end": (0, 0, 0.05)}
            )
    return rig


def hand() -> Rig:
    rig = Rig()
    rig.add("wrist", "", 0, 1, 0)
    for n in range(5):
        rig.chain("wrist", **{f"{n}a": (0.02 * n, 0.08, 0), f"{n}b": (0, 0.04, 0)})
        rig.chain(f"{n}b", **{f"{n}c": (0, 0.03, 0), f"{n}end": (0, 0.02, 0)})
    return rig


def angel() -> Rig:
    rig = human()
    for side, sign in (("left", 1), ("right", -1)):
        steps = {f"w{side}{n}": (0.2 * sign, 0.1, -0.1) for n in range(4)}
        rig.chain("chest", **steps)
    return rig


def headless() -> Rig:
    rig = human()
    rig.offsets[rig.names.index("neck")] = (0, -0.2, 0)
    rig.offsets[rig.names.index("head")] = (0, -0.2, 0)
    return rig


def short_legs() -> Rig:
    rig = human()
    for side in ("left", "right"):
        rig.offsets[rig.names.index(f"{side}_knee")] = (0, -0.15, 0)
        rig.offsets[rig.names.index(f"{side}_ankle")] = (0, -0.15, 0)
    return rig


def spider() -> Rig:
    rig = Rig()
    rig.add("root", "", 0, 0.5, 0)
    for n in range(8):
        out = np.array([np.cos(n), 0, np.sin(n)])
        rig.chain("root", **{f"{n}a": 0.3 * out, f"{n}b": 0.3 * out, f"{n}end": (0, -0.4, 0)})
    return rig


def rope() -> Rig:
    rig = Rig()
    rig.add("0", "", 0, 0, 0)
    rig.chain("0", **{str(n): (0, 0.1, 0) for n in range(1, 30)})
    return rig


def ball() -> Rig:
    rig = human()
    rig.offsets = [(0.0, 0.0, 0.0) for _ in rig.offsets]
    return rig


@pytest.mark.parametrize("make", [dog, hand, angel, headless, short_legs, spider, rope, ball, Rig])
def test_what_is_not_plainly_a_person_is_nothing(make: Callable[[], Rig]) -> None:
    rig = make()
    assert rig.find() is None if rig.names else BodyTree([], np.zeros((1, 0, 3))).pairs() == []


def test_hair_clothes_and_ears_do_not_matter() -> None:
    rig = human(fingers=True)
    for n in range(6):
        rig.chain("head", **{f"hair{n}": (0.02 * n, 0, -0.1), f"hair{n}b": (0, -0.15, 0)})
        around = np.array([np.cos(n), -0.1, np.sin(n)])
        rig.chain("pelvis", **{f"skirt{n}": 0.2 * around, f"skirt{n}b": (0, -0.3, 0)})
    for side, sign in (("left", 1), ("right", -1)):
        rig.chain("head", **{f"{side}eye": (0.03 * sign, 0.1, 0.1)})
        rig.chain("chest", **{f"{side}breast": (0.08 * sign, 0, 0.1)})
    assert limbs_of(rig, rig.find()) == ALL


@given(st.data())
def test_whatever_grows_is_a_whole_body_or_none(data: st.DataObject) -> None:
    """Limbs are named on both sides or on neither, and a skeleton can be made of the words."""
    rig = human(fingers=data.draw(st.booleans()), twists=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(0, 6))):
        j = data.draw(st.integers(1, len(rig.names) - 1))
        scale = data.draw(st.sampled_from([0.0, 0.3, 0.8, 1.3, 4.0, -1.0]))
        rig.offsets[j] = tuple(scale * x for x in rig.offsets[j])
    for n in range(data.draw(st.integers(0, 5))):
        parent = data.draw(st.sampled_from(rig.names))
        rig.add(f"x{n}", parent, *(data.draw(st.floats(-1, 1)) for _ in range(3)))
    shape = rig.find()
    if shape is None:
        return
    words = list(shape.words.values())
    assert len(set(words)) == len(words)
    assert {locate_joint(word) for word in words}
    limbs = set(words) & set(CORE)
    assert len(limbs) == (len(CORE) if shape.sided else 0)
