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
Read = Callable[..., tuple[list[Clip], list[Reject]]]


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: Any, name: str = "walk.json") -> tuple[list[Clip], list[Reject]]:
        path = write(name, content if isinstance(content, str | bytes) else json.dumps(content))
        return read_clips(get_reader("ultralytics"), Source(str(path), "walk", 0))

    return all_of


def person(x: float = 10, count: int = 17, **more: Any) -> dict[str, Any]:
    points = {
        "x": [x + j for j in range(count)],
        "y": [20.0 + 2 * j for j in range(count)],
        "visible": [0.9] * count,
    }
    return {"name": "person", "class": 0, "confidence": 0.9, "box": {}, "keypoints": points} | more


def label(x: float = 0.1, width: int = 3, count: int = 17, end: str = "") -> str:
    rows = [f"{x + j / 50:.4f} {0.2 + j / 40:.4f}{' 0.9' * (width - 2)}" for j in range(count)]
    return f"0 0.5 0.5 0.3 0.9 {' '.join(rows)} {end}\n"


@pytest.mark.parametrize(
    ("text", "count", "track"),
    [
        (label(), 17, None),
        (label(end="0.93"), 17, None),
        (label(end="7"), 17, "7"),
        (label(end="0.93 7"), 17, "7"),
        (label(width=2), 17, None),
        (label(width=2, end="0.93 7"), 17, "7"),
        (label(count=133), 133, None),
        (label(count=26), 26, None),
    ],
)
def test_lines_of_labels(read: Read, text: str, count: int, track: str | None) -> None:
    (clip,), rejects = read(text, "walk_12.txt")
    assert rejects == []
    assert (len(clip.motion.topology), clip.frame_index) == (count, (12,))
    assert ("identity_by_motion" in clip.flags) == (track is None)
    assert track is None or clip.person_ids == (track,)
    assert "skeleton_assumed" in clip.flags
    np.testing.assert_allclose(clip.motion.joints[0, 0, 5, :2], [0.2 * 640, 0.325 * 480])


def test_a_file_is_a_frame(write: Write, tmp_path: Path) -> None:
    for n in (1, 2, 4, 10):
        write(f"labels/walk_{n}.txt", "" if n == 2 else label(0.1 + n / 1000, end="1"))
    write("labels/walk_3.txt", "no numbers here\n")
    reader = get_reader("ultralytics")
    (source,) = reader.sources(str(tmp_path))
    assert source.source_id == "labels/walk"
    (clip,), (reject,) = read_clips(reader, source)
    assert clip.frame_index == tuple(range(1, 11))
    assert np.flatnonzero(clip.motion.present[:, 0]).tolist() == [0, 3, 9]
    assert reject.source_uri.endswith("#walk_3.txt")
    sized = Source(source.uri, "walk", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(reader, sized)
    np.testing.assert_allclose(
        clip.motion.joints[0, 0, 0, :2], [0.101 * 1920, 0.2 * 1080], rtol=1e-6
    )
    assert "image_size_assumed" not in clip.flags
    assert check_reader(reader, str(tmp_path)) == []


def test_pictures_of_a_data_set_are_a_clip_each(write: Write, tmp_path: Path) -> None:
    for n in (9, 25, 30):
        write(f"train/{n:012d}.txt", label((n % 7) / 10))
    reader = get_reader("ultralytics")
    (source,) = reader.sources(str(tmp_path))
    clips, rejects = read_clips(reader, source)
    assert rejects == []
    assert [clip.clip_id for clip in clips] == [f"ultralytics/train/{n}" for n in (9, 25, 30)]


def test_joints_at_the_corner_are_missing_and_labels_are_visibility(read: Read) -> None:
    rows = ["0.1 0.2 2", "0 0 0", "0.3 0.4 1", *["0.5 0.5 2"] * 14]
    ((clip,), _) = read(f"0 0.5 0.5 0.3 0.9 {' '.join(rows)}", "a.txt")
    assert clip.motion.confidence[0, 0, :3].tolist() == [1, 0, 0.5]
    weak = person()
    for axis in ("x", "y"):
        weak["keypoints"][axis][4] = 0.0
    ((clip,), _) = read([weak])
    assert clip.motion.confidence[0, 0, 4] == 0


@pytest.mark.parametrize(
    ("content", "frames", "persons"),
    [
        ([person(), person(300)], 1, 2),
        ([[person()], [], [person(12)]], 3, 1),
        ([json.dumps([person()]), json.dumps([person(11)])], 2, 1),
        ({"0": [person()], "1": [person(11)]}, 2, 1),
        ({"images": [{"shape": [720, 1280], "results": [person()]}] * 2}, 2, 1),
        ([{"frame": 0, "detections": [person()]}, {"frame": 1, "detections": []}], 2, 1),
    ],
)
def test_json(read: Read, content: Any, frames: int, persons: int) -> None:
    (clip,), rejects = read(content)
    assert rejects == []
    assert (clip.motion.num_frames, clip.motion.num_persons) == (frames, persons)
    assert (clip.motion.image_size == (1280, 720)) == ("images" in content)
    assert ("image_size_assumed" in clip.flags) == ("images" not in content)


def test_shares_in_json_are_of_the_stated_picture(write: Write) -> None:
    parts = person()
    parts["keypoints"] = {"x": [0.5] * 17, "y": [0.25] * 17}
    path = write("a.json", json.dumps([[parts]]))
    source = Source(str(path), "a", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(get_reader("ultralytics"), source)
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 0, :2], [960, 270])


def test_a_bad_person_costs_no_other(read: Read) -> None:
    uneven = person()
    uneven["keypoints"] = {"x": [1.0] * 17, "y": [1.0]}
    box = {"name": "cup", "class": 41, "confidence": 0.5, "box": {}}
    (clip,), rejects = read([[person(), uneven, 7, box, person(9, 16)], 7, [person(11)]])
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    assert len(rejects) == 4
    two = label(end="1") + "0 0.5 0.5 0.3 0.9 1 2 3\n" + label(end="2").replace("0.2", "x")
    (clip,), rejects = read(two, "a.txt")
    assert (clip.motion.num_persons, len(rejects)) == (1, 2)


@pytest.mark.parametrize(
    ("content", "name", "code", "message"),
    [
        ([], "a.json", "format", "a list of 0; expected people whose keypoints"),
        (7, "a.json", "format", "a int"),
        ([{"keypoints": [1, 2, 3], "image_id": 1}], "a.json", "format", "expected people whose"),
        ("0 0.5 0.5 0.1 0.1\n", "a.txt", "format", "lines of 5 words; expected class, box"),
        ("1 2 3\n4 5 6\n", "a.txt", "format", "lines of 3 words"),
        (" ".join(["900"] * 56), "a.txt", "format", "lines of 56 words"),
        (b"\xff\xff", "a.txt", "encoding", "not UTF-8"),
        (b"[{", "a.json", "truncated", "not JSON"),
    ],
)
def test_refusals(read: Read, content: Any, name: str, code: str, message: str) -> None:
    clips, (reject,) = read(content, name)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_a_stated_rate_and_size_are_taken(read: Read) -> None:
    frames = [[person(10 + n, track_id=1)] for n in range(3)]
    ((clip,), _) = read({"frames": frames, "fps": 25, "width": 1280, "height": 720})
    assert (clip.motion.fps, clip.motion.image_size) == (25, (1280, 720))
    assert clip.flags == ("skeleton_assumed",)


def outline(points: int, turn: float, wave: float = 0.0) -> str:
    angle = np.linspace(0, turn * 2 * np.pi, points, endpoint=False)
    radius = 0.2 + wave * np.cos(5 * angle)
    path = np.stack([0.45 + radius * np.cos(angle), 0.5 + 1.5 * radius * np.sin(angle)], -1)
    return "0 " + " ".join(f"{v:.6f}" for v in path.ravel())


@pytest.mark.parametrize(("points", "turn"), [(28, 1.0), (28, 0.5), (19, 1.0), (20, 1.0)])
@pytest.mark.parametrize("wave", [0.0, 0.03])
def test_outlines_are_no_poses(read: Read, points: int, turn: float, wave: float) -> None:
    clips, (reject,) = read(outline(points, turn, wave), "walk_1.txt")
    assert (clips, reject.code) == ([], "format")
    assert "is it a segmentation?" in reject.message
    (clip,), (reject,) = read(label() + outline(points, turn, wave), "walk_1.txt")
    assert (clip.motion.num_persons, reject.code) == (1, "format")


@pytest.mark.parametrize("turn", [1.0, 0.3, 0.02])
def test_poses_without_scores_are_no_outlines(read: Read, turn: float) -> None:
    across = [0, 6, 6, 14, 14, 40, 40, 55, 55, 60, 60, 22, 22, 24, 24, 25, 25]
    down = [90, 82, 82, 88, 88, 142, 142, 210, 210, 275, 275, 300, 300, 400, 400, 495, 495]
    side = [1, 1, -1] + [1, -1] * 7
    rows = [
        f"{0.5 + turn * s * x / 1000} {y / 600}" for s, x, y in zip(side, across, down, strict=True)
    ]
    (clip,), rejects = read(f"0 0.5 0.5 0.45 0.3 {' '.join(rows)}", "walk_1.txt")
    assert (clip.motion.num_persons, rejects) == (1, [])
