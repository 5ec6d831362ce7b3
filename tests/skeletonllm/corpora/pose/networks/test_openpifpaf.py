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
Read = Callable[[str | bytes], tuple[list[Clip], list[Reject]]]


@pytest.fixture
def read(write: Write) -> Read:
    def all_of(content: str | bytes) -> tuple[list[Clip], list[Reject]]:
        path = write("walk.mp4.openpifpaf.json", content)
        return read_clips(get_reader("openpifpaf"), Source(str(path), "walk", 0))

    return all_of


def person(x: float = 10, count: int = 17, **more: Any) -> dict[str, Any]:
    flat = [value for j in range(count) for value in (x + j, 20 + 2 * j, 0.5)]
    return {"keypoints": flat, "bbox": [1, 2, 3, 4], "score": 0.8, "category_id": 1} | more


def line(number: Any, *people: Any) -> str:
    return json.dumps({"frame": number, "predictions": list(people)}) + "\n"


def test_pictures_are_the_frames_of_a_clip(write: Write, tmp_path: Path) -> None:
    for n in (1, 2, 3, 5):
        text = "{}" if n == 2 else json.dumps([person(10 + n)])
        write(f"one/f_{n:04d}.jpg.predictions.json", text)
    write("one/cat.png.predictions.json", json.dumps([person(count=133)]))
    write("video.openpifpaf.json", line(1, person()))
    reader = get_reader("openpifpaf")
    sources = reader.sources(str(tmp_path))
    assert [s.source_id for s in sources] == [
        "one/cat.png.predictions",
        "one/f",
        "video.openpifpaf",
    ]
    (clip,), (reject,) = read_clips(reader, sources[1])
    assert clip.frame_index == (1, 2, 3, 4, 5)
    assert clip.motion.present[:, 0].tolist() == [True, False, True, False, True]
    assert reject.code == "format"
    assert {"skeleton_assumed", "unread_frames"} <= set(clip.flags)
    ((whole,), _) = read_clips(reader, sources[0])
    assert whole.motion.topology.name == "coco_wholebody_133"
    assert check_reader(reader, str(tmp_path)) == []


def test_lines_of_a_video(read: Read) -> None:
    text = line(1, person(id_=3)) + line(2) + "\n" + line(4, person(13, id_=3))
    (clip,), rejects = read(text)
    assert rejects == []
    assert (clip.frame_index, clip.person_ids) == ((1, 2, 3, 4), ("3",))
    (clip,), rejects = read(json.dumps([json.loads(row) for row in text.split("\n") if row]))
    assert (clip.frame_index, rejects) == ((1, 2, 3, 4), [])
    (clip,), _ = read(line(7, person()))
    assert clip.frame_index == (7,)


def test_what_cannot_be_read_costs_no_other(read: Read) -> None:
    box = {"bbox": [1, 2, 3, 4], "category_id": 2}
    text = line(1, person(), person(keypoints=[1]), 7, box) + "{\n" + line(1, person())
    text += line("2") + line(3, person(12))
    (clip,), rejects = read(text)
    assert clip.motion.present[:, 0].tolist() == [True, False, True]
    places = [reject.source_uri.partition("#")[2] for reject in rejects]
    assert sorted(places) == [
        "frame 1 person 1",
        "frame 1 person 2",
        "line 2",
        "line 3",
        "line 4",
    ]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("[]", "no_body", "nobody is seen"),
        ("7", "format", "a int; expected a list of keypoints with bbox"),
        ("{}\n{}", "format", "an empty object; expected an object with 'frame'"),
        (json.dumps([person(image_id=4)]), "format", "expected a list of keypoints"),
        (json.dumps([{"keypoints": [{"x": 1}], "bbox": []}]), "format", "expected a list"),
        (json.dumps([person(1, 24)]), "format", "keypoints of 72 numbers"),
        (b'[{"keypoints": [1', "truncated", "not JSON"),
        (b"\xff\xfe", "encoding", "not UTF-8"),
    ],
)
def test_refusals(read: Read, text: str | bytes, code: str, message: str) -> None:
    clips, (reject,) = read(text)
    assert clips == []
    assert reject.code == code
    assert message in reject.message


def test_a_stated_picture_size_is_taken(write: Write) -> None:
    path = write("a.predictions.json", json.dumps([person()]))
    source = Source(str(path), "a", 0, image_size=(1920, 1080))
    ((clip,), _) = read_clips(get_reader("openpifpaf"), source)
    assert clip.motion.image_size == (1920, 1080)
