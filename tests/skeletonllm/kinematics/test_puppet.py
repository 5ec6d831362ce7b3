"""A body that is turned about its joints by hand."""

from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics.puppet import Puppet
from skeletonllm.kinematics.signals import UP
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.jointed_man import FRAMES, make_body, move


@pytest.fixture
def puppet() -> Puppet:
    return Puppet(make_body(right_knee=move(90, 0.3, 1.0)), np.ones(FRAMES))


def test_what_hangs_on_a_joint_is_found_by_its_place(puppet: Puppet) -> None:
    names = {KINECT_V2.joints[j] for j in puppet.find_beyond("left", "elbow")}
    assert names == {f"left_{name}" for name in ("wrist", "hand", "hand_tip", "thumb")}
    names = {KINECT_V2.joints[j] for j in puppet.find_upper_body()}
    assert {"spine", "head", "right_thumb", "left_shoulder"} <= names
    assert not names & {"pelvis", "left_hip", "right_knee"}


def test_an_aimed_bone_gets_direction_and_length_and_carries_its_joints(puppet: Puppet) -> None:
    joints = puppet.find_beyond("right", "shoulder")
    puppet.aim(joints, "right_shoulder", "right_elbow", np.tile(0.5 * UP, (FRAMES, 1)))
    arm = puppet.moved.point("right_elbow") - puppet.moved.point("right_shoulder")
    assert arm == pytest.approx(np.tile(0.5 * UP, (FRAMES, 1)))
    forearm = puppet.moved.point("right_hand") - puppet.moved.point("right_elbow")
    assert forearm == pytest.approx(-puppet.bone("right_elbow", "right_hand") * (1, 1, 1), abs=1e-9)


def test_a_lifted_foot_does_not_stand(puppet: Puppet) -> None:
    assert puppet.standing["left"] == pytest.approx(np.ones(FRAMES))
    assert puppet.standing["right"][[0, -1]] == pytest.approx([1, 0])


def test_slips_are_those_of_feet_that_stand(puppet: Puppet) -> None:
    puppet.shift(np.tile([0.0, 0.3, 0.0], (FRAMES, 1)))
    assert puppet.measure_slips(["left"]) == pytest.approx(np.tile([0, -0.3, 0], (FRAMES, 1)))
    assert puppet.measure_slips(["right"])[-1] == pytest.approx(np.zeros(3))
    puppet.shift(np.full((FRAMES, 3), np.nan))
    assert np.isnan(puppet.measure_slips(["left", "right"])).all()
