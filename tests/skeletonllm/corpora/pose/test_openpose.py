from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.errors import UsageError

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
    assert clip.quality == ("fps_assumed", "image_size_assumed", "identity_by_motion")


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
    assert "identity_by_motion" in unnamed.quality
    assert "identity_by_motion" not in known.quality
    assert set(known.person_ids) == {"0", "1"}


def test_untracked_ids_of_minus_one_are_no_ids(put: Callable[..., None], tmp_path: Path) -> None:
    put({0: frame(person(person_id=[-1]))})
    ((clip,), _) = read_all(tmp_path)
    assert "identity_by_motion" in clip.quality


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
    assert clip.quality[-1] == "unread_frames"
    assert [(reject.source_uri[-16], reject.code) for reject in rejects] == [
        ("1", "empty"),
        ("2", "truncated"),
        ("3", "format"),
        ("4", "format"),
        ("5", "format"),
        ("6", "format"),
        ("7", "unsafe"),
        ("8", "encoding"),
    ]
    assert rejects[0].source_uri == f"{tmp_path}/one/v*#v_000000000001_keypoints.json"
    texts = [reject.message for reject in rejects[2:6]]
    assert texts == [
        "an object with the keys people; expected an object with the list 'people'",
        "persons of 18 and of 25 joints",
        "pose_keypoints_2d of 2 numbers; expected 54 or 75",
        "a person that is an object with the keys face; expected pose_keypoints_2d",
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
    with pytest.raises(UsageError, match="no _keypoints.json file"):
        reader.sources(str(tmp_path / "two" / "notes.json"))


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
