from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        clips, rejects = read_clips(get_reader("alphapose"), Source(str(path), "ours", 0))
        (item,) = [*clips, *rejects]
        return item

    return one


def detection(name: Any, x: float = 10, count: int = 17, **more: Any) -> dict[str, Any]:
    flat = [value for j in range(count) for value in (x + j, 20 + 2 * j, 0.5)]
    return {"image_id": name, "category_id": 1, "keypoints": flat, "score": 2.8} | more


def test_frames_follow_their_numbers_and_not_their_names(read: Read) -> None:
    clip = read([detection(f"{n}.jpg", 10 + n) for n in sorted(range(12), key=str)])
    assert isinstance(clip, Clip)
    assert clip.frame_index == tuple(range(12))
    assert clip.motion.joints[:, 0, 0, 0].tolist() == list(range(10, 22))
    assert clip.flags == ("fps_assumed", "image_size_assumed", "identity_by_motion")
    assert (clip.motion.confidence == 0.5).all()


def test_pictures_that_are_not_listed_are_empty_frames(read: Read) -> None:
    clip = read([detection("f_0003.png"), detection("f_0006.png")])
    assert isinstance(clip, Clip)
    assert clip.frame_index == (3, 4, 5, 6)
    assert clip.motion.present[:, 0].tolist() == [True, False, False, True]


def test_tracks_are_believed(read: Read) -> None:
    listed = [
        detection("0.jpg", idx=4.0),
        detection("1.jpg", 300, idx=4),
        detection("1.jpg", idx=[9]),
    ]
    clip = read(listed)
    assert isinstance(clip, Clip)
    assert set(clip.person_ids) == {"4", "9"}
    assert "identity_by_motion" not in clip.flags
    assert clip.motion.joints[1, clip.person_ids.index("4"), 0, 0] == 300


@pytest.mark.parametrize(
    ("count", "topology"),
    [
        (16, "mpii_16"),
        (26, "halpe_26"),
        (68, "halpe_68"),
        (133, "coco_wholebody_133"),
        (136, "halpe_136"),
    ],
)
def test_skeletons_are_told_by_the_number_of_joints(read: Read, count: int, topology: str) -> None:
    clip = read([detection("0.jpg", count=count)])
    assert isinstance(clip, Clip)
    assert clip.motion.topology.name == topology


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ([], "no_body", "a list of 0 detections"),
        ({"0.jpg": {"bodies": []}}, "no_body", "nobody is seen in any of 1 frames"),
        ({"0.jpg": {"bodies": 7}}, "format", "an object with the keys 0.jpg; expected a list"),
        ({"a": {"label": "x"}}, "format", "an object with the keys a; expected a list"),
        (
            [{"image_id": 1, "bbox": [1]}],
            "format",
            "an object with the keys bbox, image_id; expected",
        ),
        ([7], "format", "detection 0: a int"),
        ([detection(785)], "format", "image_id 785; expected a file name. Results of COCO"),
        ([detection("cat.jpg")], "format", "image_id 'cat.jpg'; expected a number in it"),
        (
            [detection("a1.jpg"), detection("b1.jpg")],
            "format",
            "'a1.jpg' and 'b1.jpg' of one number",
        ),
        ([detection("1.jpg", count=18)], "format", "keypoints of 54 numbers; expected 48 or 51"),
        ([detection("1.jpg", keypoints="x")], "format", "keypoints is no list of numbers"),
        ([detection(f"{n}.jpg", keypoints=[1]) for n in range(9)], "format", "(9 alike)"),
        ([detection("1.jpg", keypoints=[1, 2, 0] * 17)], "no_body", "nobody is seen in any of 1"),
        ([detection("1.jpg", float("inf"))], "non_finite", "infinite"),
        ([detection(f"{n}.jpg") for n in (1, 2, 999999999)], "unsafe", "999999999 frames"),
        (b'[{"image_id": "0.jpg", "keyp', "truncated", "not JSON"),
    ],
)
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    reject = read(content)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_files_of_one_name_are_told_apart_by_their_folders(write: Write, tmp_path: Path) -> None:
    for folder in ("b", "a"):
        write(f"{folder}/alphapose-results.json", json.dumps([detection("0.jpg")]))
    reader = get_reader("alphapose")
    sources = reader.sources(str(tmp_path))
    assert [s.source_id for s in sources] == ["a/alphapose-results", "b/alphapose-results"]
    (one,) = reader.sources(str(tmp_path / "a" / "alphapose-results.json"))
    assert one.source_id == "alphapose-results"
    assert check_reader(reader, str(tmp_path)) == []


def test_a_bad_detection_costs_no_other(write: Write) -> None:
    listed = [detection("0.jpg"), detection("1.jpg"), detection("1.jpg", 300, count=26), 7]
    listed += [detection("2.jpg", float("inf")), detection("2.jpg"), detection("cat.jpg")]
    path = write("ours.json", json.dumps(listed))
    (clip,), rejects = read_clips(get_reader("alphapose"), Source(str(path), "ours", 0))
    assert clip.motion.present.tolist() == [[True]] * 3
    assert clip.flags[-1] == "unread_persons"
    found = {reject.source_uri.partition("#detection ")[2]: reject.code for reject in rejects}
    assert found == {"2": "format", "3": "format", "4": "non_finite", "6": "format"}


def test_the_forms_of_openpose(read: Read) -> None:
    flat = [value for j in range(18) for value in (10 + j, 20 + 2 * j, 0.5)]
    for key, bodies in (("bodies", "joints"), ("people", "pose_keypoints_2d")):
        names = [f"{n}.jpg" for n in (2, 10, 11)]
        whole = {name: {"version": "AlphaPose v0.3", key: [{bodies: flat}]} for name in names}
        clip = read(whole)
        assert isinstance(clip, Clip)
        assert (clip.motion.topology.name, clip.frame_index) == ("openpose_18", tuple(range(2, 12)))
        assert clip.motion.present.sum() == 3


def test_the_form_of_poseflow(read: Read) -> None:
    entry = {"keypoints": detection("x")["keypoints"], "scores": 2.9, "idx": [[4.0]]}
    clip = read({"1.jpg": [entry], "2.jpg": [], "3.jpg": [entry | {"idx": 4}]})
    assert isinstance(clip, Clip)
    assert (clip.person_ids, clip.motion.present[:, 0].tolist()) == (("4",), [True, False, True])


def test_pictures_apart(write: Write, tmp_path: Path) -> None:
    flat = [value for j in range(18) for value in (10 + j, 20 + 2 * j, 0.5)]
    for number in range(4):
        picture = {"version": "AlphaPose v0.3", "people": [{"pose_keypoints_2d": flat}]}
        text = "[" if number == 2 else json.dumps(picture)
        write(f"one/sep-json/walk_{number}.json", text)
    write("one/alphapose-results.json", json.dumps([detection("0.jpg")]))
    reader = get_reader("alphapose")
    sources = reader.sources(str(tmp_path))
    assert [source.source_id for source in sources] == [
        "one/alphapose-results",
        "one/sep-json/walk",
    ]
    (clip,), (reject,) = read_clips(reader, sources[1])
    assert clip.motion.present[:, 0].tolist() == [True, True, False, True]
    assert (reject.code, clip.flags[-1]) == ("truncated", "unread_frames")
    assert check_reader(reader, str(tmp_path)) == []
    alone = reader.sources(str(tmp_path / "one" / "sep-json" / "walk_3.json"))
    assert [clip.frame_index for clip in read_clips(reader, alone[0])[0]] == [(3,)]


def test_the_number_that_differs_is_that_of_the_frame(read: Read) -> None:
    clip = read([detection(f"f_{n:04d}_cam2.png", 10 + n) for n in (7, 8, 9)])
    assert isinstance(clip, Clip)
    assert clip.frame_index == (7, 8, 9)


def test_a_stated_picture_size_is_taken(write: Write) -> None:
    path = write("ours.json", json.dumps([detection("0.jpg")]))
    source = Source(str(path), "ours", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(get_reader("alphapose"), source)
    assert clip.motion.image_size == (1920, 1080)
    assert "image_size_assumed" not in clip.flags
