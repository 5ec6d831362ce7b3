from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import UsageError
from skeletonllm.pose_topologies import (
    HALPE_26,
    OPENPOSE_15,
    OPENPOSE_18,
    OPENPOSE_19,
    OPENPOSE_23,
    OPENPOSE_25,
    OPENPOSE_25B,
)
from skeletonllm.topology import COCO_17, Topology

Write = Callable[[str, str | bytes], Path]


def person(x: float = 100, count: int = 25, key: str = "pose_keypoints_2d", **more: Any) -> Any:
    flat = [value for j in range(count) for value in (x + j, 50 + 2 * j, 0.75)]
    return {key: flat, "hand_left_keypoints_2d": []} | more


def frame(*people: Any) -> str:
    return json.dumps({"version": 1.3, "people": list(people)})


@pytest.fixture
def put(write: Write) -> Callable[..., None]:
    """Write frames ``number=text`` of a video."""

    def all_of(frames: dict[int, str | bytes], name: str = "one/v_{:012d}_keypoints.json") -> None:
        for number, text in frames.items():
            write(name.format(number), text)

    return all_of


def read_all(folder: Path) -> tuple[list[Clip], list[Reject]]:
    reader = get_reader("openpose")
    results = [read_clips(reader, source) for source in reader.sources(str(folder))]
    return [c for clips, _ in results for c in clips], [r for _, rs in results for r in rs]


def test_a_folder_is_a_clip(put: Callable[..., None], tmp_path: Path) -> None:
    put({8: frame(person()), 9: frame(), 10: frame(person(102), person(300)), 12: frame(person())})
    ((clip,), rejects) = read_all(tmp_path)
    assert rejects == []
    assert (clip.clip_id, clip.source_uri) == ("openpose/one/v", f"{tmp_path}/one/v*")
    assert (clip.frame_index, clip.motion.topology.name) == ((8, 9, 10, 11, 12), "openpose_25")
    assert clip.motion.present.sum(1).tolist() == [1, 0, 2, 0, 1]
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 2], [102, 54, 0])
    guessed = ("fps_assumed", "image_size_assumed", "identity_by_motion", "skeleton_assumed")
    assert clip.flags == guessed  # joints in a row make no body


def test_the_old_key_of_18_joints(put: Callable[..., None], tmp_path: Path) -> None:
    put({1: frame(person(count=18, key="pose_keypoints"))}, "a/{:06d}_keypoints.json")
    ((clip,), _) = read_all(tmp_path)
    assert (clip.clip_id, clip.motion.topology.name) == ("openpose/a", "openpose_18")


def test_shares_of_the_picture(put: Callable[..., None], tmp_path: Path) -> None:
    part = person(count=18)
    part["pose_keypoints_2d"] = [value / 200 for value in part["pose_keypoints_2d"]]
    put({1: frame(part)})
    ((clip,), _) = read_all(tmp_path)
    assert clip.motion.image_size == (640, 480)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0], [0.5 * 640, 0.25 * 480, 0])


def test_persons_are_followed_or_named(put: Callable[..., None], tmp_path: Path) -> None:
    swapped = [(100, 400), (402, 102), (104, 404)]
    put({t: frame(*map(person, xs)) for t, xs in enumerate(swapped)}, "by/motion_{}_keypoints.json")
    named = {
        t: frame(*(person(x, person_id=[int(x >= 400)]) for x in xs))
        for t, xs in enumerate(swapped)
    }
    put(named, "by/name_{}_keypoints.json")
    unnamed, known = read_all(tmp_path)[0]
    assert (unnamed.clip_id, known.clip_id) == ("openpose/by/motion", "openpose/by/name")
    for clip in (unnamed, known):
        assert sorted(clip.motion.joints[:, :, 0, 0].T.tolist()) == [
            [100, 102, 104],
            [400, 402, 404],
        ]
    assert "identity_by_motion" in unnamed.flags
    assert "identity_by_motion" not in known.flags
    assert set(known.person_ids) == {"0", "1"}


def test_untracked_ids_of_minus_one_are_no_ids(put: Callable[..., None], tmp_path: Path) -> None:
    put({0: frame(person(person_id=[-1]))})
    ((clip,), _) = read_all(tmp_path)
    assert "identity_by_motion" in clip.flags


def test_a_bad_frame_is_a_reject_and_an_empty_frame(
    put: Callable[..., None], tmp_path: Path
) -> None:
    bad: dict[int, str | bytes] = {
        1: b"",
        2: '{"people": [{"pose_keyp',
        3: '{"people": 7}',
        4: frame(person(count=18)),
        5: frame({"pose_keypoints_2d": [1, 2]}),
        6: frame({"face": []}),
        7: "[" * 100_000,
        8: b'{"people": "\xfc"}',
    }
    put({0: frame(person()), **bad, 9: frame(person())})
    (clip,), rejects = read_all(tmp_path)
    assert clip.motion.present[:, 0].tolist() == [True, *[False] * 8, True]
    assert clip.flags[-2:] == ("unread_frames", "unread_persons")
    named = [(reject.source_uri.partition("v_00000000000")[2], reject.code) for reject in rejects]
    assert named == [
        ("1_keypoints.json", "empty"),
        ("2_keypoints.json", "truncated"),
        ("3_keypoints.json", "format"),
        ("5_keypoints.json person 0", "format"),
        ("6_keypoints.json person 0", "format"),
        ("7_keypoints.json", "unsafe"),
        ("8_keypoints.json", "encoding"),
        ("4_keypoints.json person 0", "format"),
    ]
    assert rejects[0].source_uri == f"{tmp_path}/one/v*#v_000000000001_keypoints.json"
    texts = [reject.message for reject in (*rejects[2:5], rejects[7])]
    assert texts == [
        "an object with the keys people; expected an object with the list 'people'",
        "pose_keypoints_2d of 2 numbers; expected "
        "45 or 51 or 54 or 57 or 69 or 75 or 78 or 99 or 399 or 405 or 408",
        "a person that is an object with the keys face; expected pose_keypoints_2d",
        "a person of 18 joints; expected 25, as most here have",
    ]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ({0: frame(), 1: frame()}, "no_body"),
        ({0: frame(person(float("inf")))}, "non_finite"),
        ({0: frame(person()), 1: frame(person()), 10**9: frame(person())}, "unsafe"),
        ({0: "[]"}, "format"),
    ],
)
def test_videos_of_which_nothing_is_read(
    put: Callable[..., None], tmp_path: Path, frames: dict[int, str | bytes], code: str
) -> None:
    put(frames)
    clips, (reject,) = read_all(tmp_path)
    assert clips == []
    assert reject.code == code


def test_listing(put: Callable[..., None], write: Write, tmp_path: Path) -> None:
    put({1: frame(person()), 2: frame(person())})
    put({1: frame(person())}, "two/{:06d}_keypoints.json")
    write("two/cat_keypoints.json", frame(person()))
    write("two/notes.json", "{}")
    write("two/.000009_keypoints.json", "hidden")
    reader = get_reader("openpose")
    sources = reader.sources(str(tmp_path))
    assert [source.source_id for source in sources] == ["one/v", "two", "two/cat"]
    assert [len(read_clips(reader, source)[0]) for source in sources] == [1, 1, 1]
    frame_alone = str(tmp_path / "one" / "v_000000000002_keypoints.json")
    (one,) = reader.sources(frame_alone)
    assert (one.uri, one.source_id) == (frame_alone, "v")
    ((clip,), _) = read_clips(reader, one)
    assert clip.frame_index == (2,)
    assert [s.source_id for s in reader.sources(str(tmp_path / "two"))] == ["cat", "two"]
    assert check_reader(reader, str(tmp_path)) == []
    (other,) = reader.sources(str(tmp_path / "two" / "notes.json"))  # who names it may know better
    assert read_clips(reader, other)[1][0].code == "format"
    with pytest.raises(UsageError, match=r"no \.json file"):
        reader.sources(str(write("three/notes.txt", "").parent))


def test_a_folder_named_like_a_frame_and_a_video_that_is_gone(
    put: Callable[..., None], tmp_path: Path
) -> None:
    put({0: frame(person())})
    (tmp_path / "one" / "v_000000000001_keypoints.json").mkdir()
    (clip,), (reject,) = read_all(tmp_path)
    assert (clip.motion.num_frames, reject.code) == (2, "not_a_file")
    gone = Source(f"{tmp_path}/gone/v*", "gone/v", 0)
    assert read_clips(get_reader("openpose"), gone)[1][0].code == "unreadable"


def test_a_frame_whose_name_is_no_text_is_a_reject(
    put: Callable[..., None], tmp_path: Path
) -> None:
    put({8: frame(person())})
    strange = os.fsencode(tmp_path) + b"/one/\xff_000000000009_keypoints.json"
    Path(os.fsdecode(strange)).write_text(frame(person()))
    (clip,), (reject,) = read_all(tmp_path)
    assert (clip.frame_index, reject.code) == ((8,), "encoding")


def test_a_folder_and_a_video_beside_it_of_one_name_are_not_one_clip(
    write: Write, tmp_path: Path
) -> None:
    write("v/000000000000_keypoints.json", "{}")
    write("v_000000000000_keypoints.json", "{}")
    first, second = (reader := get_reader("openpose")).sources(str(tmp_path))
    assert (first.source_id, first.fault) == (second.source_id, "") == ("v", "")
    assert second.fault == "duplicate_id"
    _, (reject,) = read_clips(reader, second)
    assert reject.code == "duplicate_id"


BODY = {
    "nose": (0, 0),
    "neck": (0, 50),
    "spine": (0, 140),
    "pelvis": (0, 235),
    "head": (0, 0),
    "head.top": (0, -25),
    "eye": (10, -10),
    "ear": (28, -4),
    "shoulder": (63, 57),
    "elbow": (80, 160),
    "wrist": (95, 260),
    "hip": (35, 235),
    "knee": (38, 400),
    "ankle": (38, 555),
    "ankle.heel": (38, 570),
    "foot": (42, 577),
    "foot.small_toe": (46, 577),
}


def body(topology: Topology, x: float = 600.0, deep: bool = False) -> list[float]:
    """Someone who stands and faces the camera, as OpenPose lists the joints of a skeleton."""
    flat: list[float] = []
    for name in topology.joints:
        side, _, word = name.partition("_")
        across, down = BODY[word if side in ("left", "right") else name]
        across = -across if side == "right" else across
        flat += [x + across, 100.0 + down, *([3000.0] if deep else []), 0.9]
    return flat


@pytest.mark.parametrize(
    ("topology", "flagged"),
    [
        (OPENPOSE_15, False),
        (OPENPOSE_18, False),
        (OPENPOSE_19, False),
        (OPENPOSE_23, False),
        (OPENPOSE_25, False),
        (OPENPOSE_25B, True),
        (COCO_17, True),
        (HALPE_26, True),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_orders_are_told_by_what_they_make_of_a_body(
    put: Callable[..., None], tmp_path: Path, topology: Topology, flagged: bool
) -> None:
    put({t: frame({"pose_keypoints_2d": body(topology, 600 + t)}) for t in range(5)})
    (clip,), rejects = read_all(tmp_path)
    assert (clip.motion.topology.name, rejects) == (topology.name, [])
    assert ("skeleton_assumed" in clip.flags) == flagged


def test_25_joints_of_which_too_few_are_seen_are_a_guess(
    put: Callable[..., None], tmp_path: Path
) -> None:
    upper = body(OPENPOSE_25)
    for joint in range(8, 15):
        upper[3 * joint : 3 * joint + 3] = [0, 0, 0]
    put({0: frame({"pose_keypoints_2d": upper})})
    ((clip,), _) = read_all(tmp_path)
    assert clip.motion.topology.name == "openpose_25"
    assert "skeleton_assumed" in clip.flags


def test_a_face_or_a_hand_alone_is_nobody(put: Callable[..., None], tmp_path: Path) -> None:
    face = {"pose_keypoints_2d": [], "face_keypoints_2d": [600, 400, 0.8] * 70}
    hand = {"hand_left_keypoints_2d": [600, 400, 0.8] * 21}
    nothing = {"pose_keypoints_2d": None, "face_keypoints_2d": None}
    good = {"pose_keypoints_2d": body(OPENPOSE_25)}
    put({0: frame(good), 1: frame(face, good), 2: frame(good, hand, nothing)})
    (clip,), rejects = read_all(tmp_path)
    assert (clip.motion.num_frames, clip.motion.num_persons, rejects) == (3, 1, [])
    assert clip.motion.present.all()
    put({0: frame(face), 1: frame(hand)}, "two/v_{:03d}_keypoints.json")
    _, (reject,) = read_all(tmp_path)
    assert reject.code == "no_body"
    assert "2 entries with a hand or a face, none with a body, in 2 frames" in reject.message


def test_a_bad_person_costs_no_other(put: Callable[..., None], tmp_path: Path) -> None:
    good = {"pose_keypoints_2d": body(OPENPOSE_25)}
    bad = {"pose_keypoints_2d": [1e9, 1, 1] * 25}
    put({0: frame(bad, good), 1: frame(good, {"pose_keypoints_2d": "x"}), 2: frame(7, good)})
    (clip,), rejects = read_all(tmp_path)
    assert clip.motion.present.tolist() == [[True]] * 3
    assert [r.code for r in rejects] == ["out_of_range", "format", "format"]
    assert clip.flags[-1] == "unread_persons"


@pytest.mark.parametrize(("unit", "up"), [(1.0, 1), (0.001, -1), (0.01, 1)])
def test_joints_in_space(put: Callable[..., None], tmp_path: Path, unit: float, up: int) -> None:
    deep = np.reshape(body(OPENPOSE_25, deep=True), (-1, 4)) * (2.7, 2.7, 1, 1)  # a trunk of 0.5 m
    deep[:, 1] *= -up
    deep[:, :3] *= 0.001 / unit
    put({0: frame({"pose_keypoints_2d": [], "pose_keypoints_3d": deep.ravel().tolist()})})
    ((clip,), rejects) = read_all(tmp_path)
    motion = clip.motion
    assert rejects == []
    assert (motion.topology.name, motion.space, motion.metric) == ("openpose_25_3d", "world", False)
    assert {"unit_assumed", "axes_assumed"} <= set(clip.flags)
    nose, ankle = motion.joints[0, 0, [0, 11]]
    assert 1.0 < nose[1] - ankle[1] < 2.0
    left, right = motion.joints[0, 0, [5, 2], 0]
    facing_camera = left > right
    assert facing_camera or up == 1  # a turn keeps left and right as they are


def test_a_stated_picture_size_scales_shares(put: Callable[..., None], tmp_path: Path) -> None:
    part = person(count=18)
    part["pose_keypoints_2d"] = [value / 200 for value in part["pose_keypoints_2d"]]
    put({1: frame(part)})
    reader = get_reader("openpose")
    (source,) = reader.sources(str(tmp_path))
    ((clip,), _) = read_clips(reader, replace(source, image_size=(1920, 1080)))
    assert clip.motion.image_size == (1920, 1080)
    assert "image_size_assumed" not in clip.flags
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0], [0.5 * 1920, 0.25 * 1080, 0])


def test_coordinates_from_minus_one_to_one(put: Callable[..., None], tmp_path: Path) -> None:
    rows = np.reshape(body(OPENPOSE_25), (-1, 3))
    rows = rows / (640, 360, 1) - (1, 1, 0)
    put({0: frame({"pose_keypoints_2d": rows.ravel().tolist()})})
    ((clip,), _) = read_all(tmp_path)
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0, :2], [300, 100 / 720 * 480], rtol=1e-5)


def test_coordinates_from_minus_one_to_one_near_the_middle(
    put: Callable[..., None], tmp_path: Path
) -> None:
    rows = np.reshape(body(OPENPOSE_25), (-1, 3)) - (600, 335, 0)
    rows = rows / (1280, 720, 1)
    put({0: frame({"pose_keypoints_2d": rows.ravel().tolist()})})
    ((clip,), _) = read_all(tmp_path)
    x, y = rows[0, :2]
    expected = [(x + 1) / 2 * 640, (y + 1) / 2 * 480]
    np.testing.assert_allclose(clip.motion.joints[0, 0, 0, :2], expected, rtol=1e-5)


def test_18_joints_in_another_order_are_a_guess(put: Callable[..., None], tmp_path: Path) -> None:
    flat = body(COCO_17)
    flat += [600.0, 157.0, 0.9]  # the neck comes last
    put({t: frame({"pose_keypoints_2d": flat}) for t in range(4)})
    ((clip,), _) = read_all(tmp_path)
    assert "skeleton_assumed" in clip.flags
