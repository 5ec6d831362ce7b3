"""Movements taken out of motions whose joints are known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from schemas.rationale import MOTIONS
from skeletonllm.kinematics import Body
from skeletonllm.kinematics.hold_still import HeldSpan, freeze_body, remove_movement
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, SMPL_22, Topology
from tests.skeletonllm.jointed_man import make_body, measure_bones, move

PARTS = ("hand", "elbow", "shoulder", "foot", "knee", "hip", "torso", "head", "body")


@pytest.fixture
def busy() -> Body:
    """Everything moves: arms, trunk and legs."""
    return make_body(
        lean=move(30, 0.3, 1.2),
        right_shoulder=move(100, 0.2, 1.0),
        right_elbow=move(80, 0.4, 1.1),
        left_shoulder=move(50, 0.5, 1.5),
        left_hip=move(50, 0.3, 1.3),
        left_knee=move(90, 0.3, 1.3),
        right_hip=move(60, 0.3, 1.3),
        right_knee=move(90, 0.3, 1.3),
    )


def removed(body: Body, motion: str, part: str, side: str = "right", start: int = 3) -> Body:
    held = remove_movement(body, motion, part, side, HeldSpan(start))
    assert held is not None
    return held


def test_held_elbow_keeps_its_angle_and_leaves_the_upper_arm(busy: Body) -> None:
    held = removed(busy, "bend", "elbow")
    assert held.angle("elbow", "right")[3:] == pytest.approx(busy.angle("elbow", "right")[3])
    for name in ("right_elbow", "right_shoulder", "left_hand", "head", "right_foot"):
        assert np.array_equal(held.point(name), busy.point(name))
    assert not np.allclose(held.point("right_hand"), busy.point("right_hand"))


def test_held_hand_keeps_its_place_against_the_trunk() -> None:
    body = make_body(right_shoulder=move(140, 0.2, 1.0), right_elbow=move(80, 0.2, 1.0))
    held = removed(body, "raise", "hand")
    assert held.height("right_hand") == pytest.approx(body.height("right_hand")[3])


def test_held_torso_is_upright_and_carries_the_arms() -> None:
    body = make_body(lean=move(50, 0.2, 1.0), right_shoulder=move(90, 1.2, 1.6))
    held, upright = removed(body, "lean", "torso"), make_body(right_shoulder=move(90, 1.2, 1.6))
    assert held.joints == pytest.approx(upright.joints, abs=1e-9)


def test_held_knees_stand_where_the_feet_stood() -> None:
    bent = {f"{side}_knee": move(100, 0.3, 1.2) for side in ("left", "right")}
    bent |= {f"{side}_hip": move(50, 0.3, 1.2) for side in ("left", "right")}
    body = make_body(**bent)
    held = removed(body, "bend", "knee", "both")
    assert held.point("left_foot") == pytest.approx(body.point("left_foot"), abs=1e-9)
    assert held.point("pelvis")[:, 1] == pytest.approx(body.point("pelvis")[0, 1], abs=1e-3)


def test_held_knee_of_a_lifted_foot_moves_the_foot_and_not_the_body() -> None:
    body = make_body(right_knee=move(90, 0.3, 1.0))
    held = removed(body, "bend", "knee")
    end = -1  # On the way up, a foot that is barely off the floor still bears a little.
    assert held.point("pelvis")[end] == pytest.approx(body.point("pelvis")[end])
    assert held.point("right_foot")[end] == pytest.approx(body.point("right_foot")[3], abs=0.02)


def test_held_body_does_not_sink_or_jump() -> None:
    legs = {f"{s}_{j}": move(d, 0.3, 1.2) for s in ("left", "right") for j, d in
            (("hip", 60.0), ("knee", 110.0))}  # fmt: skip
    squat = make_body(**legs)
    hop = replace(squat, joints=make_body().joints + move(0.3, 0.3, 1.0)[:, None, None] * (0, 1, 0))
    for body in (squat, hop):
        held = removed(body, "lower", "body", "centre")
        assert np.ptp(held.point("pelvis")[3:, 1]) < 0.002


def test_held_step_and_turn_stay_in_place() -> None:
    angle = np.radians(move(90, 0.3, 1.3))
    turn = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], 1)
    side = np.stack([-np.sin(angle), 0 * angle, np.cos(angle)], 1)
    still = make_body()
    x, y, z = (still.joints[..., i, None] for i in range(3))
    turned = replace(still, joints=x * turn[:, None] + y * (0, 1, 0) + z * side[:, None])
    back = removed(turned, "turn", "body", "centre", 0)
    assert back.forward() == pytest.approx(still.forward(), abs=1e-9)
    away = move(0.5, 0.3, 1.0)[:, None, None] * (0, 0, -1)
    gone = replace(still, joints=still.joints + away)
    assert removed(gone, "walk", "body", "centre", 0).joints == pytest.approx(still.joints)


@pytest.mark.parametrize("part", PARTS)
def test_bones_keep_their_lengths_whatever_is_held(busy: Body, part: str) -> None:
    bones = measure_bones(busy)
    for motion in MOTIONS:
        held = remove_movement(busy, motion, part, "right", HeldSpan(5, 30, 50))
        assert held is None or np.allclose(measure_bones(held), bones, rtol=0, atol=1e-9), motion


@pytest.mark.parametrize("part", PARTS)
def test_a_body_that_rests_is_not_changed(part: str) -> None:
    body = make_body(right_elbow=move(0, 0, 1, 40), right_hip=move(0, 0, 1, 20))
    for motion in MOTIONS:
        held = remove_movement(body, motion, part, "both", HeldSpan(5))
        assert held is None or np.allclose(held.joints, body.joints, rtol=0, atol=1e-9), motion


@pytest.mark.parametrize(("motion", "part"), [("other", "hand"), ("hold", "hand"), ("bend", "ear")])
def test_what_has_no_movement_cannot_be_held(busy: Body, motion: str, part: str) -> None:
    assert remove_movement(busy, motion, part, "right", HeldSpan(5)) is None


def test_a_released_pose_is_held_only_between(busy: Body) -> None:
    held = remove_movement(busy, "bend", "elbow", "right", HeldSpan(10, 30, 40))
    assert held is not None
    gap = np.linalg.norm(held.point("right_hand") - busy.point("right_hand"), axis=1)
    assert gap[:11] == pytest.approx(0, abs=1e-9)
    assert gap[40:] == pytest.approx(0, abs=1e-9)
    assert gap[30] > gap[35] > 0.01


def test_unseen_joints_stay_unseen_and_hide_only_what_hangs_on_them(busy: Body) -> None:
    joints = busy.joints.copy()
    joints[20:, KINECT_V2.index("right_elbow")] = np.nan
    blind = replace(busy, joints=joints)
    held = removed(blind, "raise", "hand")
    assert np.isnan(held.point("right_elbow")[20:]).all()
    assert np.isnan(held.point("right_hand")[20:]).all()
    assert np.array_equal(held.point("left_hand"), busy.point("left_hand"))


def test_a_shrinking_bone_gets_its_first_length_back() -> None:
    body = make_body(right_elbow=move(0, 0, 1, 30))
    joints, shrunk = body.joints.copy(), 1 - move(0.5, 0.3, 1.0)[:, None]
    elbow = KINECT_V2.index("right_elbow")
    for name in ("wrist", "hand", "hand_tip", "thumb"):
        hand = KINECT_V2.index(f"right_{name}")
        joints[:, hand] = joints[:, elbow] + shrunk * (joints[:, hand] - joints[:, elbow])
    held = removed(replace(body, joints=joints), "bend", "elbow")
    assert held.point("right_hand") == pytest.approx(body.point("right_hand"))


def test_a_frozen_body_is_a_statue(busy: Body) -> None:
    frozen = freeze_body(busy, HeldSpan(7))
    assert np.array_equal(frozen.joints[:7], busy.joints[:7])
    assert frozen.joints[7:] == pytest.approx(np.broadcast_to(busy.joints[7], (53, 25, 3)))


@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22, SBU_15, COCO_17], ids=lambda t: t.name)
def test_every_skeleton_can_be_held(busy: Body, topology: Topology) -> None:
    at = {name: busy.joints[:, i] for i, name in enumerate(KINECT_V2.joints)}
    at |= {"lower_spine": at["spine"] - 0.1 * (at["spine"] - at["pelvis"]), "nose": at["head"]}
    for side in ("left", "right"):
        at |= {f"{side}_collar": at["neck"], f"{side}_eye": at["head"], f"{side}_ear": at["head"]}
    joints = np.stack([at[name] for name in topology.joints], axis=1)
    if topology.dims == 2:
        joints = joints[..., [2, 1, 0]] * (1, 1, 0)
    body = replace(busy, joints=joints, topology=topology)
    held = removed(body, "raise", "hand")
    assert np.isfinite(held.joints).all()
    start = body.joints[3, topology.index("right_elbow")] - body.point("right_shoulder")[3]
    again = held.point("right_elbow")[4] - held.point("right_shoulder")[4]
    assert again == pytest.approx(start, abs=0.03)
    assert np.ptp(held.height("right_hand", "chest")) < np.ptp(body.height("right_hand", "chest"))


def test_a_picture_hides_a_turn_and_a_twist(busy: Body) -> None:
    flat = replace(busy.topology, dims=2)
    for motion, part in (("turn", "body"), ("twist", "torso")):
        body = replace(busy, topology=flat, joints=busy.joints * (1, 1, 0))
        assert remove_movement(body, motion, part, "centre", HeldSpan(5)) is None
        assert remove_movement(busy, motion, part, "centre", HeldSpan(5)) is not None
