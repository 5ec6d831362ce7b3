from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.corpora.kinect.msr_daily import FPS, MsrDailyReader
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_msr_daily_published, format_msr_daily_table
from skeletonllm.testing.memory_files import assert_same_motion, read_one_clip, read_one_reject
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, NUMBER_FORMS, motions
from skeletonllm.topology import KINECT_V1

TABLE, PUBLISHED = "a16_s07_e01_skeleton_proj.txt", "a16_s07_e02_skeleton.txt"
READER = MsrDailyReader()
BODY = "0.1 0.2 2 1\n0.5 0.5 9000 1\n" * 20


def rows(frame: int, first: int = 1) -> str:
    return "".join(f"{frame} {j} 0.1 -0.2 2.{j:02d}\r\n" for j in range(first, first + 20))


def test_what_file_and_name_say() -> None:
    clip = read_one_clip(READER, rows(1) + rows(2) + rows(5) + "\r\n", TABLE)
    assert clip.clip_id == "msr_daily/a16_s07_e01_skeleton_proj"
    assert (clip.label, clip.label_id) == ("sit down", 15)
    assert (clip.subject, clip.repetition) == ("7", "1")
    assert clip.frame_index == (1, 2, 5)
    assert (clip.motion.fps, clip.motion.topology.name) == (30.0, "kinect_v1")
    np.testing.assert_allclose(clip.motion.joints[0, 0, 3], [0.1, -0.2, 2.04])


def test_the_published_form_has_empty_frames_and_second_persons() -> None:
    clip = read_one_clip(READER, f"3 20\n40\n{BODY}0\n80\n{BODY}{BODY}", PUBLISHED)
    assert clip.motion.present.tolist() == [[True, False], [False, False], [True, True]]
    np.testing.assert_allclose(clip.motion.joints[2, 1, 19], [0.1, 0.2, 2], rtol=1e-6)
    assert clip.frame_index == (0, 1, 2)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (rows(1)[:-10], "truncated", "line 20"),
        (rows(1) + rows(2)[:200].rpartition("\r\n")[0], "truncated", "lines; expected 20 a frame"),
        (rows(1, first=0), "format", "joints out of order"),
        (rows(2) + rows(1), "format", "frame numbers that do not ascend"),
        (rows(1).replace("1 7 ", "2 7 "), "format", "frame numbers that do not ascend"),
        (rows(1).replace("-0.2", "nan"), "missing_joints", "20 of 20"),
        (f"2 20\n40\n{BODY}", "truncated", "1 of 2 frames"),
        (f"1 20\n40\n{BODY[:-30]}", "truncated", "frames"),
        (f"1 20\n40\n{BODY}0\n", "format", "2 frames; expected 1"),
        (f"1 25\n40\n{BODY}", "format", "1 frames of 25 joints; expected 20"),
        (f"1 20\n41\n{BODY}", "format", "41 rows in frame 0"),
        (f"1 20\n-40\n{BODY}", "format", "-40 rows in frame 0"),
        ("1 20\n99999999999\n", "format", "rows in frame 0"),
        ("2 20\n0\n0\n", "no_body", "any of 2 frames"),
        ("0 20\n", "no_frames", "0 frames"),
        ("nan 20\n", "format", "nan frames"),
        ("-1 20\n", "format", "-1 frames"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, TABLE)
    assert (reject.code, message in reject.message) == (code, True), reject.message


@pytest.mark.parametrize("action", ["00", "17"])
def test_an_activity_that_does_not_exist(action: str) -> None:
    assert (
        read_one_reject(READER, rows(1), TABLE.replace("a16", f"a{action}")).code == "unknown_label"
    )


@pytest.mark.parametrize(
    ("name", "writer"), [(TABLE, format_msr_daily_table), (PUBLISHED, format_msr_daily_published)]
)
def test_a_synthesized_motion_comes_back(name: str, writer: object) -> None:
    motion = synthesize("sit down", topology=KINECT_V1, fps=FPS, seed=2, noise_m=0)
    assert callable(writer)
    read = read_one_clip(READER, writer(motion), name).motion
    seen = motion.observed
    np.testing.assert_allclose(read.joints[seen], motion.joints[seen], atol=1e-6)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1), form=NUMBER_FORMS, tail=FILE_ENDS)
def test_what_was_written_is_what_is_read(motion: Motion, form: dict[str, str], tail: str) -> None:
    read = read_one_clip(READER, format_msr_daily_table(motion, **form) + tail, TABLE).motion
    assert_same_motion(read, motion, atol=1e-12 if "f" in form["number"] else 0)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V1, persons=2), form=NUMBER_FORMS, tail=FILE_ENDS)
def test_the_published_form_comes_back(motion: Motion, form: dict[str, str], tail: str) -> None:
    read = read_one_clip(
        READER, format_msr_daily_published(motion, **form) + tail, PUBLISHED
    ).motion
    assert_same_motion(read, motion, atol=1e-12 if "f" in form["number"] else 0)
