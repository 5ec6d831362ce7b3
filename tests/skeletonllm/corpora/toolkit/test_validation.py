from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.corpora.toolkit.validation import check_size, observed
from skeletonllm.errors import SourceError

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def arrays() -> Arrays:
    """Joints, presence and confidence of 4 frames, 2 persons, 5 joints; all there."""
    joints = np.arange(4 * 2 * 5 * 3, dtype=np.float64).reshape(4, 2, 5, 3) / 10
    return joints, np.ones((4, 2), bool), np.ones((4, 2, 5), np.float32)


def code_of(arrays: Arrays) -> str:
    with pytest.raises(SourceError) as caught:
        observed(*arrays, reach=100.0)
    return caught.value.code


def test_what_is_there_passes_unchanged(arrays: Arrays) -> None:
    joints, confidence = observed(*arrays, reach=100.0)
    np.testing.assert_array_equal(joints, arrays[0].astype(np.float32))
    assert (confidence == 1).all()
    assert joints.dtype == confidence.dtype == np.float32


def test_a_nan_joint_is_missing_and_a_true_zero_is_not(arrays: Arrays) -> None:
    arrays[0][1, 1, 2, 0] = np.nan
    arrays[0][1, 1, 3] = 0.0
    joints, confidence = observed(*arrays, reach=100.0)
    assert confidence[1, 1, 2] == 0
    assert (joints[1, 1, 2] == 0).all()
    assert confidence[1, 1, 3] == 1


def test_absent_persons_count_neither_as_missing_nor_as_wrong(arrays: Arrays) -> None:
    arrays[1][:3, 1] = False
    arrays[0][:3, 1] = np.inf
    joints, confidence = observed(*arrays, reach=100.0)
    assert (confidence[:3, 1] == 0).all()
    assert (joints[:3, 1] == 0).all()


def test_infinity_and_far_away_are_refused_and_say_where(arrays: Arrays) -> None:
    arrays[0][2, 0, 4, 1] = -np.inf
    with pytest.raises(SourceError, match="frame 2, person 0, joint 4: an infinite coordinate"):
        observed(*arrays, reach=100.0)
    arrays[0][2, 0, 4, 1] = 101.0
    assert code_of(arrays) == "out_of_range"


def test_half_missing_passes_and_more_does_not(arrays: Arrays) -> None:
    arrays[2].reshape(-1)[:20] = 0
    observed(*arrays, reach=100.0)
    arrays[2].reshape(-1)[20] = 0
    with pytest.raises(SourceError, match="21 of 40 joints are missing; expected at most half"):
        observed(*arrays, reach=100.0)


def test_nobody_and_nothing(arrays: Arrays) -> None:
    arrays[1][:] = False
    assert code_of(arrays) == "no_body"
    for shape, code in (((0, 1, 5), "no_frames"), ((3, 0, 5), "no_body")):
        with pytest.raises(SourceError) as caught:
            check_size(*shape)
        assert caught.value.code == code


def test_absurd_sizes_are_refused() -> None:
    check_size(30 * 3600, 3, 25)
    with pytest.raises(SourceError, match=r"1000000 frames of 6 persons .* at most") as caught:
        check_size(1_000_000, 6, 25)
    assert caught.value.code == "unsafe"
