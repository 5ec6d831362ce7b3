from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from skeletonllm.clip import Clip
from skeletonllm.corpora.kinect.pku_mmd import PkuMmdReader
from skeletonllm.corpora.reader import Reject
from skeletonllm.corpora.toolkit.labels import names
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_pku_labels, format_pku_mmd
from skeletonllm.testing.memory_files import (
    assert_same_motion,
    read_in_memory,
    read_one_clip,
    read_one_reject,
)
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, NUMBER_FORMS, motions
from skeletonllm.topology import KINECT_V2

NAME = "skeletons/A10N08-L.txt"
READER = PkuMmdReader()
ROW = " ".join(["0.25"] * 75 + ["0"] * 75) + "\n"


def read(labels: str, *, frames: int = 20, background: bool = False) -> list[Clip | Reject]:
    clips, rejects = read_in_memory(
        PkuMmdReader(background=background), ROW * frames, NAME, labels=labels
    )
    return [*clips, *rejects]


def test_segments_become_clips_in_the_order_of_the_recording() -> None:
    second, first = Segment(9, 11, 51), Segment(2, 5, 1)
    items = read(format_pku_labels([second, first]))
    assert [clip.clip_id for clip in items if isinstance(clip, Clip)] == [
        "pku_mmd/A10N08-L/000002-000005",
        "pku_mmd/A10N08-L/000009-000011",
    ]
    bow, writing = items
    assert isinstance(bow, Clip)
    assert isinstance(writing, Clip)
    assert (bow.label, bow.label_id, bow.frame_index) == ("bow", 0, (2, 3, 4, 5))
    assert (writing.label, writing.label_id, writing.camera) == ("writing", 50, "L")
    assert (writing.motion.topology.name, writing.motion.fps) == ("kinect_v2", 30.0)
    assert len(set(names("pku_mmd"))) == 51


def test_the_background_is_kept_on_request() -> None:
    labels = format_pku_labels([Segment(2, 5, 1), Segment(9, 11, 51)])
    clips = [item for item in read(labels, background=True) if isinstance(item, Clip)]
    assert [(clip.frame_index[0], clip.frame_index[-1], clip.label) for clip in clips] == [
        (0, 1, None),
        (2, 5, "bow"),
        (6, 8, None),
        (9, 11, "writing"),
        (12, 19, None),
    ]
    assert {clip.flags for clip in clips if clip.label is None} == {("background",)}
    assert clips[0].clip_id == "pku_mmd_background/A10N08-L/000000-000001"


def test_without_labels_the_recording_is_one_clip() -> None:
    clip = read_one_clip(READER, ROW * 20, NAME)
    assert (clip.flags, clip.label, clip.clip_id) == (("untrimmed",), None, "pku_mmd/A10N08-L")


def test_a_second_body_of_zeros_is_nobody() -> None:
    both = " ".join(["0.25"] * 75 + ["0.5"] * 75) + "\n"
    clip = read_one_clip(READER, ROW * 2 + both + ROW, NAME)
    assert clip.motion.present[:, 1].tolist() == [False, False, True, False]
    items, _ = read_in_memory(READER, ROW * 2 + both + ROW, NAME, labels="1,0,1,2\n2,1,3,2\n")
    assert [clip.person_ids for clip in items] == [("0",), ("0", "1")]


@pytest.mark.parametrize(
    ("labels", "code", "where", "message"),
    [
        ("52,1,2,1\n", "unknown_label", "#000001-000002", "action number 52; expected 1 to 51"),
        ("1,30,40,1\n", "no_frames", "#000030-000040", "no frame in this segment"),
        ("1,5,2,1\n", "format", "#labels", "a segment from frame 5 to 2"),
        ("1,-5,2,1\n", "format", "#labels", "line 1 of the labels: '1,-5,2,1'"),
        ("\n1,5,2\n", "format", "#labels", "line 2 of the labels"),
        ("1,1,2,1\n2,1,2,1\n", "duplicate_id", "#000001-000002", "a second time"),
        ("1,1,2,1\n" * 21, "unsafe", "", "21 segments"),
        ("1,1," + "9" * 5000 + ",1", "format", "#labels", "line 1 of the labels"),
    ],
)
def test_bad_labels(labels: str, code: str, where: str, message: str) -> None:
    reject = next(item for item in read(labels) if isinstance(item, Reject))
    assert (reject.code, message in reject.message) == (code, True), reject.message
    assert reject.source_uri.endswith(f"A10N08-L.txt{where}")


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("0 " * 150 + "\n", "no_body", "any of 1 frames"),
        (ROW + ROW[:99], "truncated", "line 2"),
        (ROW.replace("0.25", "1", 1).replace("0.25", "nan"), "missing_joints", "25 of 25"),
        ("1,5,9,2\n", "format", "line 1: 1 numbers; expected 150"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, NAME)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_a_synthesized_pair_comes_back() -> None:
    motion = synthesize("shaking hands", topology=KINECT_V2, seed=4)
    read = read_one_clip(READER, format_pku_mmd(motion), NAME).motion
    seen = motion.observed
    np.testing.assert_allclose(read.joints[seen], motion.joints[seen], atol=1e-6)
    np.testing.assert_array_equal(read.present, motion.present)


@FEW_EXAMPLES
@given(motion=motions(KINECT_V2, persons=2), form=NUMBER_FORMS, tail=FILE_ENDS)
def test_what_was_written_is_what_is_read(motion: Motion, form: dict[str, str], tail: str) -> None:
    read = read_one_clip(READER, format_pku_mmd(motion, **form) + tail, NAME).motion
    assert_same_motion(read, motion, atol=1e-12 if "f" in form["number"] else 0)
