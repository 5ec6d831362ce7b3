from __future__ import annotations

import io
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
Read = Callable[..., tuple[list[Clip], list[Reject]]]


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any, name: str = "walk.json") -> tuple[list[Clip], list[Reject]]:
        path = write(name, content if isinstance(content, bytes) else json.dumps(content))
        return read_clips(get_reader("movenet"), Source(str(path), "walk", 0))

    return all_of


def pose(x: float = 10, **more: Any) -> dict[str, Any]:
    points = [
        {"x": x + j, "y": 20.0 + 2 * j, "score": 0.5, "name": name}
        for j, name in enumerate(COCO_17.joints)
    ]
    return {"keypoints": points, "score": 0.9} | more


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def test_poses_that_stay_are_frames_and_others_are_people(read: Read) -> None:
    (clip,), rejects = read([pose(10 + n) for n in range(6)])
    assert (clip.motion.joints.shape[:2], rejects) == ((6, 1), [])
    assert "video_assumed" in clip.flags
    assert "skeleton_assumed" not in clip.flags
    np.testing.assert_array_equal(clip.motion.joints[2, 0, 3, :2], [15, 26])
    (clip,), _ = read([pose(), pose(300), pose(600)])
    assert clip.motion.joints.shape[:2] == (1, 3)
    assert "video_assumed" not in clip.flags


def test_lists_of_lists_are_frames(read: Read) -> None:
    (clip,), _ = read([[pose(id=1), pose(300, id=2)], [], [pose(302, id=2)]])
    assert clip.motion.present[:, clip.person_ids.index("2")].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("content", "fps"),
    [
        ([{"timestamp": 40 * n, "poses": [pose(10 + n)]} for n in range(3)], 25),
        ([{"timestamp": n / 50, "keypoints": pose(10 + n)["keypoints"]} for n in range(3)], 50),
        ({"fps": 12.5, "frames": [[pose()], [pose(11)]]}, 12.5),
    ],
)
def test_times_give_the_rate(read: Read, content: Any, fps: float) -> None:
    ((clip,), _) = read(content)
    assert clip.motion.fps == pytest.approx(fps)
    assert "fps_assumed" not in clip.flags


def test_posenet_of_old(read: Read) -> None:
    old = [
        {"score": 0.5, "part": part, "position": {"x": 10.0 + j, "y": 20.0}}
        for j, part in enumerate(COCO_17.joints)
    ]
    camel = [
        point | {"part": "".join([first, *(word.title() for word in rest)])}
        for point in old
        for first, *rest in [str(point["part"]).split("_")]
    ]
    for points in (old, camel):
        ((clip,), _) = read([{"keypoints": points, "score": 1}])
        np.testing.assert_array_equal(clip.motion.joints[0, 0, 3, :2], [13, 20])


def test_a_bad_pose_costs_no_other(read: Read) -> None:
    other = pose()
    other["keypoints"] = other["keypoints"][:5]
    bad = [other, 7, pose(float("inf"))]
    (clip,), rejects = read([[pose(), *bad], [pose(11)]])
    assert clip.motion.present.tolist() == [[True], [True]]
    assert [reject.code for reject in rejects] == ["format", "format", "non_finite"]


def test_tensors(read: Read) -> None:
    rows = np.zeros((4, 1, 1, 17, 3), np.float32)
    rows[..., 0], rows[..., 1], rows[..., 2] = 0.25, np.arange(17) / 20, 0.5
    for content, name in ((npy(rows), "a.npy"), (rows.tolist(), "a.json")):
        (clip,), rejects = read(content, name)
        assert rejects == []
        assert {"format_assumed", "skeleton_assumed"} <= set(clip.flags)
        np.testing.assert_allclose(clip.motion.joints[1, 0, 4, :2], [0.2 * 640, 0.25 * 480])
    six = np.zeros((4, 1, 6, 56), np.float32)
    six[:, 0, 0, :51] = rows.reshape(4, 51)
    ((clip,), _) = read(npy(six), "b.npy")
    assert clip.motion.joints.shape[:2] == (4, 1)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ([], "a.json", "a list of 0; expected poses"),
        (7, "a.json", "a int; expected poses"),
        ([{"keypoints": [1, 2, 3]}], "a.json", "expected poses of keypoints with x"),
        ([pose(image_id="1.jpg") | {"keypoints": [1.0] * 51}], "a.json", "expected poses"),
        ([[[[1, 2]]]], "a.json", "an array of 1 x 1 x 1 x 2"),
        (npy(np.zeros((4, 17, 3))), "a.npy", "an array of 4 x 17 x 3; expected T x 1 x 1 x 17"),
        (npy(np.full((4, 1, 1, 17, 3), 9.0)), "a.npy", "numbers beyond 0..1"),
        (npy(np.zeros((4, 1, 1, 17, 3), "S1")), "a.npy", "expected numbers"),
    ],
)
def test_refusals(read: Read, content: Any, name: str, message: str) -> None:
    clips, (reject,) = read(content, name)
    assert clips == []
    assert reject.code == "format"
    assert message in reject.message


def test_the_contract(write: Write, tmp_path: Path) -> None:
    write("a.json", json.dumps([pose(10 + n) for n in range(4)]))
    assert check_reader(get_reader("movenet"), str(tmp_path)) == []
