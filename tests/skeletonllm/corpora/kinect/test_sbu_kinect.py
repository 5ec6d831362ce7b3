from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.corpora.kinect.sbu_kinect import FPS, SbuReader, own_id
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_sbu
from skeletonllm.testing.memory_files import assert_same_motion, read_one_clip, read_one_reject
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, motions
from skeletonllm.topology import SBU_15

NAME = "s03s05/07/002/skeleton_pos.txt"
READER = SbuReader()


def line(frame: int = 1, value: float = 0.5, count: int = 90) -> str:
    return ",".join([str(frame), *[str(value)] * count]) + "\n"


def test_what_file_and_folders_say() -> None:
    clip = read_one_clip(READER, line(55) + line(56), NAME)
    assert clip.clip_id == "sbu_kinect/s03s05_07_002"
    assert (clip.label, clip.label_id, clip.label_namespace) == (
        "exchanging object",
        6,
        "sbu_kinect",
    )
    assert (clip.subject, clip.repetition) == ("s03s05", "2")
    assert (clip.frame_index, clip.person_ids) == ((55, 56), ("A", "B"))
    motion = clip.motion
    assert (motion.topology.name, motion.fps, motion.space) == ("sbu_15", 15.0, "camera")
    assert not motion.metric


def test_the_map_of_the_readme() -> None:
    """X = 1280 - 2560 x, Y = 960 - 1920 y, Z = 10000 z / 7.8125, in thousandths."""
    row = np.full((2, 15, 3), 0.5)
    row[1, 2] = 0.25, 0.1, 2.0
    text = ",".join(["1", *map(str, row.ravel())])
    joints = read_one_clip(READER, text, NAME).motion.joints[0]
    np.testing.assert_allclose(joints[1, 2], [1.280 - 0.64, 0.960 - 0.192, 2.56], atol=1e-6)
    np.testing.assert_allclose(joints[0, 0], [0, 0, 0.64], atol=1e-6)


@pytest.mark.parametrize("end", [",\n", ",\r\n", "\r\n", " \n"])
def test_trailing_commas_and_line_ends(end: str) -> None:
    text = (line(1) + line(2)).replace("\n", end)
    assert read_one_clip(READER, text, NAME).motion.num_frames == 2


@pytest.mark.parametrize("root", ["sbu/", "", "./", "a.b/"])
def test_the_id_is_the_three_folders(root: str) -> None:
    assert own_id(f"{root}s01s02/05/001/skeleton_pos.txt") == "s01s02_05_001"
    assert own_id("skeleton_pos.txt") is None


def test_other_folders_give_no_label() -> None:
    clip = read_one_clip(READER, line(), "ours/skeleton_pos.txt")
    assert clip.label is clip.label_id is clip.subject is None


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "empty", "no bytes"),
        (line(count=89), "format", "line 1: 90 numbers; expected 91"),
        (line(1) + line(2)[:37], "truncated", "line 2: 10 numbers"),
        (line(2) + line(2), "format", "do not ascend"),
        (line(value=float("nan")), "no_body", "nobody is present in any of 1 frames"),
        (line(value=float("inf")), "non_finite", "infinite"),
        (line(value=1e308), "non_finite", "infinite"),
        (line(2**31), "format", "do not ascend"),
        (line(value=90), "out_of_range", "beyond 100"),
        (b"\xff\xfe1,2", "encoding", "byte 0xff"),
    ],
)
def test_bad_files(text: str | bytes, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, NAME)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_an_interaction_that_does_not_exist() -> None:
    assert read_one_reject(READER, line(), NAME.replace("07", "09")).code == "unknown_label"


def test_a_synthesized_handshake_comes_back() -> None:
    motion = synthesize("shaking hands", topology=SBU_15, fps=FPS, seed=1)
    assert_same_motion(
        read_one_clip(READER, format_sbu(motion, first=9), NAME).motion, motion, atol=2e-5
    )


@FEW_EXAMPLES
@given(
    motion=motions(SBU_15, persons=2, fps=FPS).filter(lambda motion: motion.present.all()),
    first=st.integers(0, 99999),
    end=st.sampled_from(["\n", ",\n", "\r\n", ",\r\n"]),
    tail=FILE_ENDS,
)
def test_what_was_written_is_what_is_read(motion: Motion, first: int, end: str, tail: str) -> None:
    clip = read_one_clip(READER, format_sbu(motion, first, "%.9g", end) + tail, NAME)
    assert_same_motion(clip.motion, motion, atol=1e-6)
    assert clip.frame_index == tuple(range(first, first + motion.num_frames))
