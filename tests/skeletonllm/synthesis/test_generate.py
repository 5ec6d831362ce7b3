import numpy as np
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.motion import Motion
from skeletonllm.synthesis import ACTIONS, Subject, TruthEvent, synthesize, synthesize_with_truth
from skeletonllm.topology import (
    COCO_17,
    KINECT_V1,
    KINECT_V2,
    SMPL_22,
    VOCABULARY,
    Topology,
)

EVERY_JOINT = Topology("every_joint", tuple(VOCABULARY), ())
HINGES = {"elbow": ("shoulder", "elbow", "wrist"), "knee": ("hip", "knee", "ankle")}


def point(motion: Motion, joint: str, person: int = 0) -> np.ndarray:
    return motion.joints[:, person, motion.topology.index(joint)].astype(np.float64)


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22, COCO_17], ids=lambda t: t.name)
def test_every_action_becomes_a_motion_of_every_skeleton(topology: Topology) -> None:
    for name, spec in ACTIONS.items():
        motion = synthesize(name, topology=topology)
        assert motion.num_persons == spec.persons
        assert motion.present.all()
        assert 1.5 < motion.duration_s < 4.5


def test_each_skeleton_is_recorded_in_its_own_space() -> None:
    spaces = {t.name: synthesize("throw", topology=t).space for t in (KINECT_V2, SMPL_22, COCO_17)}
    assert spaces == {"kinect_v2": "camera", "smpl_22": "world", "coco_17": "image"}


def test_the_same_arguments_give_the_same_bytes_and_others_do_not() -> None:
    first = synthesize("hand waving", subject=3, seed=5)
    assert first.sha256 == synthesize("hand waving", subject=3, seed=5).sha256
    assert first.sha256 != synthesize("hand waving", subject=3, seed=6).sha256
    assert first.sha256 != synthesize("hand waving", subject=4, seed=5).sha256


def test_a_person_faces_the_sensor_three_metres_away() -> None:
    motion = synthesize("hand waving", subject=1)
    right, left = point(motion, "right_shoulder"), point(motion, "left_shoulder")
    assert (right[:, 0] > left[:, 0] + 0.2).all()
    assert 2.6 < point(motion, "pelvis")[:, 2].mean() < 3.5


def test_in_a_picture_the_right_hand_is_on_the_left() -> None:
    motion = synthesize("hand waving", topology=COCO_17, side="right")
    assert (point(motion, "right_wrist")[:, 0] < point(motion, "left_wrist")[:, 0]).all()
    assert motion.image_size == (1920, 1080)
    assert (motion.joints[..., 2] == 0).all()
    inside = (motion.joints[..., :2] > 0) & (motion.joints[..., :2] < motion.image_size)
    assert inside.all()


def test_world_space_starts_at_the_origin_on_the_floor_facing_ahead() -> None:
    motion = synthesize("walk around", topology=SMPL_22, noise_m=0)
    pelvis = point(motion, "pelvis")
    np.testing.assert_allclose(pelvis[0, [0, 2]], 0, atol=1e-6)
    assert pelvis[-1, 2] > 1.0
    assert abs(pelvis[-1, 0]) < 0.15
    assert -0.01 < motion.joints[..., 1].min() < 0.05


def test_the_acting_side_is_the_one_asked_for() -> None:
    for side, other in (("left", "right"), ("right", "left")):
        motion = synthesize("hand waving", side=side)
        heights = [point(motion, f"{s}_wrist")[:, 1].max() for s in (side, other)]
        assert heights[0] > heights[1] + 0.5


def test_bones_keep_their_length_until_the_sensor_adds_noise() -> None:
    for name in ACTIONS:
        joints = synthesize(name, noise_m=0).joints.astype(np.float64)
        for a, b in KINECT_V2.bones:
            length = np.linalg.norm(joints[:, :, a] - joints[:, :, b], axis=-1)
            spans_the_waist = KINECT_V2.joints[b] == "spine"  # which bends between its two ends
            assert np.ptp(length, axis=0).max() < (0.02 if spans_the_waist else 1e-5), (name, b)


def test_noise_is_as_strong_as_said() -> None:
    noisy, clean = (synthesize("sit down", noise_m=noise).joints for noise in (0.02, 0))
    assert (noisy - clean).std() == pytest.approx(0.02, rel=0.05)


def test_nobody_sinks_into_the_floor() -> None:
    for name in ACTIONS:
        motion = synthesize(name, noise_m=0, space="world")
        assert motion.joints[..., 1].min() > -0.02, name


def test_nothing_jumps_between_frames() -> None:
    for name in ACTIONS:
        motion = synthesize(name, noise_m=0, subject=Subject(0))
        speed = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1) * motion.fps
        assert speed.max() < 16.0, name


def test_size_and_speed_are_those_of_the_subject() -> None:
    small, tall = Subject(1, stature=1.55, speed=1.25), Subject(1, stature=1.9, speed=0.8)
    a, b = (synthesize("clapping", subject=who, noise_m=0, space="world") for who in (small, tall))
    assert b.duration_s > 1.4 * a.duration_s
    assert point(b, "head")[0, 1] / point(a, "head")[0, 1] == pytest.approx(1.9 / 1.55, rel=0.02)


def test_a_different_rate_records_the_same_motion() -> None:
    slow, fast = (synthesize("bow (bend forward)", fps=fps, noise_m=0) for fps in (15.0, 30.0))
    np.testing.assert_allclose(slow.joints[:30], fast.joints[:60:2], atol=0.03)


def test_two_people_face_each_other_and_meet() -> None:
    motion = synthesize("shaking hands", side="right", noise_m=0)
    gap = np.linalg.norm(point(motion, "right_hand") - point(motion, "right_hand", 1), axis=1)
    assert gap[0] > 0.6
    assert gap.min() < 0.2
    walk = synthesize("walking towards each other", noise_m=0)
    gap = np.linalg.norm(point(walk, "pelvis") - point(walk, "pelvis", 1), axis=1)
    assert gap[0] > 2.3
    assert gap[-1] < 1.1


@pytest.mark.parametrize("action", ACTIONS)
def test_the_truths_are_true_of_the_motion(action: str) -> None:
    for subject in range(4):
        motion, truths = synthesize_with_truth(
            action, topology=EVERY_JOINT, subject=subject, seed=subject, noise_m=0, space="camera"
        )
        assert truths
        for truth in truths:
            assert progress(motion, truth) > 0, truth


def test_the_truths_of_the_other_side_are_false() -> None:
    for action in ("hand waving", "kicking the air/something", "side kick", "drink water"):
        motion, truths = synthesize_with_truth(
            action, topology=EVERY_JOINT, noise_m=0, side="right", space="camera"
        )
        sided = [t for t in truths if t.side == "right"]
        assert sided
        assert not all(progress(motion.mirrored(), t) > 0 for t in sided)


def test_truths_come_in_time_order_inside_the_clip() -> None:
    motion, truths = synthesize_with_truth("jump up")
    assert [t.start_s for t in truths] == sorted(t.start_s for t in truths)
    assert truths[-1].end_s <= motion.duration_s


def test_wrong_requests_say_what_is_right() -> None:
    with pytest.raises(UsageError, match=r"side 'up'; expected left, right or None"):
        synthesize("throw", side="up")
    with pytest.raises(UsageError, match=r"space 'mars'; expected one of camera, world, image"):
        synthesize("throw", space="mars")
    with pytest.raises(UsageError, match="unknown action 'fly'"):
        synthesize("fly")


def progress(motion: Motion, truth: TruthEvent) -> float:
    """How far, in metres or degrees, what is claimed exceeds what would be worth claiming."""
    at = [round(truth.start_s * motion.fps), round(truth.end_s * motion.fps)]
    at[1] = min(at[1], motion.num_frames - 1)
    if truth.motion in ("bend", "extend"):
        start, end = opening(motion, truth)[at]
        return float((end - start) * (1 if truth.motion == "extend" else -1)) - 20.0
    path = point(motion, truth.joint, truth.person)[at]
    if truth.motion in ("raise", "lower"):
        return float((path[1, 1] - path[0, 1]) * (1 if truth.motion == "raise" else -1)) - 0.1
    if truth.motion == "step":
        return float(np.linalg.norm((path[1] - path[0])[[0, 2]])) - 0.15
    gaps = np.linalg.norm(path - approached(motion, truth)[at], axis=1)
    return float(gaps[0] - gaps[1]) - 0.1


def opening(motion: Motion, truth: TruthEvent) -> np.ndarray:
    """Angle of a hinge, or of the trunk from bent double (90) to upright (180), degrees [T]."""
    if truth.part == "torso":
        trunk = point(motion, "upper_spine", truth.person) - point(motion, "pelvis", truth.person)
        return 180 - np.degrees(np.arccos(trunk[:, 1] / np.linalg.norm(trunk, axis=1)))
    names = (f"{truth.side}_{name}" for name in HINGES[truth.part])
    a, b, c = (point(motion, name, truth.person) for name in names)
    u, v = a - b, c - b
    cosine = (u * v).sum(1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def approached(motion: Motion, truth: TruthEvent) -> np.ndarray:
    if truth.target == "other person":
        return point(motion, "pelvis" if truth.part == "body" else "upper_spine", 1 - truth.person)
    other = {"left": "right", "right": "left"}.get(truth.side)
    return point(motion, "head" if truth.target == "head" else f"{other}_hand", truth.person)
