"""Rigs in motion whose names say little: what rest pose and frames tell together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skeletonllm.corpora.rigs.forward_kinematics import Link
from skeletonllm.corpora.rigs.joint_names import CORE
from skeletonllm.corpora.rigs.posed_rig import pose, to_motion
from skeletonllm.motion import Motion
from tests.skeletonllm.corpora.rigs.anatomy.test_body_shape import Rig, dog, human

FRAMES = 9
Angles = dict[str, tuple[float, float, float]]


def nothing(name: str) -> str:
    """No joint has a name that says something."""
    return name and ""


def read(
    rig: Rig,
    rename: Callable[[str], str] = nothing,
    angles: Angles | None = None,
    moves: bool = False,
    spoil: str = "",
) -> tuple[Motion, tuple[str, ...], list[str]]:
    """The motion of a rig in centimetres, its flags, and the names of its joints before."""
    links, row = list[Link](), list[float]()
    for i, (name, parent, offset) in enumerate(
        zip(rig.names, rig.parents, rig.offsets, strict=True)
    ):
        end = name.endswith("end")
        place = tuple(100.0 * x for x in offset)
        at = len(row)
        turns = () if end else ((2, at), (0, at + 1), (1, at + 2))
        row += [] if end else np.radians((angles or {}).get(name, (0, 0, 0))).tolist()
        steps = tuple((axis, len(row) + axis) for axis in range(3)) if moves and not end else ()
        row += place if steps else ()
        rest = (0.0, 0.0, 0.0) if steps else place
        links.append(Link("" if end else rename(name) or f"b{i}", parent, rest, steps, turns))
    values = np.tile(np.array(row), (FRAMES, 1))
    if spoil:
        values[-1, links[rig.names.index(spoil)].turns[0][1]] = np.nan
    motion, flags = to_motion(pose(tuple(links), values, "bvh", "a test"), 30.0, None)
    return motion, flags, rig.names


def limbs(motion: Motion, before: list[str]) -> dict[str, str]:
    joints = motion.topology.joints
    return {word: before[joints.index(word)] for word in CORE if word in joints}


ALL = {word: word for word in CORE}
SIT = {f"{side}_hip": (0.0, -90.0, 0.0) for side in ("left", "right")} | {
    f"{side}_knee": (0.0, 90.0, 0.0) for side in ("left", "right")
}
ARMS_DOWN = {"left_shoulder": (-80.0, 0.0, 0.0), "right_shoulder": (80.0, 0.0, 0.0)}


@pytest.mark.parametrize("angles", [{}, SIT, ARMS_DOWN, SIT | ARMS_DOWN])
def test_a_body_is_found_whatever_it_does(angles: Angles) -> None:
    motion, flags, before = read(human(), angles=angles)
    assert (limbs(motion, before), motion.metric) == (ALL, True)
    assert flags == ("anatomy_by_shape",)


def test_offsets_may_be_zero_where_channels_move_the_joints() -> None:
    motion, flags, before = read(human(), moves=True)
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))


def test_a_frame_that_is_not_finite_hides_nothing_of_the_shape() -> None:
    motion, flags, before = read(human(), spoil="pelvis")
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))
    assert (motion.confidence[:-1] == 1).all()


def test_legs_of_unknown_names_are_found_beside_arms_of_known_ones() -> None:
    motion, flags, before = read(
        human(), lambda name: name if "_" in name and name.split("_")[1] in ARMS else ""
    )
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))


ARMS = ("collar", "shoulder", "elbow", "wrist")


def test_sides_that_names_say_are_those_of_arms_and_legs() -> None:
    """Whoever named the elbows meant it, though the toes of this rig point backwards."""
    rig = human()
    for side in ("left", "right"):
        foot = rig.names.index(f"{side}_foot")
        rig.offsets[foot : foot + 2] = [(0, -0.07, -0.14), (0, 0, -0.06)]
    named = {"left_elbow": "LeftForeArm", "right_elbow": "RightForeArm"}
    motion, flags, before = read(rig, lambda name: named.get(name, ""))
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))


def test_names_that_the_shape_contradicts_are_left_alone() -> None:
    named = {"left_wrist": "LeftForeArm", "right_wrist": "RightForeArm"}
    motion, flags, _ = read(human(), lambda name: named.get(name, ""))
    assert set(motion.topology.joints) & set(CORE) == {"left_elbow", "right_elbow"}
    assert "anatomy_unknown" in flags


def test_a_broad_name_beside_unknown_ones_is_what_the_shape_says() -> None:
    """``Q_leg`` above ``leg``: who reads the knee as a hip has no thigh at all."""
    named = {"knee": "Leg", "ankle": "Foot", "elbow": "Arm", "wrist": "Hand"}

    def rename(name: str) -> str:
        side, _, word = name.partition("_")
        return f"{side}{named[word]}" if word in named else ""

    motion, flags, before = read(human(), rename)
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))


def test_a_dog_is_nobody() -> None:
    motion, flags, _ = read(dog())
    assert not set(motion.topology.joints) & set(CORE)
    assert ("anatomy_unknown" in flags, motion.metric) == (True, False)


def test_a_body_without_sides_says_so() -> None:
    motion, flags, _ = read(human(toes=False))
    assert "anatomy_unknown" in flags
    assert "head" in motion.topology.joints


def test_knees_that_bend_in_the_motion_tell_the_sides() -> None:
    motion, flags, before = read(human(toes=False), angles=SIT)
    assert (limbs(motion, before), flags) == (ALL, ("anatomy_by_shape",))


def test_what_stands_alone_above_a_pelvis_found_by_shape_is_the_scene() -> None:
    rig, body = Rig(), human()
    rig.add("scene", "", 0, 0, 0)
    rig.add("stage", "scene", 0, 0.1, 0)
    for name, parent, offset in zip(body.names, body.parents, body.offsets, strict=True):
        rig.add(name, body.names[parent] if parent >= 0 else "stage", *offset)
    motion, flags, _ = read(rig)
    assert (motion.topology.joints[0], flags) == ("pelvis", ("anatomy_by_shape",))
    assert set(CORE) <= set(motion.topology.joints)
    assert motion.joints[0, 0, 0, 1] == pytest.approx(1.05)
