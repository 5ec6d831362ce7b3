"""Rows of 99 rotation vectors: posed as published, and refused where they are something else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from skeletonllm.clip import Clip
from skeletonllm.corpora import Reject
from skeletonllm.corpora.formats.text_table import parse_table
from skeletonllm.corpora.mocap.human36m_expmap import (
    OFFSETS_MM,
    PARENTS,
    level_floor,
    recover_joints,
)
from tests.skeletonllm.corpora.mocap.test_human36m import Read, read, saved

__all__ = ["read"]


def expmaps(frames: int = 7) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, (frames, 99))


def by_loop(rows: np.ndarray) -> np.ndarray:
    """The published way, frame by frame: rotations to the right of rows, and the root restored."""
    turn, place, frames = np.eye(3), np.zeros(3), []
    for row in rows:
        place = place + row[:3] @ turn
        turn = Rotation.from_rotvec(row[3:6]).as_matrix() @ turn
        places, turns = [place], [turn]
        for j in range(1, 32):
            own = Rotation.from_rotvec(row[3 + 3 * j : 6 + 3 * j]).as_matrix()
            places.append(OFFSETS_MM[j] @ turns[PARENTS[j]] + places[PARENTS[j]])
            turns.append(own @ turns[PARENTS[j]])
        frames.append(places)
    return np.array(frames)


def test_rotation_vectors_are_posed_as_published() -> None:
    np.testing.assert_allclose(recover_joints(expmaps()), by_loop(expmaps()), atol=1e-9)


def test_rows_of_rotation_vectors(read: Read) -> None:
    text = "\r\n".join(",".join(f"{value:.7f}" for value in row) for row in expmaps())
    (clip,) = read(text, "S5/directions_1.txt")
    assert isinstance(clip, Clip)
    np.testing.assert_allclose(clip.motion.joints[:, 0], by_loop(expmaps()) / 1000, atol=1e-6)
    assert clip.flags == ("standard_body", "start_assumed", "axes_assumed")
    assert (clip.label, clip.subject) == ("directions", "5")


def published(frames: int = 60) -> np.ndarray:
    """Rows in which tips do not turn, as in the published files."""
    rows = expmaps(frames)
    rows[:, :6] *= 0.1
    tips = [5, 10, 15, 20, 21, 22, 23, 28, 29, 30, 31]
    rows[:, 3:].reshape(frames, 32, 3)[:, tips] = 0
    return rows


@pytest.mark.parametrize(
    ("name", "licence"),
    [("S1/walking_1.npy", "human36m"), ("walking_1.npy", "unknown"), ("out.npy", "unknown")],
)
def test_that_99_numbers_are_human36m_is_a_guess_unless_the_path_says_it(
    read: Read, name: str, licence: str
) -> None:
    (clip,) = read(saved(published()), name)
    assert isinstance(clip, Clip)
    assert clip.licence == licence
    guessed = {"format_assumed", "fps_assumed"} & set(clip.flags)
    assert len(guessed) == (0 if licence == "human36m" else 2)


def changed(at: tuple[object, ...], value: float | np.ndarray) -> np.ndarray:
    rows = published()
    rows[at] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.random.default_rng(0).normal(size=(60, 99)), "a root that moves"),
        (np.random.default_rng(0).normal(0, 0.1, (60, 99)), "rotations of the tips"),
        (np.random.default_rng(0).normal(0, 9, (60, 99)), "a rotation by"),
        (changed((3, 12), 30.0), "a rotation by 30"),
        (changed((slice(None), 0), 500.0), "a root that moves 500"),
    ],
)
def test_rows_that_no_rotations_of_a_body_explain_are_refused(
    read: Read, rows: np.ndarray, message: str
) -> None:
    (reject,) = read(saved(rows), "mfcc.npy")
    assert isinstance(reject, Reject)
    assert (reject.code, message in reject.message) == ("format", True)


def treading(frames: int = 80, far: float = 600) -> np.ndarray:
    """[T, 32, 3] mm, +y up: one foot or the other on the floor, somewhere; the rest above."""
    rng = np.random.default_rng(2)
    joints = rng.uniform([-far, 400, -far], [far, 1600, far], (frames, 32, 3))
    for t in range(frames):
        foot, other = ([4, 5], [9, 10])[:: 1 if t % 2 else -1]
        joints[t, foot, 1], joints[t, other, 1] = rng.normal(0, 3, 2), 120
    return joints


@pytest.mark.parametrize("degrees", [0, 25])
def test_the_floor_is_what_feet_tread(degrees: float) -> None:
    tilt = Rotation.from_euler("zx", [degrees, -degrees / 2], degrees=True)
    tilted = tilt.apply(treading().reshape(-1, 3)).reshape(-1, 32, 3)
    level, known = level_floor(tilted)
    assert known
    lowest = level[..., 1].min(1)
    assert np.std(lowest) < 6
    upright = np.linalg.norm(level - level[:, :1], axis=-1)
    np.testing.assert_allclose(upright, np.linalg.norm(tilted - tilted[:, :1], axis=-1))
    assert (level[:, 0, 1] > lowest + 100).all()


@pytest.mark.parametrize("joints", [treading(far=20), treading(frames=40), treading()[:, ::-1]])
def test_feet_that_stay_or_float_say_nothing_of_the_floor(joints: np.ndarray) -> None:
    same, known = level_floor(joints)
    assert not known
    assert same is joints


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,2,3\n4,5,6\n", "format"),
        (",".join(["nan"] * 99), "non_finite"),
        (",".join(["1e9"] * 99), "non_finite"),
        (",".join(["0"] * 99) + "\n0,0", "truncated"),
    ],
)
def test_bad_rows(read: Read, text: str, code: str) -> None:
    (reject,) = read(text, "S5/directions_1.txt")
    assert isinstance(reject, Reject)
    assert reject.code == code


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(-3, 3, width=32), min_size=99, max_size=99), min_size=1))
def test_what_is_written_is_read(rows: list[list[float]]) -> None:
    text = "\n".join(",".join(map(repr, row)) for row in rows)
    np.testing.assert_array_equal(parse_table(text, 99, delimiter=","), np.array(rows))
