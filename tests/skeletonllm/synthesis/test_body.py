import numpy as np
import pytest

from skeletonllm.synthesis.body import LEG, UP, Posture, make_rotation, pose_body, solve_two_bones
from skeletonllm.synthesis.subjects import Subject
from skeletonllm.topology import VOCABULARY

WHO = Subject(0)


def posture(frames: int = 3, **changes: np.ndarray) -> Posture:
    hanging = np.tile([0.1, 0.5, 0.97], (frames, 1))
    parts = {
        "start": (0.0, 0.0),
        "heading": np.zeros(frames),
        "travel": np.zeros((frames, 1)),
        "pelvis": np.zeros((frames, 3)),
        "torso": np.zeros((frames, 3)),
        "head": np.zeros((frames, 1)),
        "arms": {"left": hanging, "right": hanging},
        "legs": {"left": np.zeros((frames, 3)), "right": np.zeros((frames, 3))},
    }
    return Posture(**(parts | changes))


def test_every_joint_of_the_vocabulary_is_there() -> None:
    body = pose_body(posture(), WHO)
    assert set(body) == set(VOCABULARY)
    assert all(points.shape == (3, 3) for points in body.values())


def test_a_standing_person_is_as_tall_as_said_and_stands_on_the_floor() -> None:
    body = pose_body(posture(), WHO)
    assert body["head"][0, 1] == pytest.approx(0.93 * WHO.stature, abs=0.03)
    assert 0 <= body["left_foot"][0, 1] < 0.06
    assert body["left_shoulder"][0, 0] > 0 > body["right_shoulder"][0, 0]


def test_heading_turns_to_the_persons_left() -> None:
    quarter = np.full(3, np.pi / 2)
    body = pose_body(posture(heading=quarter), WHO)
    nose = body["nose"][0] - body["head"][0]
    assert nose[0] > 0.05
    assert abs(nose[2]) < 1e-9


def test_a_lowered_pelvis_bends_the_knees_forward_and_leaves_the_feet() -> None:
    low = np.tile([0.0, -0.5, -0.2], (3, 1))
    standing, squatting = pose_body(posture(), WHO), pose_body(posture(pelvis=low), WHO)
    np.testing.assert_allclose(squatting["left_ankle"], standing["left_ankle"], atol=1e-9)
    assert squatting["left_knee"][0, 2] > squatting["left_ankle"][0, 2] + 0.1
    assert squatting["left_knee"][0, 2] > squatting["left_hip"][0, 2] + 0.1


def test_a_hanging_arm_bends_its_elbow_backwards() -> None:
    bent = np.tile([0.05, 0.0, 0.7], (3, 1))
    body = pose_body(posture(arms={"left": bent, "right": bent}), WHO)
    middle = (body["right_shoulder"] + body["right_wrist"]) / 2
    assert body["right_elbow"][0, 2] < middle[0, 2] - 0.05


def test_travel_moves_everything_by_leg_lengths() -> None:
    there = pose_body(posture(travel=np.ones((3, 1))), WHO)
    here = pose_body(posture(), WHO)
    for name, points in there.items():
        shift = points - here[name]
        np.testing.assert_allclose(shift, np.tile([0, 0, LEG * WHO.stature], (3, 1)), atol=1e-9)


def test_what_is_out_of_reach_is_approached_with_bones_of_constant_length() -> None:
    root, pole = np.zeros((2, 3)), np.tile([0.0, 0.0, 1.0], (2, 1))
    target = np.array([[0.5, 0.0, 0.0], [9.0, 0.0, 0.0]])
    middle, end = solve_two_bones(root, target, 0.3, 0.25, pole)
    np.testing.assert_allclose(np.linalg.norm(middle, axis=1), 0.3)
    np.testing.assert_allclose(np.linalg.norm(end - middle, axis=1), 0.25)
    np.testing.assert_allclose(end[0], target[0])
    assert 0.54 < end[1, 0] < 0.55
    assert middle[0, 2] > 0


def test_turn_is_a_rotation() -> None:
    matrix = make_rotation(UP, np.array([0.7]))[0]
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(matrix @ [0, 0, 1], [np.sin(0.7), 0, np.cos(0.7)])
