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
from skeletonllm.pose_topologies import OPENPOSE_18
from skeletonllm.topology import COCO_17

Write = Callable[[str, str | bytes], Path]
Read = Callable[[Any], Clip | Reject]
PLACES = {
    "nose": (0, 0.2), "neck": (0, 0.28), "eye": (0.01, 0.18), "ear": (0.02, 0.19),
    "shoulder": (0.06, 0.28), "elbow": (0.08, 0.38), "wrist": (0.09, 0.48), "hip": (0.03, 0.5),
    "knee": (0.03, 0.65), "ankle": (0.03, 0.8),
}  # fmt: skip


@pytest.fixture
def read(write: Write) -> Read:
    def one(content: Any) -> Clip | Reject:
        path = write("ours.json", content if isinstance(content, bytes) else json.dumps(content))
        clips, rejects = read_clips(get_reader("kinetics_skeleton"), Source(str(path), "ours", 0))
        (item,) = [*clips, *rejects]
        return item

    return one


GUESSED = ("skeleton_assumed",)
"""Dots on a line make no body."""


def body(*joints: str) -> dict[str, list[float]]:
    places = [PLACES[j.removeprefix("left_").removeprefix("right_")] for j in joints]
    sides = [-1 if j.startswith("right_") else 1 for j in joints]
    pose = [v for (x, y), side in zip(places, sides, strict=True) for v in (0.5 + side * x, y)]
    return {"pose": pose, "score": [0.9] * len(joints)}


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
    assert clip.flags == ("fps_assumed", "image_size_assumed", "identity_by_motion", *GUESSED)
    assert clip.licence == "unknown"  # the corpus names its files after videos
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
        (video(frame("one", person())), "format", "expected an object with a whole frame_index"),
        (video(frame(True, person())), "format", "whole frame_index"),
        (video({"frame_index": 1}), "format", "frame 1: no list 'skeleton'"),
        (video(frame(4, 7)), "format", "a person that is a int"),
        (
            video(frame(4, {"pose": [1, 2], "score": [1]})),
            "format",
            "of 2 and 1 numbers; expected 36",
        ),
        (video(frame(4, {"pose": "no"})), "format", "pose is no list of numbers"),
        (video(frame(0, person()), label_index=[]), "unknown_label", "label 'dining' of index []"),
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


@pytest.mark.parametrize(
    ("label", "index", "expected", "flagged"),
    [
        ("unknown", -1, None, False),
        ("Unknown", 4, None, False),
        ("", None, None, False),
        (None, -1, None, False),
        (None, 4, "class 4", False),
        ("dining", -1, None, True),
        ("dining", 4, "dining", False),
    ],
)
def test_what_is_no_label_is_no_reject(
    read: Read, label: Any, index: Any, expected: str | None, flagged: bool
) -> None:
    clip = read(video(frame(0, person()), label=label, label_index=index))
    assert isinstance(clip, Clip)
    assert clip.label == expected
    assert clip.label_id == (None if expected is None else 4)
    assert ("unnumbered_label" in clip.flags) == flagged


def test_bad_frames_and_persons_cost_no_other(write: Write) -> None:
    short = {"pose": [1, 2], "score": [1]}
    frames = [frame(1, person()), frame(2, short, person()), frame(2, person(0.7)), 7]
    frames += [frame(3, 7), frame(4, person())]
    path = write("ours.json", json.dumps(video(*frames)))
    (clip,), rejects = read_clips(get_reader("kinetics_skeleton"), Source(str(path), "ours", 0))
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True]
    assert clip.motion.num_persons == 1
    places = [reject.source_uri.partition("#")[2] for reject in rejects]
    assert places == ["frame 2 person 0", "entry 2", "entry 3", "frame 3 person 0"]
    assert "the same frame_index twice" in rejects[1].message
    assert {"unread_frames", "unread_persons"} <= set(clip.flags)


@pytest.mark.parametrize(("count", "topology"), [(17, "coco_17"), (25, "openpose_25")])
def test_other_skeletons_in_this_form(read: Read, count: int, topology: str) -> None:
    rows = np.stack([np.arange(count) + 100, np.arange(count) * 2 + 50], -1)
    other = {"pose": rows.tolist(), "score": [0.5] * count}
    clip = read(video(frame(0, other)))
    assert isinstance(clip, Clip)
    assert clip.motion.topology.name == topology
    assert "skeleton_assumed" in clip.flags
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 3], [103, 56, 0])


def test_files_of_the_corpus_have_its_rate_and_licence(write: Write) -> None:
    path = write("cU1fyH2QssA.json", json.dumps(video(frame(1, body(*OPENPOSE_18.joints)))))
    source = Source(str(path), "cU1fyH2QssA", 0, image_size=(680, 512))
    ((clip,), _) = read_clips(get_reader("kinetics_skeleton"), source)
    assert clip.licence == "kinetics_skeleton"
    assert clip.flags == ("identity_by_motion",)
    assert clip.motion.image_size == (680, 512)


def test_what_others_write_beside(read: Read) -> None:
    named = person() | {"person_id": 7}
    unscored = {"pose": named["pose"]}
    frames = [frame("1", named), frame(2.0, unscored | {"track_id": 7})]
    clip = read(video(*frames, label=["dining"], label_index="5", fps=25, width=640, height=480))
    assert isinstance(clip, Clip)
    assert (clip.person_ids, clip.label, clip.label_id) == (("7",), "dining", 5)
    assert (clip.motion.fps, clip.motion.image_size, clip.flags) == (25, (640, 480), GUESSED)
    assert (clip.motion.confidence[1] == 1).all()


@pytest.mark.parametrize(
    ("joints", "flags"),
    [
        (OPENPOSE_18.joints, ()),
        ((*COCO_17.joints, "neck"), GUESSED),
        (OPENPOSE_18.joints[::-1], GUESSED),
    ],
)
def test_18_joints_in_other_orders_are_a_guess(
    read: Read, joints: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    clip = read(video(*(frame(t, body(*joints) | {"track_id": 1}) for t in range(4))))
    assert isinstance(clip, Clip)
    assert clip.flags == ("fps_assumed", "image_size_assumed", *flags)


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("my_video_01", {}),
        ("subject0001", {}),
        ("MyVideoTest", {}),
        ("S001_Walk_2", {}),
        ("cU1fyH2QssA", {"fps": 25}),
        ("cU1fyH2QssA", {"width": 640, "height": 480}),
    ],
)
def test_eleven_letters_make_no_file_of_the_corpus(
    write: Write, name: str, stated: dict[str, int]
) -> None:
    content = video(frame(1, body(*OPENPOSE_18.joints)), **stated)
    path = write(f"{name}.json", json.dumps(content))
    ((clip,), _) = read_clips(get_reader("kinetics_skeleton"), Source(str(path), name, 0))
    assert clip.licence == "unknown"
    assert clip.motion.fps == stated.get("fps", 30)
    assert ("fps_assumed" in clip.flags) == ("fps" not in stated)


def test_files_of_one_name_are_told_by_their_folders(write: Write, tmp_path: Path) -> None:
    for folder in ("cam1", "cam2"):
        write(f"{folder}/my_video_01.json", json.dumps(video(frame(1, person()))))
    sources = get_reader("kinetics_skeleton").sources(str(tmp_path))
    assert [(s.source_id, s.fault) for s in sources] == [
        ("cam1/my_video_01", ""),
        ("cam2/my_video_01", ""),
    ]


@pytest.mark.parametrize(("label", "index"), [(3, 3), (3, None), (["wave"], [3]), ("wave", "3")])
def test_labels_by_number_or_in_lists(read: Read, label: Any, index: Any) -> None:
    clip = read(video(frame(0, person()), label=label, label_index=index))
    assert isinstance(clip, Clip)
    assert (clip.label, clip.label_id) == ("class 3" if label == 3 else "wave", 3)
