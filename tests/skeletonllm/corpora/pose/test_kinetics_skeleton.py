from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.reader import Reject, Source, read_clips

Write = Callable[[str, str | bytes], Path]
Read = Callable[[Any], Clip | Reject]


@pytest.fixture
def read(write: Write) -> Read:
    def one(content: Any) -> Clip | Reject:
        path = write("ours.json", content if isinstance(content, bytes) else json.dumps(content))
        clips, rejects = read_clips(get_reader("kinetics_skeleton"), Source(str(path), "ours", 0))
        (item,) = [*clips, *rejects]
        return item

    return one


def person(x: float = 0.25) -> dict[str, list[float]]:
    joints = np.stack([x + np.arange(18) / 100, 0.5 + np.arange(18) / 50], -1)
    return {"pose": joints.ravel().tolist(), "score": [0.5] * 18}


def frame(number: Any, *people: Any) -> dict[str, Any]:
    return {"frame_index": number, "skeleton": list(people)}


def video(*frames: Any, **changes: Any) -> dict[str, Any]:
    return {"data": list(frames), "label": "dining", "label_index": 91} | changes


def test_a_video(read: Read) -> None:
    clip = read(video(frame(1), frame(2, person(), person(0.7)), frame(3, person(0.7))))
    assert isinstance(clip, Clip)
    assert (clip.label, clip.label_id, clip.label_namespace) == ("dining", 91, "kinetics")
    assert (clip.frame_index, clip.motion.topology.name) == ((1, 2, 3), "openpose_18")
    assert clip.motion.present.sum(1).tolist() == [0, 2, 1]
    assert (clip.motion.image_size, clip.motion.fps) == ((340, 256), 30.0)
    assert clip.quality == ("image_size_assumed", "identity_by_motion")
    seen = clip.motion.joints[2, clip.motion.present[2], 0].ravel().tolist()
    assert seen == [np.float32(0.7 * 340), 128, 0]


def test_more_than_half_of_the_joints_may_be_missing(read: Read) -> None:
    few = person()
    few["pose"][6:], few["score"][3:] = [0.0] * 30, [0.0] * 15
    clip = read(video(frame(0, few)))
    assert isinstance(clip, Clip)
    assert clip.motion.observed.sum() == 3


def test_videos_without_a_label(read: Read) -> None:
    clip = read(video(frame(0, person()), label=None, label_index=None))
    assert isinstance(clip, Clip)
    assert clip.label is clip.label_id is None


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ({"a": {"label": "x"}}, "format", "an object with the keys a; expected an object with the"),
        ([1, 2], "format", "a list of 2, the first a int"),
        (video(), "no_frames", "0 frames"),
        (video(frame(0), frame(1)), "no_body", "nobody is seen in any of 2 frames"),
        (video(frame(0, person()), frame(0)), "format", "frame 0: the same frame_index twice"),
        (video(frame("1", person())), "format", "expected an object with a whole frame_index"),
        (video(frame(True, person())), "format", "whole frame_index"),
        (video({"frame_index": 1}), "format", "frame 1: no list 'skeleton'"),
        (video(frame(4, 7)), "format", "frame 4: a person that is a int"),
        (
            video(frame(4, {"pose": [1, 2], "score": [1]})),
            "format",
            "of 2 and 1 numbers; expected 36",
        ),
        (video(frame(4, {"pose": "no"})), "format", "pose is no list of numbers"),
        (video(frame(0, person()), label_index=-1), "unknown_label", "label 'dining' of index -1"),
        (video(frame(0, person()), label=4), "unknown_label", "expected a name and a number"),
        (video(frame(0, person()), frame(10**6, person())), "unsafe", "2 frames numbered over"),
        (video(frame(0, person()), label="\ud800"), "encoding", "half a letter, '\\ud800'"),
        (b'{"data": [{"frame_index": 1, "sk', "truncated", "not JSON"),
        (b'{"data": 1, "data": []}', "format", "the key 'data' twice"),
    ],
)
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    reject = read(content)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_scores_of_zero_are_nobody_as_in_ntu_files_of_this_form(read: Read) -> None:
    reject = read(video(frame(0, person() | {"score": [0.0] * 18})))
    assert isinstance(reject, Reject)
    assert reject.code == "no_body"


def test_the_contract(write: Write, tmp_path: Path) -> None:
    write("cU1fyH2QssA.json", json.dumps(video(frame(1), frame(2, person()))))
    assert check_reader(get_reader("kinetics_skeleton"), str(tmp_path)) == []
