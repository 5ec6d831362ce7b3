from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.corpora.kinect.msrc12 import Msrc12Reader
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_msrc12
from skeletonllm.testing.memory_files import assert_same_motion, read_one_clip, read_one_reject
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, NUMBER_FORMS, motions
from skeletonllm.topology import KINECT_V1

NAME = "P1_2_10A_p19.csv"
READER = Msrc12Reader()


def row(tick: int, joint: str = "0.1 0.2 2.5 1") -> str:
    return " ".join([str(tick), *[joint] * 20]) + "\n"


NOBODY = "0 0 0 0"


@pytest.mark.parametrize(
    ("name", "label", "label_id", "setup", "subject"),
    [
        (NAME, "change weapon", 9, "P1_2A", "19"),
        ("P1_1_1_p22.csv", "lift outstretched arms", 0, "P1_1", "22"),
        ("P3_2_12_p06.csv", "kick", 11, "P3_2", "6"),
    ],
)
def test_what_the_name_says(name: str, label: str, label_id: int, setup: str, subject: str) -> None:
    clip = read_one_clip(READER, row(1) + row(2), name)
    assert (clip.label, clip.label_id, clip.setup, clip.subject) == (
        label,
        label_id,
        setup,
        subject,
    )
    assert clip.clip_id == f"msrc12/{name.removesuffix('.csv')}"


def test_frames_before_tracking_stay_and_are_empty() -> None:
    motion = read_one_clip(READER, row(1, NOBODY) * 2 + row(2), NAME).motion
    assert motion.present[:, 0].tolist() == [False, False, True]
    assert (motion.fps, motion.topology.name) == (30.0, "kinect_v1")
    np.testing.assert_allclose(motion.joints[2, 0, 19], [0.1, 0.2, 2.5])


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (row(1, NOBODY) * 3, "no_body", "any of 3 frames"),
        (row(2) + row(1), "format", "time stamps that go back"),
        (row(1) + row(2)[:30], "truncated", "line 2"),
        (row(1) + row(2).replace("\n", " 7\n"), "format", "line 2: more than 81"),
        (row(1).replace(" ", ","), "format", "line 1: 1 numbers"),
        (row(1, "0.1 0.2 2.5 2"), "format", "a confidence of 2"),
        (row(1, "0.1 0.2 1e999 1"), "non_finite", "infinite"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, NAME)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_a_gesture_that_does_not_exist() -> None:
    assert read_one_reject(READER, row(1), "P1_1_13_p01.csv").code == "unknown_label"


def test_a_synthesized_throw_comes_back() -> None:
    motion = synthesize("throw", topology=KINECT_V1, seed=2)
    read = read_one_clip(READER, format_msrc12(motion), NAME).motion
    assert_same_motion(read, motion, atol=1e-6)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1), form=NUMBER_FORMS, tail=FILE_ENDS)
def test_what_was_written_is_what_is_read(motion: Motion, form: dict[str, str], tail: str) -> None:
    read = read_one_clip(READER, format_msrc12(motion, **form) + tail, NAME).motion
    assert_same_motion(read, motion, atol=1e-12 if "f" in form["number"] else 0)
