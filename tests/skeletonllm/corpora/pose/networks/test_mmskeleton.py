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
Read = Callable[[Any], tuple[list[Clip], list[Reject]]]


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any) -> tuple[list[Clip], list[Reject]]:
        path = write("a.json", content if isinstance(content, bytes) else json.dumps(content))
        return read_clips(get_reader("mmskeleton"), Source(str(path), "a", 0))

    return all_of


def person(number: Any, x: float = 10, **more: Any) -> dict[str, Any]:
    rows = [[x + j, 20.0 + 2 * j, 0.5] for j in range(17)]
    return {"frame_index": number, "id": 0, "person_id": None, "keypoints": rows} | more


def video(*people: Any, category: Any = 3, **info: Any) -> dict[str, Any]:
    facts = {
        "video_name": "a.mp4",
        "resolution": [1280, 720],
        "num_frame": 6,
        "num_keypoints": 17,
        "keypoint_channels": ["x", "y", "score"],
        "version": "1.0",
    }
    return {"info": facts | info, "annotations": list(people), "category_id": category}


def test_a_video(read: Read) -> None:
    (clip,), rejects = read(video(person(1), person(2, 11), person(4, 13)))
    assert rejects == []
    assert clip.motion.present[:, 0].tolist() == [False, True, True, False, True, False]
    assert clip.motion.image_size == (1280, 720)
    assert (clip.label, clip.label_id, clip.label_namespace) == ("class 3", 3, "mmskeleton")
    assert clip.flags == ("fps_assumed", "identity_by_motion", "skeleton_assumed")
    np.testing.assert_array_equal(clip.motion.joints[2, 0, 3, :2], [14, 26])


def test_channels_in_another_order_and_without_scores(read: Read) -> None:
    rows = [[20.0 + 2 * j, 10.0 + j] for j in range(17)]
    (clip,), _ = read(video(person(0, keypoints=rows), keypoint_channels=["y", "x"]))
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 3, :2], [13, 26])
    assert (clip.motion.confidence[0] == 1).all()


@pytest.mark.parametrize("category", [-1, None, "unknown"])
def test_no_category_is_no_label(read: Read, category: Any) -> None:
    ((clip,), _) = read(video(person(0), category=category))
    assert clip.label is None


def test_stated_counts_are_compared(read: Read) -> None:
    short = person(2, keypoints=[[1, 2, 0.5]] * 16)
    (clip,), rejects = read(video(person(0), person(9), short, 7))
    assert clip.motion.present.sum() == 1
    assert [reject.message for reject in rejects] == [
        "frame_index 9; expected below 6, the num_frame of the file",
        "keypoints of 48 numbers; expected 3 for each of 17 joints",
        "an annotation that is a int; expected a whole frame_index",
    ]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ([], "format", "a list of 0; expected an object with 'info'"),
        ({"info": {}, "annotations": []}, "format", "keypoint_channels"),
        ({**video(), "annotations": 7}, "format", "no list 'annotations'"),
        (video(person(0), keypoint_channels=["a"]), "format", "keypoint_channels ['a']"),
        (video(), "no_body", "nobody is seen in any of 6 frames"),
        (video(person(0), category="wave"), "unknown_label", "category_id 'wave'"),
        (video(person(0), num_frame=2**24), "unsafe", "16777216 frames"),
        (b'{"info": {', "truncated", "not JSON"),
    ],
)
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    clips, (reject,) = read(content)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_the_contract(write: Write, tmp_path: Path) -> None:
    write("x/a.mp4.json", json.dumps(video(person(0), person(1))))
    assert check_reader(get_reader("mmskeleton"), str(tmp_path)) == []
