from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skeletonllm.clip import Clip
from skeletonllm.corpora.kinect.utkinect import ACTIONS, FPS, UtKinectReader
from skeletonllm.corpora.reader import Reject
from skeletonllm.corpora.toolkit.labels import names
from skeletonllm.corpora.toolkit.untrimmed import Segment
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.synthesis.kinect_writers import format_utkinect, format_utkinect_labels
from skeletonllm.testing.memory_files import (
    assert_same_motion,
    read_in_memory,
    read_one_clip,
    read_one_reject,
)
from skeletonllm.testing.strategies import FEW_EXAMPLES, FILE_ENDS, NUMBER_FORMS, motions
from skeletonllm.topology import KINECT_V1

NAME, LABELS = "joints_s10_e02.txt", "actionLabel.txt"
READER = UtKinectReader()


def row(number: float, x: float = 0.25) -> str:
    return f"{number:g}   " + "  ".join([f"{x:.6f}"] * 60) + "\n"


ROWS = "".join(map(row, range(100, 200, 4)))


def read(labels: str, text: str = ROWS) -> list[Clip | Reject]:
    clips, rejects = read_in_memory(
        READER, text, f"joints/{NAME}", labels=labels, label_file=LABELS
    )
    return [*clips, *rejects]


def test_actions_become_clips() -> None:
    other = format_utkinect_labels("s10_e01", [Segment(100, 120, 3)])
    ours = format_utkinect_labels("s10_e02", [Segment(101, 113, 1), Segment(150, 170, 9)])
    walk, wave = read(other + ours)
    assert isinstance(walk, Clip)
    assert isinstance(wave, Clip)
    assert (walk.label, walk.label_id, walk.frame_index) == ("walk", 0, (104, 108, 112))
    assert (wave.label, wave.label_id, wave.subject, wave.repetition) == (
        "wave hands",
        8,
        "10",
        "2",
    )
    assert wave.clip_id == "utkinect/joints_s10_e02/000150-000170"
    assert (wave.motion.fps, wave.flags) == (15.0, ())
    assert [name.replace(" ", "") for name in names("utkinect")] == [a.lower() for a in ACTIONS]


@pytest.mark.parametrize("labels", [None, "s10_e01\nwalk: 100 120\n", "nothing of ours"])
def test_without_labels_the_recording_is_one_clip(labels: str | None) -> None:
    (clip,), rejects = read_in_memory(
        READER, ROWS, f"joints/{NAME}", labels=labels, label_file=LABELS
    )
    assert (clip.flags, clip.label, rejects) == (("untrimmed",), None, [])


def test_an_action_that_was_not_done_is_a_reject() -> None:
    reject = next(
        item
        for item in read("s10_e02\nwalk: 100 120\ncarry:  NaN NaN\n")
        if isinstance(item, Reject)
    )
    assert (reject.code, reject.source_uri[-7:]) == ("no_frames", "#labels")
    assert reject.message == "line 3 of the labels: 'carry:  NaN NaN': the action was not done"


def test_a_frame_measured_again_is_left_out_and_flagged() -> None:
    clip = read_one_clip(READER, row(100) + row(100, 0.26) + row(104) + row(110), NAME)
    assert clip.frame_index == (100, 104, 110)
    assert clip.motion.joints[0, 0, 0, 0] == 0.25
    assert clip.flags == ("irregular_frames", "repeated_frames", "untrimmed")


def test_a_second_body_elsewhere_is_another_person() -> None:
    clip = read_one_clip(READER, row(100) + row(100, 1.5) + row(104), NAME)
    assert clip.motion.present.tolist() == [[True, True], [True, False]]
    assert clip.motion.joints[0, :, 0, 0].tolist() == [0.25, 1.5]
    assert "repeated_frames" not in clip.flags


@pytest.mark.parametrize(
    ("labels", "code", "message"),
    [
        ("s10_e02\ndance: 100 120\n", "unknown_label", "'dance'; expected walk, sitDown"),
        ("s10_e02\nwalk 100 120\n", "format", "line 2 of the labels: 'walk 100 120'"),
        ("s10_e02\nwalk: 120 100\n", "format", "a segment from frame 120 to 100"),
        ("s10_e02\nwalk: 1 2\n", "no_frames", "no frame in this segment"),
        ("s10_e02\nwalk: 100 99999999999\n", "format", "line 2"),
    ],
)
def test_bad_labels(labels: str, code: str, message: str) -> None:
    (reject,) = read(labels)
    assert isinstance(reject, Reject)
    assert (reject.code, message in reject.message) == (code, True), reject.message


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (row(104) + row(100), "format", "frame numbers that do not ascend"),
        (row(-4) + row(0), "format", "frame numbers that do not ascend"),
        (row(float("nan")), "format", "frame numbers that do not ascend"),
        (row(1e12), "format", "frame numbers that do not ascend"),
        (row(100).replace("100", "2147483648", 1), "format", "frame numbers that do not ascend"),
        (row(100) + row(100).replace("0.250000", "1e308"), "out_of_range", "beyond 100"),
        ("".join(row(100, x) for x in range(7)), "format", "7 persons in one frame"),
        (row(100) + row(104)[:200], "truncated", "line 2"),
        (row(100, float("nan")), "no_body", "any of 1 frames"),
        (row(100, float("inf")), "non_finite", "infinite"),
    ],
)
def test_bad_files(text: str, code: str, message: str) -> None:
    reject = read_one_reject(READER, text, NAME)
    assert (reject.code, message in reject.message) == (code, True), reject.message


def test_a_synthesized_walk_comes_back() -> None:
    motion = synthesize("sit down", topology=KINECT_V1, fps=FPS, seed=4)
    motion = motion.select_frames(motion.confidence.all((1, 2)).nonzero()[0])
    clip = read_one_clip(READER, format_utkinect(motion, range(0, 4 * motion.num_frames, 4)), NAME)
    assert_same_motion(clip.motion, motion, atol=1e-6)


@FEW_EXAMPLES
@given(
    motion=motions(KINECT_V1, fps=FPS),
    steps=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    form=NUMBER_FORMS,
    tail=FILE_ENDS,
)
def test_what_was_written_is_what_is_read(
    motion: Motion, steps: list[int], form: dict[str, str], tail: str
) -> None:
    numbers = tuple(sum(steps[: i + 1]) for i in range(motion.num_frames))
    clip = read_one_clip(READER, format_utkinect(motion, numbers, **form) + tail, NAME)
    assert clip.frame_index == numbers
    assert_same_motion(clip.motion, motion, atol=1e-12 if "f" in form["number"] else 0)
