from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skeletonllm.corpora.pose.landmarks.json_frames import read_json_frames, rows_of
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.errors import SourceError
from skeletonllm.topology import COCO_17

RNG = np.random.default_rng(3)
XY = RNG.uniform(0.2, 0.8, (4, 33, 2))
GUESSED = ("format_assumed", "skeleton_assumed")


def points(t: int, word: str | None = "visibility") -> list[dict[str, Any]]:
    scores = {word: 0.9} if word else {}
    return [{"x": x, "y": y, "z": 0.1, **scores} for x, y in XY[t].tolist()]


POSES = [points(t) for t in range(4)]
FORMS: dict[str, Any] = {
    "bare lists": POSES,
    "Tasks": [{"pose_landmarks": [pose]} for pose in POSES],
    "Tasks in a browser": [{"landmarks": [pose], "worldLandmarks": [pose]} for pose in POSES],
    "Tasks in Python": [{"pose_landmarks": [{"landmarks": pose}]} for pose in POSES],
    "lists by key": {"poseLandmarks": POSES},
    "protobuf": [{"landmark": pose} for pose in POSES],
    "protobuf below": [{"pose_landmarks": {"landmark": pose}} for pose in POSES],
    "by name": [dict(zip(map(str.upper, NAMES), pose, strict=True)) for pose in POSES],
    "by enum": [
        {f"PoseLandmark.{name.upper()}": point for name, point in zip(NAMES, pose, strict=True)}
        for pose in POSES
    ],
    "by name below": [
        {"frame": t, "landmarks": dict(zip(NAMES, pose, strict=True))}
        for t, pose in enumerate(POSES)
    ],
    "numbered": [[{"id": i, **p} for i, p in enumerate(pose)][::-1] for pose in POSES],
    "numbered from 1": [[{"id": i, **p} for i, p in enumerate(pose, 1)] for pose in POSES],
    "holistic": [
        {"pose_landmarks": pose, "face_landmarks": [{"x": 0.5, "y": 0.5}] * 468} for pose in POSES
    ],
    "frames by number": {str(t): pose for t, pose in enumerate(POSES)},
    "frames below by number": {
        "frames": {str(t): {"pose_landmarks": p} for t, p in enumerate(POSES)}
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same(form: str) -> None:
    recording = read_json_frames(FORMS[form], world=False)
    got = np.array([people[0][:, :2] for people in recording.frames.values()])
    np.testing.assert_array_equal(got, XY)
    assert [*recording.frames] == [0, 1, 2, 3]
    assert (recording.flags, recording.bad) == ((), [])


@pytest.mark.parametrize("width", [2, 3, 4, 5])
@pytest.mark.parametrize("flat", [False, True])
def test_numbers_alone_are_a_guess(width: int, flat: bool) -> None:
    more = np.concatenate([XY, -np.ones((4, 33, 1)), np.ones((4, 33, 2))], -1)[..., :width]
    content = more.reshape(4, -1).tolist() if flat else more.tolist()
    recording = read_json_frames(content, world=False)
    assert recording.flags == GUESSED
    got = np.array([people[0][:, :2] for people in recording.frames.values()])
    np.testing.assert_array_equal(got, XY)


def test_landmarks_without_mediapipes_words_are_a_guess() -> None:
    recording = read_json_frames([points(t, None) for t in range(4)], world=False)
    assert recording.flags == GUESSED


def test_a_bad_frame_costs_the_frame() -> None:
    frames: list[Any] = [{"pose_landmarks": pose} for pose in POSES]
    frames[1] = {"pose_landmarks": POSES[1][:20]}
    frames[2] = {"hands": []}
    recording = read_json_frames(frames, world=False)
    assert [len(people) for people in recording.frames.values()] == [1, 0, 0, 1]
    assert [where for where, _ in recording.bad] == ["frame 1", "frame 2"]


def test_where_no_frame_is_good_the_first_is_told() -> None:
    with pytest.raises(SourceError, match="frame 0: a list of 20"):
        read_json_frames([{"landmarks": POSES[0][:20]}] * 3, world=False)


@pytest.mark.parametrize(
    ("name", "scale"), [("timestamp_ms", 1e3), ("timestamp", 1e3), ("timestamp", 1e6), ("time", 1)]
)
def test_times_give_the_rate_and_the_gaps(name: str, scale: float) -> None:
    times = np.array([0, 1, 2, 5]) / 25 * scale
    frames = [{name: t, "landmarks": pose} for t, pose in zip(times.tolist(), POSES, strict=True)]
    recording = read_json_frames(frames, world=False)
    assert recording.fps == 25.0
    assert [*recording.frames] == [0, 1, 2, 5]


def test_uneven_times_and_a_stated_rate_that_is_not_theirs_are_flagged() -> None:
    frames = [{"time_ms": t, "landmarks": p} for t, p in zip((0, 20, 70, 80), POSES, strict=True)]
    assert read_json_frames(frames, world=False).flags == ("irregular_frames",)
    frames = [{"time_ms": 100 * t, "landmarks": pose} for t, pose in enumerate(POSES)]
    recording = read_json_frames({"fps": 30, "frames": frames}, world=False)
    assert (recording.fps, recording.flags) == (10.0, ("rate_contradicted",))


def test_the_same_frame_twice_costs_the_second() -> None:
    frames = [{"frame": n, "landmarks": pose} for n, pose in zip((0, 1, 1, 2), POSES, strict=True)]
    recording = read_json_frames(frames, world=False)
    assert [*recording.frames] == [0, 1, 2]
    assert [where for where, _ in recording.bad] == ["frame 1"]


def test_a_table_as_json() -> None:
    rows = [{"frame": 0, "x0": 0.1, "y0": 0.2, "z0": 0}]
    assert rows_of(rows) == rows
    assert rows_of({"data": rows}) == rows
    for other in (POSES[0], POSES, [{"frame": 0, "a": 1, "b": 2, "x": [1]}], {"a": 1}, []):
        assert rows_of(other) is None


def named(t: int, *names: str) -> dict[str, Any]:
    return {name: {"x": 0.1 * i, "y": 0.1 * t, "confidence": 0.9} for i, name in enumerate(names)}


@pytest.mark.parametrize("more", [(), ("neck", "root"), ("neck", "left_heel", "left_big_toe")])
@pytest.mark.parametrize("below", [False, True])
def test_names_that_every_network_has_are_not_mediapipes(
    more: tuple[str, ...], below: bool
) -> None:
    frames: list[Any] = [named(t, *COCO_17.joints, *more) for t in range(4)]
    if below:
        frames = [{"keypoints": frame} for frame in frames]
    with pytest.raises(SourceError, match="expected left_eye_inner"):
        read_json_frames(frames, world=False)


@pytest.mark.parametrize("listed", [False, True])
def test_some_landmarks_by_mediapipes_names_are_read_and_flagged(listed: bool) -> None:
    frames: list[Any] = [dict(zip(NAMES[11:], pose[11:], strict=True)) for pose in POSES]
    if listed:
        frames = [[{"name": n, **point} for n, point in frame.items()] for frame in frames]
    recording = read_json_frames({"frames": frames}, world=False)
    got = np.array([people[0][:, :2] for people in recording.frames.values()])
    np.testing.assert_array_equal(got[:, 11:], XY[:, 11:])
    assert np.isnan(got[:, :11]).all()
    assert recording.flags == ("format_assumed",)


@pytest.mark.parametrize("key", ["frame_{}", "frame{}", "Frame {}", "{:05d}", "img_{:04d}.png"])
def test_frames_by_names_with_a_number(key: str) -> None:
    content = {key.format(t): {"landmarks": POSES[t % 4]} for t in (10, 9, 11, 8)}
    recording = read_json_frames(content, world=False)
    assert [*recording.frames] == [8, 9, 10, 11]
    got = np.array([people[0][:, :2] for people in recording.frames.values()])
    np.testing.assert_array_equal(got, XY[[0, 1, 2, 3]])
