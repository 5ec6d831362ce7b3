from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.signals import measure_angle
from skeletonllm.motion import Motion
from skeletonllm.pose_topologies import AIC_14
from skeletonllm.synthesis import Subject, synthesize
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SMPL_22


def hide(motion: Motion, joint: str, frames: slice = slice(None)) -> Motion:
    confidence, joints = motion.confidence.copy(), motion.joints.copy()
    at = motion.topology.index(joint)
    confidence[frames, :, at], joints[frames, :, at] = 0, 0
    return replace(motion, confidence=confidence, joints=joints)


def test_person_facing_the_sensor_has_the_right_side_at_plus_x(stick_man) -> None:
    body = extract_bodies(stick_man().motion())[0]
    np.testing.assert_allclose(body.right()[30], (1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(body.forward()[30], (0, 0, -1), atol=1e-6)


def test_a_mirror_keeps_the_person_facing_the_sensor(stick_man) -> None:
    body = extract_bodies(stick_man().motion().mirrored())[0]
    np.testing.assert_allclose(body.right()[30], (1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(body.forward()[30], (0, 0, -1), atol=1e-6)


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22], ids=lambda t: t.name)
@pytest.mark.parametrize("stature", [1.3, 1.9])
def test_stature_is_near_the_truth(topology, stature: float) -> None:
    person = Subject(id=1, stature=stature)
    motion = synthesize("hand waving", topology=topology, subject=person)
    assert extract_bodies(motion)[0].stature == pytest.approx(stature, rel=0.1)


def test_angles_of_a_straight_and_of_a_square_joint(stick_man) -> None:
    man = stick_man()
    assert extract_bodies(man.motion())[0].angle("knee", "left")[5] > 175
    a, b = np.array([[1.0, 0, 0]]), np.array([[0.0, 2, 0]])
    assert measure_angle(a, b)[0] == pytest.approx(90)
    assert np.isnan(measure_angle(a, 0 * b)[0])


def test_a_tilted_sensor_is_levelled_by_people_who_stand(stick_man) -> None:
    motion = stick_man().motion()
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    tilt = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    tilted = replace(motion, joints=(motion.joints @ tilt.T).astype(np.float32))
    assert extract_bodies(tilted)[0].lean().max() < 1.0


def test_who_lies_is_not_taken_for_a_tilted_sensor(stick_man) -> None:
    motion = stick_man().motion()
    lying = replace(motion, joints=np.ascontiguousarray(motion.joints[..., [1, 0, 2]]))
    assert extract_bodies(lying)[0].lean().min() > 85.0


def test_unseen_joints_are_nan_and_short_gaps_are_bridged(stick_man) -> None:
    motion = stick_man().motion()
    gone = extract_bodies(hide(motion, "right_wrist"))[0]
    assert np.isfinite(gone.point("right_hand")).all(), "the hand stands in for the wrist"
    both = extract_bodies(hide(hide(motion, "right_wrist"), "right_hand"))[0]
    assert np.isnan(both.point("right_hand")).all()
    brief = extract_bodies(hide(motion, "head", slice(30, 33)))[0].point("head")
    assert np.isfinite(brief).all()
    long = extract_bodies(hide(motion, "head", slice(20, 50)))[0].point("head")
    assert np.isnan(long[35]).all()
    assert np.isfinite(long[5]).all()


def test_an_absent_person_has_no_stature(stick_man) -> None:
    motion = stick_man(persons=2).motion()
    present = motion.present.copy()
    present[:, 1] = False
    one = replace(motion, present=present)
    assert np.isnan(extract_bodies(one)[1].stature)
    assert extract_bodies(one)[0].stature == pytest.approx(1.7, rel=0.1)


def test_images_have_up_at_the_top() -> None:
    motion = synthesize("hand waving", topology=COCO_17, side="right")
    body = extract_bodies(motion)[0]
    assert np.nanmax(body.height("right_hand")) > 0.3
    assert np.isnan(body.forward()).all(), "a plane has no depth"


def test_the_crown_stands_for_the_head_where_nothing_else_does() -> None:
    joints = np.zeros((4, 1, 14, 3), np.float32)
    joints[..., AIC_14.index("head.top"), 1] = 1.7
    seen = np.ones((4, 1, 14), np.float32)
    size = (9, 9)
    motion = Motion(joints, seen[..., 0] > 0, seen, AIC_14, 30.0, "image", False, size)
    np.testing.assert_allclose(
        np.abs(extract_bodies(motion)[0].point("head")[:, 1]), 1.7, rtol=1e-6
    )
