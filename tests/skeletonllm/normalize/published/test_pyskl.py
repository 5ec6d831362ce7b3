"""What pyskl does to NTU files, fault by fault, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import SourceError
from skeletonllm.normalize import normalize
from skeletonllm.normalize.published.pyskl import to_origin
from skeletonllm.testing.ntu_files import FILE_NAME, make_body, read_scene, write_scene

N = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


def half(joints: np.ndarray) -> np.ndarray:
    return joints.astype(np.float32).astype(np.float16)


def test_empty_frames_go_and_the_rest_moves_up(path: Path) -> None:
    when = [2, 3, 4, 10, 11]
    joints = make_body(5)
    clip = normalize(read_scene(write_scene(path, N, {"a": (when, joints)})), "pyskl")
    assert clip.profile == "pyskl@1"
    assert clip.frame_index == (2, 3, 4, 10, 11)
    assert clip.person_ids == ("97",)
    np.testing.assert_array_equal(to_origin(clip), half(joints)[None])


def test_positions_are_rounded_to_float16(path: Path) -> None:
    clip = read_scene(write_scene(path, 1, {"a": ([0], make_body(1) + 0.1234567)}))
    found = normalize(clip, "pyskl").motion.joints
    assert (found != clip.motion.joints).mean() > 0.9
    assert np.abs(found - clip.motion.joints).max() < 0.001


def test_ids_of_eleven_frames_go_where_there_are_several(path: Path) -> None:
    ids = {"a": (range(N), make_body(N)), "b": (range(3, 14), make_body(11, 1))}
    assert normalize(read_scene(write_scene(path, N, ids)), "pyskl").person_ids == ("97",)
    ids["b"] = (range(3, 15), make_body(12, 1))
    assert sorted(normalize(read_scene(write_scene(path, N, ids)), "pyskl").person_ids) == [
        "97",
        "98",
    ]
    alone = normalize(read_scene(write_scene(path, N, {"a": (range(3), make_body(3))})), "pyskl")
    assert alone.motion.num_frames == 3


def test_who_is_left_alone_loses_the_frames_of_others(path: Path) -> None:
    ids = {"a": (range(5, 25), make_body(20)), "b": (range(N), make_body(N, 1, wide=True))}
    clip = normalize(read_scene(write_scene(path, N, ids)), "pyskl")
    assert clip.person_ids == ("97",)
    assert clip.frame_index == tuple(range(5, 25))
    np.testing.assert_array_equal(to_origin(clip), half(make_body(20))[None])


def test_who_comes_back_is_early(path: Path) -> None:
    """b is away in 10..19; its frame 20 stands in 10, next to a's frame 10."""
    when = [*range(10), *range(20, N)]
    b = make_body(20, 1)
    ids = {"a": (range(N), make_body(N, step=0.1)), "b": (when, b)}
    clip = normalize(read_scene(write_scene(path, N, ids)), "pyskl")
    assert clip.person_ids == ("97", "98")
    assert clip.frame_index == tuple(range(N))
    assert clip.motion.present[:, 1].tolist() == [True] * 20 + [False] * 10
    np.testing.assert_array_equal(to_origin(clip)[1, :20], half(b))
    assert not to_origin(clip)[1, 20:].any()


def test_who_does_not_overlap_becomes_the_first_person(path: Path) -> None:
    a, b = make_body(15, step=0.05), make_body(15, 2)
    ids = {"a": (range(15), a), "b": (range(15, N), b)}
    clip = normalize(read_scene(write_scene(path, N, ids)), "pyskl")
    assert clip.person_ids == ("97+98", "nobody")
    np.testing.assert_array_equal(to_origin(clip)[0], half(np.concatenate([a, b])))
    assert not clip.motion.present[:, 1].any()


def test_a_third_at_the_same_time_goes(path: Path) -> None:
    steps = {"a": 0.01, "b": 0.05, "c": 0.03}
    ids = {
        name: (range(N), make_body(N, i, step=step)) for i, (name, step) in enumerate(steps.items())
    }
    assert normalize(read_scene(write_scene(path, N, ids)), "pyskl").person_ids == ("98", "99")


def test_size_counts_as_motion(path: Path) -> None:
    """A tall statue before a small dancer."""
    dancer = make_body(N) * [0.5, 0.5, 1] + np.sin(np.arange(N))[:, None, None] * 0.1
    ids = {"a": (range(N), dancer), "b": (range(N), make_body(N, 2, step=0) * [1, 1.5, 1])}
    assert normalize(read_scene(write_scene(path, N, ids)), "pyskl").person_ids == ("98", "97")


def test_wide_frames_do_not_count_as_motion(path: Path) -> None:
    a = make_body(N, step=0.01)
    a[:10, :, 0] *= 10
    ids = {"a": (range(N), a), "b": (range(N), make_body(N, 2, step=0.03))}
    assert normalize(read_scene(write_scene(path, N, ids)), "pyskl").person_ids == ("98", "97")


def test_rows_change_places_where_the_first_person_comes_later(path: Path) -> None:
    ids = {"a": (range(N), make_body(N)), "b": (range(10, N), make_body(20, 2, step=0.2))}
    clip = normalize(read_scene(write_scene(path, N, ids)), "pyskl")
    assert clip.person_ids == ("97", "98")
    assert clip.motion.present.sum(0).tolist() == [30, 20]


def test_zeros_at_the_ends_go_where_there_are_two_rows(path: Path) -> None:
    a, b = make_body(N), make_body(N, 2)
    a[:4], b[:4], a[-3:], b[-3:] = 0, 0, 0, 0
    clip = normalize(
        read_scene(write_scene(path, N, {"a": (range(N), a), "b": (range(N), b)})), "pyskl"
    )
    assert clip.frame_index == tuple(range(4, N - 3))


@pytest.mark.parametrize("wide", [False, True])
def test_where_nobody_is_left_the_clip_is_rejected(path: Path, *, wide: bool) -> None:
    frames = N if wide else 11
    ids = {name: (range(frames), make_body(frames, i, wide=wide)) for i, name in enumerate("ab")}
    with pytest.raises(SourceError, match="no body of more than 11 frames") as caught:
        normalize(read_scene(write_scene(path, frames, ids)), "pyskl")
    assert caught.value.code == "no_body"
