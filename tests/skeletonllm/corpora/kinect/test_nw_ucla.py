from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora.kinect.nw_ucla import NwUclaReader
from skeletonllm.corpora.reader import Reject, Source, read_clips

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., Clip | Reject]


@pytest.fixture
def read(write: Write) -> Read:
    def one(content: str | bytes, name: str = "a12_s06_e04_v03") -> Clip | Reject:
        path = write(f"{name}.json", content)
        clips, rejects = read_clips(NwUclaReader(), Source(str(path), name, 0))
        (item,) = [*clips, *rejects]
        return item

    return one


def skeletons(frames: int = 4) -> list[Any]:
    return (np.arange(frames * 60).reshape(frames, 20, 3) / 100).tolist()


def content(**changes: Any) -> str:
    return json.dumps({"file_name": "x", "skeletons": skeletons(), "label": 10} | changes)


def test_what_file_and_name_say(read: Read) -> None:
    clip = read(content())
    assert isinstance(clip, Clip)
    assert clip.clip_id == "nw_ucla/a12_s06_e04_v03"
    assert (clip.subject, clip.repetition, clip.camera) == ("6", "4", "3")
    assert clip.motion.joints.shape == (4, 1, 20, 3)
    assert (clip.motion.topology.name, clip.motion.fps) == ("kinect_v1", 30.0)
    np.testing.assert_allclose(clip.motion.joints[1, 0, 0], [0.6, 0.61, 0.62])


@pytest.mark.parametrize(
    ("action", "label", "label_id"),
    [("a06", "stand up", 5), ("a08", "donning", 6), ("a11", "throw", 8), ("a12", "carry", 9)],
)
def test_the_label_follows_the_name_and_not_the_label_field(
    read: Read, action: str, label: str, label_id: int
) -> None:
    clip = read(content(label=1), f"{action}_s01_e00_v01")
    assert isinstance(clip, Clip)
    assert (clip.label, clip.label_id, clip.label_namespace) == (label, label_id, "nw_ucla")


def test_another_name_is_read_without_a_label(read: Read) -> None:
    clip = read(content(), "ours")
    assert isinstance(clip, Clip)
    assert clip.label is clip.label_id is clip.subject is None


def test_null_and_nan_are_missing_joints(read: Read) -> None:
    frames = skeletons()
    frames[0][3], frames[1][4][1] = [None] * 3, float("nan")
    clip = read(content(skeletons=frames))
    assert isinstance(clip, Clip)
    assert np.argwhere(clip.motion.confidence == 0).tolist() == [[0, 0, 3], [1, 0, 4]]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "empty", "no bytes"),
        (content()[:200], "truncated", "not JSON"),
        ("[1, 2]", "format", "no key 'skeletons'"),
        ("{oops}", "format", "not JSON"),
        ("[" * 100_000, "unsafe", "nested too deeply"),
        ("[" + "[]," * 1_000_000 + "0]", "unsafe", "MB once it is parsed"),
        ('{"skeletons": [' + "9" * 400 + "]}", "format", "no array of numbers"),
        (b'{"file_name": "\xfc"}', "encoding", "byte 0xfc at offset 15"),
        (content(skeletons=[]), "no_frames", "0 frames"),
        (content(skeletons=[[[1, 2, 3]] * 19]), "format", "skeletons of shape (1, 19, 3)"),
        (content(skeletons=[[[1, 2, 3]] * 20, [[1]]]), "format", "no array of numbers"),
        (content(skeletons="abc"), "format", "no array of numbers"),
        (content(skeletons=[[[float("inf"), 0, 0]] * 20]), "non_finite", "infinite"),
        (content(skeletons=[[[500, 0, 0]] * 20]), "out_of_range", "beyond 100"),
        (content(skeletons=[[[float("nan")] * 3] * 11 + [[0, 0, 3]] * 9]), "missing_joints", "11"),
    ],
)
def test_bad_files(read: Read, text: str | bytes, code: str, message: str) -> None:
    reject = read(text)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_an_action_number_that_does_not_exist(read: Read) -> None:
    reject = read(content(), "a07_s01_e00_v01")
    assert isinstance(reject, Reject)
    assert reject.code == "unknown_label"
