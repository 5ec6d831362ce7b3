"""Known faults put into sound clips: each is found, where it was put; sound clips stay sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.synthesis import ACTIONS
from skeletonllm.topology import COCO_17, KINECT_V1, KINECT_V2, SBU_15, SMPL_22, Topology
from tests.skeletonllm.quality.conftest import hide, judged, performed, row_of, spoiled

V2 = KINECT_V2.index


@pytest.mark.parametrize("topology", [KINECT_V2, KINECT_V1, SMPL_22, COCO_17, SBU_15])
def test_nothing_is_found_in_clips_without_faults(topology: Topology) -> None:
    fps = 15.0 if topology is SBU_15 else 30.0
    clips = [
        replace(performed(action, topology=topology, seed=seed, fps=fps), clip_id=f"lab/{seed}")
        for seed, action in enumerate(ACTIONS)
    ]
    assert judged(clips).sound == len(ACTIONS)


def test_a_joint_that_teleports(wave: Clip) -> None:
    def teleport(joints: np.ndarray) -> None:
        joints[30, 0, V2("left_knee")] += [0.0, 0.0, 0.9]

    row = row_of(spoiled(wave, teleport))
    assert "jump" in row["faults"]
    assert row["speed_at"] == {"person": 0, "frame": 30, "joint": "left_knee"}
    assert row["jumps"] == 2  # there and back
    assert row["speed"] == pytest.approx(27, abs=3)  # 0.9 m in a thirtieth of a second


def test_a_body_that_teleports_is_no_joint(wave: Clip) -> None:
    def cut(joints: np.ndarray) -> None:
        joints[40:] += [1.0, 0.0, 0.0]

    row = row_of(spoiled(wave, cut))
    assert row["faults"] == ["jump"]
    assert row["speed_at"] == {"person": 0, "frame": 40, "joint": ""}


def test_speeds_without_a_unit_are_told_in_body_heights() -> None:
    clip = performed(topology=SBU_15)
    small = replace(clip.motion, metric=False, joints=clip.motion.joints / 10)
    told = row_of(replace(clip, motion=small))
    metric = row_of(clip)
    assert told["speed"] == pytest.approx(metric["speed"] / metric["heights"][0], rel=1e-3)
    assert told["heights"] == [None]


def test_skipped_frames_are_no_jump(wave: Clip) -> None:
    kept = [t for t in range(wave.motion.num_frames) if not 20 <= t < 60]

    def walk(joints: np.ndarray) -> None:
        joints += np.linspace(0, 3, len(joints))[:, None, None, None].astype(np.float32)

    walked = spoiled(wave, walk)
    gap = replace(walked, motion=walked.motion.select_frames(kept), frame_index=tuple(kept))
    assert row_of(gap)["faults"] == []
    unsaid = replace(gap, frame_index=tuple(range(len(kept))))
    assert row_of(unsaid)["faults"] == ["jump"]


def test_a_bone_that_grows(wave: Clip) -> None:
    def stretch(joints: np.ndarray) -> None:
        elbow, wrist = V2("right_elbow"), V2("right_wrist")
        hand = [V2(f"right_{name}") for name in ("wrist", "hand", "hand_tip", "thumb")]
        longer = np.linspace(0, 2, len(joints))[:, None, None]
        joints[:, :, hand] += (longer * (joints[:, :, wrist] - joints[:, :, elbow]))[:, :, None]

    row = row_of(spoiled(wave, stretch))
    assert row["faults"] == ["bone_drift"]
    assert row["drift_at"]["joint"] == "right_elbow-right_wrist"
    assert row["drift"] == pytest.approx(0.29, abs=0.02)  # of a length that grows evenly to three


def test_short_bones_may_be_as_noisy_as_sensors_are(wave: Clip) -> None:
    tips = [V2(f"{side}_{name}") for side in ("left", "right") for name in ("hand_tip", "thumb")]

    def blur(joints: np.ndarray) -> None:
        noise = np.random.default_rng(0).normal(0, 0.03, joints[:, :, tips].shape)
        joints[:, :, tips] += noise.astype(np.float32)

    row = row_of(spoiled(wave, blur))
    assert row["faults"] == []
    assert max(row["drift_each"]) > 0.25


@pytest.mark.parametrize("limb", ["arm", "leg"])
@pytest.mark.parametrize("topology", [KINECT_V2, COCO_17])
def test_five_frames_with_exchanged_sides(limb: str, topology: Topology) -> None:
    clip = performed(topology=topology)
    joints = [j for j, part in enumerate(topology.parts) if part.endswith(limb)]
    other = [topology.mirror[j] for j in joints]

    def exchange(array: np.ndarray) -> None:
        array[20:25][:, :, joints] = array[20:25][:, :, other]

    row = row_of(spoiled(clip, exchange))
    assert "swapped_sides" in row["faults"]
    assert row["swapped_frames"] == 5
    assert row["swapped_at"] == {"person": 0, "frame": 20, "joint": f"{limb}s"}


def test_sides_exchanged_up_to_the_end(wave: Clip) -> None:
    def exchange(joints: np.ndarray) -> None:
        joints[-7:] = joints[-7:][:, :, list(KINECT_V2.mirror)]

    row = row_of(spoiled(wave, exchange))
    assert row["swapped_frames"] == 7
    assert row["swapped_at"]["frame"] == wave.motion.num_frames - 7


def test_a_mirror_image(wave: Clip) -> None:
    def reflect(joints: np.ndarray) -> None:
        joints[..., 0] *= -1

    row = row_of(spoiled(wave, reflect))
    assert row["faults"] == ["mirrored"]
    assert row["handedness"] == pytest.approx(-row_of(wave)["handedness"])


def test_ten_frozen_frames(wave: Clip) -> None:
    def freeze(joints: np.ndarray) -> None:
        joints[11:20] = joints[10]

    row = row_of(spoiled(wave, freeze))
    assert "frozen" in row["faults"]
    assert (row["frozen_frames"], row["repeated_frames"]) == (10, 9)
    assert row["frozen_at"] == {"person": 0, "frame": 10, "joint": ""}


def test_frames_written_twice(wave: Clip) -> None:
    twice = np.repeat(np.arange(wave.motion.num_frames), 2)
    slow = wave.motion.select_frames(twice)
    row = row_of(replace(wave, motion=slow, frame_index=tuple(range(len(twice)))))
    assert row["faults"] == ["frozen"]
    assert row["frozen_frames"] == 2


def test_two_equal_frames_are_nothing(wave: Clip) -> None:
    def repeat(joints: np.ndarray) -> None:
        joints[11] = joints[10]

    assert row_of(spoiled(wave, repeat))["faults"] == []


@pytest.mark.parametrize(("scale", "found"), [(100.0, "height"), (0.3048, "height"), (0.8, "")])
def test_a_wrong_unit(wave: Clip, scale: float, found: str) -> None:
    still = replace(wave.motion, joints=(wave.motion.joints * scale).astype(np.float32))
    assert ("height" in row_of(replace(wave, motion=still))["faults"]) is bool(found)


def test_a_lost_joint_written_as_zeros(wave: Clip) -> None:
    def lose(joints: np.ndarray) -> None:
        joints[5, 0, V2("right_foot")] = 0

    row = row_of(spoiled(wave, lose))
    assert {"outside", "jump"} <= set(row["faults"])
    assert row["outside_at"] == {"person": 0, "frame": 5, "joint": "right_foot"}


def test_a_pose_outside_the_picture() -> None:
    def push(joints: np.ndarray) -> None:
        joints[..., 0] += 1500

    clip = performed(topology=COCO_17)
    row = row_of(spoiled(clip, push))
    assert row["faults"] == ["outside"]
    assert row["outside"] > 0.3


def test_missing_joints_and_empty_frames(wave: Clip) -> None:
    hidden = np.zeros(wave.motion.confidence.shape, np.bool_)
    hidden[::2, :, V2("left_foot")] = True
    row = row_of(hide(wave, hidden))
    assert row["faults"] == []
    assert row["missing_each"][V2("left_foot")] == pytest.approx(0.5, abs=0.01)
    hidden[:, :, :8] = True
    assert "missing" in row_of(hide(wave, hidden))["faults"]

    present = wave.motion.present.copy()
    present[:40] = False
    motion = replace(wave.motion, present=present)
    row = row_of(replace(wave, motion=motion))
    assert row["faults"] == ["empty"]
    assert row["empty_frames"] == 40
    assert row["missing"] == 0


def test_a_clip_of_a_few_frames(wave: Clip) -> None:
    few = replace(wave, motion=wave.motion.select_frames(range(5)), frame_index=tuple(range(5)))
    assert row_of(few)["faults"] == ["short"]
    one = replace(wave, motion=wave.motion.select_frames([0]), frame_index=(0,))
    assert row_of(one)["faults"] == ["short"]
    assert row_of(one)["jumps"] is None


def test_nobody_at_all_is_measured_too(wave: Clip) -> None:
    nobody = np.ones(wave.motion.confidence.shape, np.bool_)
    assert "missing" in row_of(hide(wave, nobody))["faults"]


def test_the_second_person_is_measured_too() -> None:
    clip = performed("shaking hands")

    def teleport(joints: np.ndarray) -> None:
        joints[12, 1, V2("head")] += [1.0, 0, 0]

    row = row_of(spoiled(clip, teleport))
    assert row["speed_at"] == {"person": 1, "frame": 12, "joint": "head"}
