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

NAMES = {str(i): name for i, name in enumerate(COCO_17.joints)}


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any) -> tuple[list[Clip], list[Reject]]:
        path = write("walk.json", content if isinstance(content, bytes) else json.dumps(content))
        return read_clips(get_reader("mmpose"), Source(str(path), "walk", 0))

    return all_of


def person(x: float = 10, count: int = 17, **more: Any) -> dict[str, Any]:
    rows = [[x + j, 20.0 + 2 * j] for j in range(count)]
    return {"keypoints": rows, "keypoint_scores": [0.5] * count, "bbox": [[1, 2, 3, 4]]} | more


def frame(number: Any, *people: Any) -> dict[str, Any]:
    return {"frame_id": number, "instances": list(people)}


def test_a_video_with_names(read: Read) -> None:
    meta = {"dataset_name": "coco", "keypoint_id2name": NAMES}
    frames = [frame(n, person(10 + n, track_id=4)) for n in (1, 2, 3)]
    (clip,), rejects = read({"meta_info": meta, "instance_info": frames})
    assert rejects == []
    assert (clip.frame_index, clip.person_ids) == ((1, 2, 3), ("4",))
    assert clip.flags == ("fps_assumed", "image_size_assumed")
    np.testing.assert_array_equal(clip.motion.joints[1, 0, 3, :2], [15, 26])
    named = {"keypoint_name2id": {name: int(i) for i, name in NAMES.items()}}
    (clip,), _ = read({"meta_info": named, "instance_info": frames})
    assert "skeleton_assumed" not in clip.flags


@pytest.mark.parametrize(
    ("content", "frames", "persons"),
    [
        ([frame(0, person(), person(300)), frame(1, person(11))], 2, 2),
        ([person(), person(300)], 1, 2),
        ({"predictions": [[person()], [person(11)]], "visualization": []}, 2, 1),
        ([{"predictions": [[person()]]}, {"predictions": [[person(11)]]}], 2, 1),
        ([[[person()]], [[person(11)]], []], 3, 1),
        ([[person(), person(300)]], 1, 2),
    ],
)
def test_what_the_inferencer_writes_and_returns(
    read: Read, content: Any, frames: int, persons: int
) -> None:
    (clip,), rejects = read(content)
    assert rejects == []
    assert (clip.motion.num_frames, clip.motion.num_persons) == (frames, persons)
    assert clip.motion.topology.name == "coco_17"
    assert "skeleton_assumed" in clip.flags


def test_what_cannot_be_read_costs_no_other(read: Read) -> None:
    bad = [
        person(keypoints=[[1, 2]]),
        person(keypoints="x"),
        7,
        person(float("inf")),
        person(9, 16),
    ]
    frames = [frame(0, person(), *bad), frame(0, person()), frame("x"), 7, frame("2", person(12))]
    (clip,), rejects = read(frames)
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    assert len(rejects) == 8
    assert {"unread_frames", "unread_persons"} <= set(clip.flags)


def test_pictures_are_the_frames_of_a_clip(write: Write, tmp_path: Path) -> None:
    for n in range(5):
        write(f"one/frame_{n:06d}.json", "[" if n == 2 else json.dumps([person(10 + n)]))
        write(f"two/{n:06d}.json", json.dumps([person(300 * n)]))
    write("two/walk2.json", json.dumps([frame(0, person()), frame(1, person(11))]))
    reader = get_reader("mmpose")
    sources = reader.sources(str(tmp_path))
    assert [source.source_id for source in sources] == ["one/frame", "two", "two/walk2"]
    (clip,), (reject,) = read_clips(reader, sources[0])
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True, True]
    assert (reject.code, clip.flags[-1]) == ("truncated", "unread_frames")
    apart, rejects = read_clips(reader, sources[1])  # nobody stays: pictures of a data set
    assert ([clip.frame_index for clip in apart], rejects) == ([(n,) for n in range(5)], [])
    assert [clip.motion.num_frames for clip in read_clips(reader, sources[2])[0]] == [2]
    assert check_reader(reader, str(tmp_path)) == []


def test_videos_whose_names_differ_by_a_number_are_a_clip_each(
    write: Write, tmp_path: Path
) -> None:
    for n in range(2):
        write(f"video_{n:04d}.json", json.dumps([frame(0, person()), frame(1, person(11))]))
    write("video_0002.json", json.dumps([frame(0, person(keypoints=[]))]))
    reader = get_reader("mmpose")
    (source,) = reader.sources(str(tmp_path))
    clips, (reject,) = read_clips(reader, source)
    assert [clip.clip_id for clip in clips] == [
        "mmpose/video/video_0000",
        "mmpose/video/video_0001",
    ]
    assert reject.code == "format"


def test_lifted_joints_are_in_space(read: Read) -> None:
    rows = np.array([[0.1 * (j % 3), 0.02 * j, 0.1 * j] for j in range(17)]).tolist()
    (clip,), _ = read([frame(0, person(keypoints=[rows]))])
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.metric) == ("h36m_17", "world", False)
    assert {"unit_assumed", "axes_assumed", "skeleton_assumed"} <= set(clip.flags)
    clips, (reject,) = read([frame(0, person(keypoints=rows[:16], keypoint_scores=[1] * 16))])
    assert (clips, reject.code) == ([], "format")


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ([], "format", "a list of 0; expected instances"),
        (7, "format", "a int"),
        ([7], "format", "a list of 1, the first a int"),
        ([{"keypoints": [1, 2, 3], "image_id": "1.jpg"}], "format", "expected instances with"),
        ([person(image_id=4)], "format", "expected instances with"),
        ([frame(0)], "no_body", "nobody is seen in any of 1 frames"),
        ([frame(0, person(1, 5))], "format", "5 keypoints without names"),
        (
            {"meta_info": {"keypoint_id2name": {"0": "nose"}}, "instance_info": [person()]},
            "format",
            "17 keypoints; expected 1, as are named",
        ),
        (
            {"meta_info": {"keypoint_id2name": dict.fromkeys(NAMES, "tail")},
             "instance_info": [person()]},
            "format",
            "no joints of a body",
        ),
        (b'[{"keypoints": [[', "truncated", "not JSON"),
    ],
)  # fmt: skip
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    clips, (reject,) = read(content)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_a_stated_picture_size_is_taken(write: Write) -> None:
    path = write("a.json", json.dumps([person()]))
    source = Source(str(path), "a", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(get_reader("mmpose"), source)
    assert clip.motion.image_size == (1920, 1080)
    assert "image_size_assumed" not in clip.flags


def test_a_stated_rate_and_size_are_taken(read: Read) -> None:
    frames = [frame(n, person(10 + n, track_id=1)) for n in range(3)]
    ((clip,), _) = read({"instance_info": frames, "fps": 25, "width": 1280, "height": 720})
    assert (clip.motion.fps, clip.motion.image_size) == (25, (1280, 720))
    assert clip.flags == ("skeleton_assumed",)


@pytest.mark.parametrize("scores", [None, [0.75] * 17])
def test_a_third_number_behind_pixels_is_a_score(read: Read, scores: list[float] | None) -> None:
    rows = [[10.0 + j, 20.0 + 2 * j, 0.5] for j in range(17)]
    old = {"keypoints": rows} | ({} if scores is None else {"keypoint_scores": scores})
    frames = [{"frame": t, "predictions": [old | {"keypoint_scores": scores}]} for t in range(2)]
    ((clip,), rejects) = read(frames)
    motion = clip.motion
    assert (motion.space, motion.topology.name, rejects) == ("image", "coco_17", [])
    np.testing.assert_array_equal(motion.joints[1, 0, 3], [13, 26, 0])
    assert (motion.confidence == (0.75 if scores else 0.5)).all()


def test_names_of_human36m(read: Read) -> None:
    names = (
        "root right_hip right_knee right_foot left_hip left_knee left_foot spine thorax neck_base "
        "head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist"
    ).split()
    meta = {"keypoint_id2name": {str(i): name for i, name in enumerate(names)}}
    ((clip,), _) = read({"meta_info": meta, "instance_info": [frame(0, person())]})
    assert clip.motion.topology.name == "h36m_17"
    assert "skeleton_assumed" not in clip.flags
