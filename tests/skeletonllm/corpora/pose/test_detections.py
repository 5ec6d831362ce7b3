"""What the readers of pose networks share; and each of their formats written, read back, equal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skeletonllm.clip import clips_from_table, clips_to_table
from skeletonllm.corpora import get_reader, read_clips
from skeletonllm.corpora.pose.detections import (
    NOMINAL_SIZE,
    People,
    Pose,
    frame_number,
    gather_people,
    image_clip,
    track_name,
)
from skeletonllm.corpora.pose.kinetics_skeleton import SIZE, KineticsSkeletonReader
from skeletonllm.corpora.reader import Source
from skeletonllm.errors import SourceError
from skeletonllm.topology import COCO_17

Array = np.ndarray
Frames = dict[int, list[Array]]
"""Persons [J, 3] of x, y, score, by frame number."""


def pose(x: float = 100.0, y: float = 50.0, score: float = 1.0, person: str = "") -> Pose:
    joints = np.stack([x + np.arange(17.0), y + 2 * np.arange(17.0)], -1)
    return Pose(joints, np.full(17, score), person)


def clip_of(frames: dict[int, list[Pose]], **options: Any) -> Any:
    source = Source("a.json", "a", 1)
    return image_clip(
        KineticsSkeletonReader(), source, "0" * 64, gather_people(frames), COCO_17, **options
    )


def test_what_is_assumed_is_flagged() -> None:
    clip = clip_of({0: [pose()]})
    assert clip.flags == ("fps_assumed", "image_size_assumed", "identity_by_motion")
    assert (clip.motion.fps, clip.motion.metric, clip.motion.space) == (30.0, False, "image")
    stated = clip_of({0: [pose(person="7")]}, fps=25.0, size=(640, 360), flags=("own",))
    assert (stated.flags, stated.person_ids) == (("own",), ("7",))
    assert (stated.motion.fps, stated.motion.image_size) == (25.0, (640, 360))


@pytest.mark.parametrize(
    ("stated", "own", "exceeded"),
    [
        ((640, 480), None, False),
        ((115, 80), None, False),
        ((100, 480), None, True),
        ((640, 40), None, True),
        ((100, 40), (640, 480), False),
    ],
)
def test_a_picture_that_the_user_states_too_small_is_flagged(
    stated: tuple[int, int], own: tuple[int, int] | None, exceeded: bool
) -> None:
    source = Source("a.json", "a", 1, image_size=stated)
    people = gather_people({0: [pose(person="7")]})  # to 116, 82
    clip = image_clip(KineticsSkeletonReader(), source, "0" * 64, people, COCO_17, fps=30, size=own)
    assert clip.flags == (("image_size_exceeded",) if exceeded else ())


def test_pixels_without_a_size_end_at_the_outermost_joint() -> None:
    clip = clip_of({0: [pose(100.2, 50)]})
    assert clip.motion.image_size == (117, 82)
    np.testing.assert_array_equal(clip.motion.joints[0, 0, 0], np.float32([100.2, 50, 0]))


def test_shares_are_scaled_and_not_moved() -> None:
    parts = Pose(np.linspace(0.1, 1.103, 34).reshape(17, 2), np.ones(17))
    clip = clip_of({0: [parts]})
    assert clip.motion.image_size == NOMINAL_SIZE
    np.testing.assert_allclose(
        clip.motion.joints[0, 0, :, :2], parts.joints * NOMINAL_SIZE, rtol=1e-6
    )
    assert clip_of({0: [parts]}, size=(200, 100)).motion.joints[0, 0, -1, 1] == np.float32(110.3)
    assert clip_of({0: [parts]}, shares=False).motion.image_size == (2, 2)


def test_one_pixel_beyond_two_makes_a_clip_pixels() -> None:
    low, high = pose(0, 0), pose(0, 0)
    low.joints[:] = 1.0
    assert clip_of({0: [low], 1: [high]}).motion.joints[0, 0, 0, 0] == 1.0


def test_shares_on_both_sides_of_zero_are_refused() -> None:
    around = Pose(np.linspace(-0.9, 0.9, 34).reshape(17, 2), np.ones(17))
    with pytest.raises(SourceError, match=r"coordinates from -0.9 to 0.9; expected pixels, or sh"):
        clip_of({0: [around]})


def test_a_joint_of_no_score_or_no_number_is_missing() -> None:
    one = pose()
    one.score[0], one.score[1], one.joints[2, 1] = 0, np.nan, np.nan
    one.joints[0] = np.inf
    one.score[3], one.score[4] = 2.5, 1e-60
    clip = clip_of({0: [one]})
    assert (clip.motion.confidence[0, 0, :3] == 0).all()
    assert (clip.motion.joints[0, 0, :3] == 0).all()
    assert clip.motion.confidence[0, 0, 3] == 1
    assert clip.motion.observed[0, 0, 4]


def test_skipped_numbers_are_empty_frames_and_a_common_step_is_a_step() -> None:
    clip = clip_of({3: [pose()], 4: [], 7: [pose()]})
    assert clip.frame_index == (3, 4, 5, 6, 7)
    assert clip.motion.present[:, 0].tolist() == [True, False, False, False, True]
    even = clip_of({number: [pose()] for number in (10, 14, *range(20, 34, 2))})
    assert (even.frame_index, even.motion.fps) == (tuple(range(10, 34, 2)), 15.0)
    few = clip_of({10: [pose()], 14: [pose()]})
    assert (len(few.frame_index), few.motion.fps) == (5, 30.0)


def test_ids_are_believed_only_where_they_can_be() -> None:
    frames = {0: [pose(0, 0, person="b"), pose(500, person="a")], 1: [pose(500, person="a")]}
    people = gather_people(frames)
    assert (people.ids, people.flags) == (("b", "a"), ())
    assert people.present.tolist() == [[True, True], [False, True]]
    for broken in ("", "a"):
        again = {0: [pose(0, 0, person=broken), pose(500, person="a")], 1: frames[1]}
        assert gather_people(again).flags == ("identity_by_motion",)
        assert gather_people(again).present.tolist() == [[True, True], [False, True]]


def test_the_main_person_comes_first() -> None:
    frames = {t: [pose(0, 0), pose(500 + 5 * t, 0)] for t in range(5)}
    clip = clip_of(frames)
    assert clip.person_ids == ("1", "0")
    assert clip.motion.joints[4, 0, 0, 0] == 520


@pytest.mark.parametrize(
    ("frames", "code", "message"),
    [
        ({}, "no_frames", "0 frames"),
        ({0: [], 1: [pose(score=0)]}, "no_body", "nobody is seen in any of 2 frames"),
        ({-1: [pose()]}, "format", "frames numbered -1 to -1; expected numbers from 0 to"),
        ({0: [pose()], 2**31: [pose()]}, "format", "frames numbered 0 to 2147483648"),
        ({0: [pose()], 1: [], 2**31 - 1: [pose()]}, "unsafe", "2147483648 frames of 1 persons"),
        ({0: [pose(np.inf)]}, "non_finite", "an infinite coordinate"),
        ({0: [pose(2e5 - 16)]}, "out_of_range", "a coordinate beyond 100000 (200000)"),
        ({0: [pose()], 1: [pose(1e308)]}, "out_of_range", "(1e+308)"),
        ({0: [pose()] * 257}, "unsafe", "257 persons in a frame"),
    ],
)
def test_refusals(frames: dict[int, list[Pose]], code: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        clip_of(frames)
    assert caught.value.code == code
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "number"),
    [("0.jpg", 0), ("val/012834_mpii/000007.jpg", 7), ("v2_f10_left.png", 10), ("cat.jpg", None)],
)
def test_frame_numbers(name: str, number: int | None) -> None:
    assert frame_number(name) == number


@pytest.mark.parametrize(
    ("value", "name"),
    [(3, "3"), (3.0, "3"), ([3.0], "3"), (3.5, ""), (None, ""), ([1, 2], ""), (True, "")],
)
def test_track_names(value: Any, name: str) -> None:
    assert track_name(value) == name


# ---------------------------------------------------------------- written, read back, equal

NUMBER = st.floats(0, 1, width=32, allow_subnormal=False)


@st.composite
def videos(draw: st.DrawFn, most: int = 3) -> tuple[Frames, int]:
    """Frames of up to ``most`` persons of 17 joints, in shares of the picture; the first number.

    The first person of the first frame is seen whole, and spans the picture.
    """
    start, count = draw(st.integers(0, 10)), draw(st.integers(1, 4))
    person = arrays(np.float64, (17, 3), elements=NUMBER, fill=st.just(0.0))
    frames = {start + t: draw(st.lists(person, max_size=most)) for t in range(count)}
    whole = np.linspace(0.01, 1, 51).reshape(17, 3)
    frames[start] = [whole, *frames[start][: most - 1]]
    return frames, start


def in_pixels(people: list[Array]) -> list[Array]:
    return [person * (1000, 1000, 1) for person in people]


def write_openpose(folder: Path, frames: Frames) -> None:
    for number, people in frames.items():
        listed = [{"pose_keypoints_2d": eighteen(p).ravel().tolist()} for p in in_pixels(people)]
        text = json.dumps({"version": 1.3, "people": listed})
        (folder / f"v_{number:012d}_keypoints.json").write_text(text)


def eighteen(person: Array) -> Array:
    return np.concatenate([person, person[:1]])


def write_alphapose(folder: Path, frames: Frames) -> None:
    listed = [
        {"image_id": f"{number}.jpg", "keypoints": person.ravel().tolist(), "score": 2.0}
        for number, people in frames.items()
        for person in in_pixels(people)
    ]
    (folder / "v.json").write_text(json.dumps(listed))


def write_kinetics(folder: Path, frames: Frames) -> None:
    data = [
        {
            "frame_index": number,
            "skeleton": [
                {"pose": p[:, :2].ravel().tolist(), "score": p[:, 2].tolist()}
                for p in map(eighteen, people)
            ],
        }
        for number, people in frames.items()
    ]
    text = json.dumps({"data": data, "label": "dining", "label_index": 91})
    (folder / "v.json").write_text(text)


def write_coco(folder: Path, frames: Frames) -> None:
    images = [
        {"id": 50 + n, "vid_id": "v", "file_name": f"{n}.jpg", "width": 1000, "height": 1000}
        for n in frames
    ]
    people = [(n, person) for n in frames for person in in_pixels(frames[n])]
    annotations = [
        {"image_id": 50 + n, "category_id": 1, "keypoints": person.ravel().tolist(), "id": i}
        for i, (n, person) in enumerate(people)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(COCO_17.joints)}
    content = {"images": images, "annotations": annotations, "categories": [category]}
    (folder / "v.json").write_text(json.dumps(content))


FORMATS: dict[str, tuple[Callable[[Path, Frames], None], tuple[int, int]]] = {
    "openpose": (write_openpose, (1000, 1000)),
    "alphapose": (write_alphapose, (1000, 1000)),
    "kinetics_skeleton": (write_kinetics, SIZE),
    "coco": (write_coco, (1000, 1000)),
}


def as_rows(people: list[Array], size: tuple[int, int]) -> list[list[float]]:
    """Persons of a frame as sorted rows: score, x, y a joint, as a Motion holds them."""
    rows = []
    for person in people:
        seen = person[:, 2:] > 0
        if seen.any():
            row = np.where(seen, person * (*size, 1), 0).astype(np.float32)
            rows.append(row[:17].ravel().tolist())
    return sorted(rows)


@pytest.mark.parametrize("corpus", FORMATS)
@settings(
    derandomize=True,
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(video=videos())
def test_what_was_written_is_what_is_read(
    corpus: str, tmp_path_factory: pytest.TempPathFactory, video: tuple[Frames, int]
) -> None:
    (frames, start), (write, size) = video, FORMATS[corpus]
    if corpus == "coco":  # flags and scores are told apart by value
        frames = {n: [np.where(p == 1, 0.5, p) for p in people] for n, people in frames.items()}
    folder = tmp_path_factory.mktemp(corpus)
    write(folder, frames)
    reader = get_reader(corpus)
    (source,) = reader.sources(str(folder))
    (clip,), rejects = read_clips(reader, source)
    assert rejects == []
    (back,) = clips_from_table(clips_to_table([clip]))
    motion, numbers = back.motion, list(back.frame_index)
    assert numbers == list(range(start, numbers[-1] + 1))
    for number, people in frames.items():
        expected = as_rows(people, size)
        if number not in numbers:
            assert expected == []  # formats that list no frames end with the last person
            continue
        t = numbers.index(number)
        xy, trust = motion.joints[t, :, :17, :2], motion.confidence[t, :, :17, None]
        rows = np.concatenate([xy, trust], -1)[motion.present[t]]
        assert sorted(row.ravel().tolist() for row in rows) == expected


def test_people_know_their_step() -> None:
    people = gather_people({4: [pose()]})
    assert isinstance(people, People)
    assert people.step == 1
