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
from skeletonllm.topology import COCO_17

Write = Callable[[str, str | bytes], Path]
Read = Callable[[Any], tuple[list[Clip], list[Reject]]]

SKELETON = {str(i): name for i, name in enumerate(COCO_17.joints)}
COCO_25 = (
    "nose left_eye right_eye left_ear right_ear neck left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip hip left_knee right_knee left_ankle "
    "right_ankle left_big_toe left_small_toe left_heel right_big_toe right_small_toe right_heel"
).split()


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any) -> tuple[list[Clip], list[Reject]]:
        path = write("a.json", content if isinstance(content, bytes) else json.dumps(content))
        return read_clips(get_reader("vitpose"), Source(str(path), "a", 0))

    return all_of


def rows(x: float = 10, count: int = 17) -> list[list[float]]:
    return [[20.0 + 2 * j, x + j, 0.5] for j in range(count)]


def video(*frames: Any, skeleton: Any = SKELETON) -> dict[str, Any]:
    return {"keypoints": list(frames), "skeleton": skeleton}


def test_y_stands_before_x(read: Read) -> None:
    (clip,), rejects = read(video({"0": rows(), "3": rows(300)}, {}, {"0": rows(12)}))
    assert rejects == []
    first = clip.person_ids.index("0")
    np.testing.assert_array_equal(clip.motion.joints[0, first, 3, :2], [13, 26])
    assert clip.motion.present[:, first].tolist() == [True, False, True]
    assert clip.flags == ("fps_assumed", "image_size_assumed")
    assert set(clip.person_ids) == {"0", "3"}


def test_names_tell_the_joints(read: Read) -> None:
    named = {str(i): name for i, name in enumerate(COCO_25)}
    ((clip,), _) = read(video({"0": rows(10, 25)}, skeleton=named))
    topology = clip.motion.topology
    assert topology.joints[5] == "neck"
    assert topology.joints[14] == "pelvis"
    assert "skeleton_assumed" not in clip.flags
    clips, (reject,) = read(
        video({"0": rows(10, 9)}, skeleton={str(i): f"paw {i}" for i in range(9)})
    )
    assert (clips, reject.code) == ([], "format")
    assert "no joints of a body" in reject.message


def test_what_transformers_kept(read: Read) -> None:
    kept = {"keypoints": [[50, 60], [70, 80]], "scores": [0.5, 0.75], "labels": [3, 16]}
    (clip,), rejects = read([[kept, kept | {"labels": [3]}], [], [kept]])
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    seen = np.flatnonzero(clip.motion.confidence[0, 0]).tolist()
    assert (seen, clip.motion.joints[0, 0, 16, :2].tolist()) == ([3, 16], [70, 80])
    assert "skeleton_assumed" in clip.flags
    assert [reject.code for reject in rejects] == ["format"]
    ((alone,), _) = read([kept, kept])
    assert alone.motion.joints.shape[:2] == (1, 2)


def test_a_stated_rate_and_size_are_taken(read: Read) -> None:
    facts = {"fps": 25, "width": 1280, "height": 720}
    ((clip,), _) = read(video({"0": rows()}, {"0": rows(11)}) | facts)
    assert (clip.motion.fps, clip.motion.image_size, clip.flags) == (25, (1280, 720), ())


def test_what_cannot_be_read_costs_no_other(read: Read) -> None:
    (clip,), rejects = read(video({"0": rows(), "1": rows(300, 16), "2": 7}, 7, {"0": rows(12)}))
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    assert [reject.source_uri.partition("#")[2] for reject in rejects] == [
        "frame 0 person 1",
        "frame 0 person 2",
        "frame 1",
    ]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ({}, "format", "an empty object; expected an object with the list 'keypoints'"),
        (video(skeleton={}), "format", "a skeleton of an empty object"),
        (video(skeleton={"1": "nose"}), "format", "names by number"),
        (video(), "no_frames", "0 frames"),
        (video({}), "no_body", "nobody"),
        ([], "format", "expected pictures of persons"),
        ([[{"keypoints": [[1, 2]], "keypoint_scores": [1]}]], "format", "expected pictures"),
        (
            [[{"keypoints": [[1, 2]], "scores": [1], "labels": [99]}]],
            "format",
            "labels that are no joints",
        ),
        (b'{"keypoints": [', "truncated", "not JSON"),
    ],
)
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    clips, (reject,) = read(content)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_the_contract(write: Write, tmp_path: Path) -> None:
    write("a_result.json", json.dumps(video({"0": rows()}, {"0": rows(11)})))
    assert check_reader(get_reader("vitpose"), str(tmp_path)) == []


def test_a_bare_list_of_one_who_moves_is_frames(read: Read) -> None:
    def kept(x: float) -> dict[str, Any]:
        points = [[x + j, 20.0 + 3 * j] for j in range(17)]
        return {"keypoints": points, "scores": [0.9] * 17, "labels": [*range(17)]}

    ((clip,), rejects) = read([kept(100 + 2 * t) for t in range(10)])
    assert (clip.motion.joints.shape[:2], rejects) == ((10, 1), [])
    assert "video_assumed" in clip.flags
    ((crowd,), _) = read([kept(100 + 200 * i) for i in range(10)])
    assert crowd.motion.joints.shape[:2] == (1, 10)
    assert "video_assumed" not in crowd.flags
