from __future__ import annotations

import io

import numpy as np
import pytest

from skeletonllm.corpora.pose.landmarks.arrays import read_array_file, read_numbers_array
from skeletonllm.corpora.pose.landmarks.recording import Recording
from skeletonllm.errors import SourceError

POSES = np.random.default_rng(0).uniform(0.2, 0.8, (5, 33, 4))
POSES[..., 2] -= 0.5
ZEROS = np.zeros
SHAPES = {
    "poses": POSES,
    "flat": POSES.reshape(5, -1),
    "one person": POSES[:, None],
    "axes first": POSES.transpose(0, 2, 1),
    "with hands and face": np.concatenate([POSES.reshape(5, -1), ZEROS((5, 1530))], 1),
    "with hands": np.concatenate([POSES, ZEROS((5, 42, 4))], 1),
    "after a face": np.concatenate([np.full((5, 489, 4), 0.5), POSES, np.full((5, 21, 4), 0.5)], 1),
}


def xy(recording: Recording) -> np.ndarray:
    return np.array([people[0][:, :2] for people in recording.frames.values()])


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    recording = read_numbers_array(SHAPES[shape], Recording())
    np.testing.assert_array_equal(xy(recording), POSES[..., :2])
    assert recording.bare
    assert recording.flags == ("format_assumed", "skeleton_assumed")


def test_a_third_number_that_is_never_negative_is_a_score() -> None:
    recording = read_numbers_array(POSES[..., [0, 1, 3]], Recording())
    np.testing.assert_array_equal(recording.frames[0][0][:, 3], POSES[0, :, 3])
    recording = read_numbers_array(POSES[..., :3], Recording())
    assert np.isnan(recording.frames[0][0][:, 3]).all()


def test_zeros_are_nobody_and_persons_are_persons() -> None:
    two = np.stack([POSES, POSES + 0.1], 1)
    two[1, 0] = 0
    recording = read_numbers_array(two, Recording())
    assert [len(people) for people in recording.frames.values()] == [2, 1, 2, 2, 2]


def saved(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_an_archive_states_its_rate_and_size() -> None:
    data = saved(landmarks=POSES, fps=np.array(25), width=np.array(640), height=np.array(480))
    recording = read_array_file("a.npz", data)
    assert (recording.fps, recording.size) == (25.0, (640, 480))


@pytest.mark.parametrize(
    "shape", [(5, 17, 3), (5, 553, 3), (5, 39), (33,), (5, 33, 6), (2, 2, 2, 2)]
)
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SourceError, match="expected"):
        read_numbers_array(ZEROS(shape), Recording())
    with pytest.raises(SourceError):
        read_array_file("a.npz", saved(a=ZEROS(shape)))
