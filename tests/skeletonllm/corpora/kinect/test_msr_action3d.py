from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.corpora.kinect.msr_action3d import FPS, JOINTS, MsrAction3DReader
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_msr_action3d
from skeletonllm.testing.memory_files import assert_same_motion, read_one_clip, read_one_reject
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, NUMBER_FORMS, motions
from skeletonllm.topology import KINECT_V1

NAME = "a14_s10_e03_skeleton3D.txt"
PIXELS = "a14_s10_e03_skeleton.txt"
READER = MsrAction3DReader()
LOST = "0 0 0 0\n" * 20


def frame(confidence: float = 1.0) -> str:
    """Joint j, in the order of the file, lies at x = j / 10."""
    return "".join(f"{j / 10:.6f} 0.5 2.5e+000 {confidence:.6f}\n" for j in range(1, 21))


def test_what_file_and_name_say() -> None:
    clip = read_one_clip(READER, frame() * 3, NAME)
    assert clip.clip_id == "msr_action3d/a14_s10_e03_skeleton3D"
    assert (clip.label, clip.label_id) == ("forward kick", 13)
    assert (clip.subject, clip.repetition) == ("10", "3")
    assert (clip.motion.topology.name, clip.motion.fps) == ("kinect_v1", 15.0)
    assert clip.motion.joints.shape == (3, 1, 20, 3)


def test_joints_are_put_in_the_order_of_the_topology() -> None:
    joints = read_one_clip(READER, frame(), NAME).motion.joints[0, 0]
    for number, name in ((20, "head"), (3, "upper_spine"), (7, "pelvis"), (13, "right_hand")):
        np.testing.assert_allclose(joints[KINECT_V1.index(name), 0], number / 10)
    assert sorted(JOINTS) == sorted(KINECT_V1.joints)


def test_a_placed_joint_of_confidence_0_is_inferred() -> None:
    assert (read_one_clip(READER, frame(0.0), NAME).motion.confidence == 0.5).all()


def test_a_frame_of_zeros_is_one_with_nobody() -> None:
    motion = read_one_clip(READER, frame() + LOST + frame(), NAME).motion
    assert motion.present[:, 0].tolist() == [True, False, True]


def test_single_zeros_of_confidence_0_are_missing_joints() -> None:
    lines = frame().splitlines(keepends=True)
    motion = read_one_clip(READER, "".join([*lines[:19], "0 0 0 0\n"]), NAME).motion
    assert np.argwhere(motion.confidence == 0).tolist() == [[0, 0, KINECT_V1.index("head")]]


@pytest.mark.parametrize(
    ("name", "text", "code", "message"),
    [
        (NAME, LOST * 4, "no_body", "any of 4 frames"),
        (PIXELS, LOST * 4, "no_body", "any of 4 frames"),
        (PIXELS, frame(), "format", "joints in pixels"),
        (NAME, frame() + "1 2 3 1\n", "truncated", "21 lines; expected 20 a frame"),
        (NAME, frame().replace("1.000000\n", "1.0 7\n", 1), "format", "line 1: more than 4"),
        (NAME, frame() + "1 2 3", "truncated", "line 21: 3 numbers"),
        (NAME, frame(1.5), "format", "a confidence of 1.5"),
        (NAME, frame(float("nan")), "format", "a confidence of nan"),
        (NAME, frame().replace(" 0.5", " inf"), "non_finite", "infinite"),
        (NAME, frame().replace(" 0.5", " nan"), "missing_joints", "20 of 20"),
        (NAME, frame().replace("2.5e+000", "2e5"), "out_of_range", "beyond 100"),
    ],
)
def test_bad_files(name: str, text: str, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, name)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_an_action_that_does_not_exist() -> None:
    assert read_one_reject(READER, frame(), NAME.replace("a14", "a21")).code == "unknown_label"


def test_a_synthesized_wave_comes_back() -> None:
    motion = synthesize("hand waving", topology=KINECT_V1, fps=FPS, seed=2)
    assert_same_motion(
        read_one_clip(READER, format_msr_action3d(motion), NAME).motion, motion, atol=1e-6
    )


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1, fps=FPS), form=NUMBER_FORMS, tail=FILE_ENDS)
def test_what_was_written_is_what_is_read(motion: Motion, form: dict[str, str], tail: str) -> None:
    rng = np.random.default_rng(int(motion.num_frames))
    missing = rng.random(motion.confidence.shape) < 0.2
    inferred = rng.random(motion.confidence.shape) < 0.3
    confidence = np.where(missing, 0, np.where(inferred, 0.5, 1)).astype(np.float32)
    joints = np.where(missing[..., None], 0, motion.joints)
    joints[..., 2] += np.where(missing, 0, 10)  # no joint at 0 0 0 but the missing ones
    motion = replace(motion, joints=joints, confidence=confidence)
    read = read_one_clip(READER, format_msr_action3d(motion, **form) + tail, NAME).motion
    assert_same_motion(read, motion, atol=1e-12 if "f" in form["number"] else 0)
    np.testing.assert_array_equal(read.confidence, motion.confidence)
