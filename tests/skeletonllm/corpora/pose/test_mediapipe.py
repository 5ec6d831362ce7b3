from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skeletonllm.clip import Clip
from skeletonllm.corpora import check_reader, get_reader
from skeletonllm.corpora.pose.landmarks.recording import NAMES
from skeletonllm.corpora.reader import Reject, Source, read_clips
from skeletonllm.pose_topologies import MEDIAPIPE_33

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., Clip | Reject]


@pytest.fixture
def read(write: Write) -> Read:
    def one(content: Any, corpus: str = "mediapipe") -> Clip | Reject:
        path = write("ours.json", content if isinstance(content, bytes) else json.dumps(content))
        clips, rejects = read_clips(get_reader(corpus), Source(str(path), "ours", 0))
        (item,) = [*clips, *rejects]
        return item

    return one


def landmarks(scale: float = 1.0, named: bool = True, score: str = "score") -> list[dict[str, Any]]:
    points = [
        {"x": scale * i / 40, "y": scale * i / 50, "z": -i / 60, score: 0.5} for i in range(33)
    ]
    return [p | ({"name": n} if named else {}) for p, n in zip(points, NAMES, strict=True)]


def frame(number: int, **more: Any) -> dict[str, Any]:
    return {"frameNum": number, "keypoints": landmarks(), "keypoints3D": landmarks(2)} | more


def video(*frames: Any, **changes: Any) -> dict[str, Any]:
    return {"fileName": "x.gif", "ticksPerSecond": 10, "frames": list(frames)} | changes


def test_names_say_the_same_as_the_skeleton() -> None:
    for theirs, ours in zip(NAMES, MEDIAPIPE_33.joints, strict=True):
        side = next((s for s in ("left", "right") if s in theirs), "")
        assert ours.startswith(side)
        assert all(word in ours for word in theirs.split("_") if word not in ("left", "right"))\
            or "foot_index" in theirs  # fmt: skip


def test_the_picture(read: Read) -> None:
    clip = read(video(frame(0), frame(1, keypoints=[]), frame(3)))
    assert isinstance(clip, Clip)
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.image_size) == (
        "mediapipe_33",
        "image",
        (640, 480),
    )
    assert (motion.fps, clip.flags) == (10.0, ("image_size_assumed",))
    assert (clip.frame_index, motion.present[:, 0].tolist()) == (
        (0, 1, 2, 3),
        [True, False, False, True],
    )
    np.testing.assert_allclose(motion.joints[0, 0, 10], [160, 96, 0], rtol=1e-6)
    assert (motion.confidence[0] == 0.5).all()


def test_the_world_faces_plus_z_and_is_not_mirrored(read: Read) -> None:
    clip = read(video(frame(0)), "mediapipe_world")
    assert isinstance(clip, Clip)
    motion = clip.motion
    assert (motion.topology.name, motion.space, motion.metric) == (
        "mediapipe_world_33",
        "world",
        False,
    )
    assert motion.topology.dims == 3
    np.testing.assert_allclose(motion.joints[0, 0, 20], [1, -0.8, 20 / 60], rtol=1e-6)
    assert clip.flags == ()


@pytest.mark.parametrize("key", ["landmarks", "poseLandmarks", "pose_landmarks"])
def test_mediapipes_own_words_in_a_bare_list(read: Read, key: str) -> None:
    points = landmarks(named=False, score="visibility")
    clip = read([{key: points}, {key: None}, {key: {"landmark": points}}])
    assert isinstance(clip, Clip)
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    assert clip.flags == ("fps_assumed", "image_size_assumed")
    world = read([{"poseWorldLandmarks": points}], "mediapipe_world")
    assert isinstance(world, Clip)
    assert world.flags == ("fps_assumed",)


def test_landmarks_without_scores_are_seen(read: Read) -> None:
    clip = read([{"landmarks": [{"x": 0.1, "y": 0.2}] * 33}])
    assert isinstance(clip, Clip)
    assert (clip.motion.confidence == 1).all()


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ({"a": 1}, "format", "an object with the keys a; expected a list of frames"),
        (video(), "no_frames", "0 frames"),
        (video(frame(0, keypoints=[])), "no_body", "nobody is seen in any of 1 frames"),
        (video(7), "format", "a frame that is a int; expected keypoints"),
        (video(frame("zero")), "format", "the number 'zero'"),
        (video(frame(0, keypoints=[{"name": "hip"}] * 33)), "format", "landmarks of other names"),
        (video({"frameNum": 0, "hip": 3}), "format", "the keys frameNum, hip; expected keypoints"),
        (video(frame(0, keypoints=landmarks()[:6])), "format", "a list of 6, the first an object"),
        (video(frame(0, keypoints=[1] * 33)), "format", "a landmark that is no object"),
        (video(frame(0, keypoints=[{"x": "a", "y": 1}] * 33)), "format", "x is no list of numbers"),
        (video(frame(0, keypoints=[{"x": 1e9, "y": 1}] * 33)), "out_of_range", "beyond 100000"),
        (video(frame(0, keypoints=[{"x": float("inf"), "y": 1}] * 33)), "non_finite", "infinite"),
        (b'{"frames": [{"keypo', "truncated", "not JSON"),
    ],
)
def test_refusals(read: Read, content: Any, code: str, message: str) -> None:
    reject = read(content)
    assert isinstance(reject, Reject)
    assert reject.code == code
    assert message in reject.message


def test_a_world_beyond_any_body_or_absent_is_refused(read: Read) -> None:
    far = read(video(frame(0, keypoints3D=landmarks(1000))), "mediapipe_world")
    none = read([{"landmarks": landmarks()}], "mediapipe_world")
    assert isinstance(far, Reject)
    assert isinstance(none, Reject)
    assert (far.code, none.code) == ("out_of_range", "format")
    assert none.message == "frame 0: an object with the keys landmarks; expected keypoints3D"


@pytest.mark.parametrize("corpus", ["mediapipe", "mediapipe_world"])
def test_the_contract(write: Write, tmp_path: Path, corpus: str) -> None:
    write("dance.json", json.dumps(video(frame(0), frame(1))))
    assert check_reader(get_reader(corpus), str(tmp_path)) == []


def test_json_a_line(read: Read) -> None:
    lines = [json.dumps(frame(t)) for t in range(3)]
    clip = read("\n".join(lines).encode())
    assert isinstance(clip, Clip)
    assert clip.motion.num_frames == 3
    cut = read("\n".join([*lines, '{"frameNum": 3, "keyp']).encode())
    assert isinstance(cut, Reject)
    assert cut.code == "truncated"


def test_frame_numbers_that_are_called_times_are_no_seconds(read: Read) -> None:
    clip = read([{"timestamp": t, "landmarks": landmarks()} for t in range(4)])
    assert isinstance(clip, Clip)
    assert (clip.motion.fps, clip.flags[0]) == (30.0, "fps_assumed")
