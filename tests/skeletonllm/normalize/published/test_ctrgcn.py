"""What CTR-GCN does to NTU files where it is not what pyskl does, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skeletonllm.errors import SourceError
from skeletonllm.normalize import normalize
from skeletonllm.normalize.published.ctrgcn import CENTRED, to_origin
from skeletonllm.testing.ntu_files import FILE_NAME, Body, make_body, read_scene, write_scene

N = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


def flat(joints: Body, origin: Body) -> np.ndarray:
    moved = joints.astype(np.float32) - origin.astype(np.float32)
    return moved.reshape(len(joints), 75)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """But for the seventh digit, which the file has not; bits are compared with the original."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_the_spine_of_the_first_frame_is_zero(path: Path) -> None:
    joints = make_body(3, 1.5)
    clip = normalize(read_scene(write_scene(path, 5, {"a": ([1, 2, 4], joints)})), "ctrgcn")
    assert (clip.profile, clip.flags, clip.motion.space) == ("ctrgcn@1", (CENTRED,), "world")
    assert clip.frame_index == (1, 2, 4)
    same(to_origin(clip)[:, :75], flat(joints, joints[0, 1]))
    assert not to_origin(clip)[:, 75:].any()
    assert not clip.motion.joints[0, 0, 1].any()


def test_two_people_are_moved_as_one_and_who_is_absent_stays_zero(path: Path) -> None:
    a, b = make_body(N, step=0.1), make_body(20, 2)
    clip = normalize(
        read_scene(write_scene(path, N, {"a": (range(N), a), "b": (range(20), b)})), "ctrgcn"
    )
    found = to_origin(clip)
    same(found[:, :75], flat(a, a[0, 1]))
    same(found[:20, 75:], flat(b, a[0, 1]))
    assert not found[20:].reshape(10, 2, 75)[:, 1].any()
    assert clip.motion.present.sum(0).tolist() == [N, 20]


def test_who_is_left_alone_loses_the_frames_of_others(path: Path) -> None:
    ids = {"a": (range(5, 25), make_body(20)), "b": (range(N), make_body(N, 1, wide=True))}
    clip = normalize(read_scene(write_scene(path, N, ids)), "ctrgcn")
    assert (clip.person_ids, clip.frame_index) == (("97",), tuple(range(5, 25)))


def test_one_wide_body_stays_if_it_is_the_last(path: Path) -> None:
    ids = {name: (range(N), make_body(N, i, wide=True)) for i, name in enumerate("ab")}
    assert normalize(read_scene(write_scene(path, N, ids)), "ctrgcn").person_ids == ("98",)


def test_one_frame_together_is_no_overlap(path: Path) -> None:
    """b, in the first person's row, overwrites a's last frame."""
    a, b = make_body(16, step=0.05), make_body(15, 2)
    ids = {"a": (range(16), a), "b": (range(15, N), b)}
    clip = normalize(read_scene(write_scene(path, N, ids)), "ctrgcn")
    assert clip.person_ids == ("97+98", "nobody")
    same(to_origin(clip)[15, :75], flat(b, a[0, 1])[0])


def test_who_comes_back_is_early(path: Path) -> None:
    when = [*range(10), *range(20, N)]
    a, b = make_body(N, step=0.1), make_body(20, 1)
    clip = normalize(
        read_scene(write_scene(path, N, {"a": (range(N), a), "b": (when, b)})), "ctrgcn"
    )
    same(to_origin(clip)[:20, 75:], flat(b, a[0, 1]))


def test_whoever_overlaps_with_anybody_in_row_0_goes_into_row_1(path: Path) -> None:
    ids = {
        "a": (range(15), make_body(15, step=0.1)),
        "b": (range(15, N), make_body(15, 2, step=0.08)),
    }
    ids["c"] = (range(17, N), make_body(13, 4))
    assert normalize(read_scene(write_scene(path, N, ids)), "ctrgcn").person_ids == ("97+98", "99")


def test_wide_frames_do_not_count_as_motion(path: Path) -> None:
    a = make_body(N, step=0.01)
    a[:10, :, 0] *= 10
    ids = {"a": (range(N), a), "b": (range(N), make_body(N, 2, step=0.03))}
    assert normalize(read_scene(write_scene(path, N, ids)), "ctrgcn").person_ids == ("98", "97")


def test_a_body_of_zeros_is_nobody_in_two_rows(path: Path) -> None:
    a, b = make_body(N, step=0.1), make_body(N, 2)
    b[3:6] = 0
    clip = normalize(
        read_scene(write_scene(path, N, {"a": (range(N), a), "b": (range(N), b)})), "ctrgcn"
    )
    assert np.flatnonzero(~clip.motion.present[:, 1]).tolist() == [3, 4, 5]


def test_where_nobody_is_left_the_clip_is_rejected(path: Path) -> None:
    ids = {name: (range(11), make_body(11, i)) for i, name in enumerate("ab")}
    with pytest.raises(SourceError, match="no body of more than 11 frames"):
        normalize(read_scene(write_scene(path, 11, ids)), "ctrgcn")
    nobody = read_scene(write_scene(path, 3, {"a": (range(3), make_body(3) * 0)}))
    with pytest.raises(SourceError, match="every joint of the first person is at the origin"):
        normalize(nobody, "ctrgcn")
