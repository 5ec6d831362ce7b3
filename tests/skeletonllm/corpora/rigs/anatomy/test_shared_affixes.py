from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.rigs.anatomy.shared_affixes import strip_shared
from skeletonllm.corpora.rigs.joint_names import CORE, bare_names, has_body, name_joints
from skeletonllm.testing.rigs import MIXAMO_JOINTS

NAMES = [name.removeprefix("mixamorig:") for name in MIXAMO_JOINTS]
PARENTS = [-1, 0, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18]


def sided(form: str, centre: str, name: str) -> str:
    side = next((s for s in ("Left", "Right") if s in name), "")
    base = name.removeprefix(side)
    return form.format(side=side, l=side[:1].lower(), L=side[:1], b=base) if side else (
        centre.format(b=base))  # fmt: skip


WAYS: dict[str, Callable[[int, str], str]] = {
    "Robot_": lambda _, n: f"Robot_{n}",
    "m": lambda _, n: f"m{n}",
    "b_": lambda _, n: f"b_{n}",
    "Skeleton1_": lambda _, n: f"Skeleton1_{n}",
    "CC_Base_": lambda _, n: sided("CC_Base_{L}_{b}", "CC_Base_{b}", n),
    "J_Bip_": lambda _, n: sided("J_Bip_{L}_{b}", "J_Bip_C_{b}", n),
    "m_avg_": lambda _, n: sided("m_avg_{L}_{b}", "m_avg_{b}", n),
    "_JNT": lambda _, n: sided("{l}_{b}_JNT", "{b}_JNT", n),
    "Jnt": lambda _, n: f"{n}Jnt",
    "ends of both kinds": lambda _, n: f"CH_{n}_BND",
    "_M": lambda _, n: sided("{b}_{L}", "{b}_M", n),
    "numbers before": lambda i, n: f"{i:02}_{n}",
    "numbers behind": lambda i, n: f"{n}.{i:03}",
    "a number in the prefix": lambda i, n: f"Bone{i}_{n}",
    "an odd root": lambda i, n: f"CC_Base_{n}" if i else "root",
    "small letters": lambda _, n: f"rig_{n}".lower(),
    "ValveBiped": lambda _, n: sided("ValveBiped.Bip01_{L}_{b}", "ValveBiped.Bip01_{b}", n),
    "DEF-": lambda _, n: sided("DEF-{b}.{L}", "DEF-{b}", n),
    "no edge": lambda _, n: f"robot{n}robot".lower(),
    "no edge but the root": lambda i, n: f"X{n.upper()}Z" if i else "Root",
    "quoted": lambda _, n: f'"{n}"',
    "spaces": lambda _, n: f"My Rig {n}",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_body_keeps_its_joints_whatever_its_names_share(way: str) -> None:
    names = bare_names([WAYS[way](i, name) for i, name in enumerate(NAMES)])
    found = name_joints(names, PARENTS, [True] * len(names))
    expected = name_joints(NAMES, PARENTS, [True] * len(NAMES))
    assert [w for w in found if w in CORE] == [w for w in expected if w in CORE]
    assert set(CORE) <= set(found)


def test_what_says_the_side_is_not_cut_off() -> None:
    hand = ["LeftHand", *(f"LeftHand{f}{n}" for f in ("Thumb", "Index", "Ring") for n in "123")]
    assert bare_names(hand) == hand


def test_hair_of_its_own_prefix_does_not_hide_the_bodys() -> None:
    names = [f"J_Bip_{name}" for name in NAMES] + [f"J_Sec_Hair{n}_01" for n in range(40)]
    parents = [*PARENTS, *(3 for _ in range(40))]
    assert has_body(name_joints(bare_names(names), parents, [True] * len(names)))


def test_names_that_are_known_are_left_as_they_are() -> None:
    assert bare_names(NAMES) == NAMES


def test_nothing_is_cut_without_gain() -> None:
    names = [f"part_{n}" for n in range(9)]
    assert strip_shared(names, len) == names
    assert strip_shared(names, lambda cut: sum(c.isdigit() for c in cut)) == [*"012345678"]


@given(st.lists(st.text(max_size=30), max_size=30))
def test_any_names_stay_as_many_and_none_becomes_empty(names: list[str]) -> None:
    cut = strip_shared(names, lambda found: -sum(map(len, found)))
    assert [bool(name) for name in cut] == [bool(name) for name in names]
    assert all(short in name for short, name in zip(cut, names, strict=True))
    assert re.fullmatch("", "".join(cut)) is None or not any(names)
