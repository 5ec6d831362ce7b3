from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.errors import UsageError
from skeletonllm.normalize import fill_gaps, resample

Make = Callable[..., Clip]
NAN = np.nan


@pytest.mark.parametrize("fps", [20.0, 24.0, 29.97, 60.0, 120.0])
def test_speed_in_metres_a_second_stays(make_clip: Make, fps: float) -> None:
    motion = make_clip(np.arange(31.0)[:, None] / 30 * 1.5).motion  # 1.5 m/s for one second
    new = resample(motion, fps)
    assert new.fps == fps
    speed = np.diff(new.joints[:, 0, 0, 0]) * fps
    np.testing.assert_allclose(speed, 1.5, rtol=1e-4)
    assert new.num_frames == int(fps + 1e-6) + 1
    assert (new.confidence == 1).all()


def test_frames_that_coincide_are_copied_exactly(make_clip: Make) -> None:
    x = np.random.default_rng(0).normal(size=(31, 2))
    motion = make_clip(x).motion
    np.testing.assert_array_equal(resample(motion, 15.0).joints, motion.joints[::2])
    np.testing.assert_array_equal(resample(motion, 20.0).joints[::2], motion.joints[::3])
    np.testing.assert_array_equal(resample(motion, 60.0).joints[::2], motion.joints)
    assert resample(motion, 30.0) is motion


def test_nothing_is_invented_between_a_seen_and_an_unseen_end(make_clip: Make) -> None:
    motion = make_clip([[1.0, 1.0], [2.0, NAN], [3.0, 3.0]]).motion
    confidence = motion.confidence.copy()
    confidence[1, 0, 5] = 0
    new = resample(replace(motion, confidence=confidence), 60.0)
    assert new.present[:, 1].tolist() == [True, False, False, False, True]
    assert (new.confidence[:, 0, 5] > 0).tolist() == [True, False, False, False, True]
    assert (new.joints[1:4, 0, 5] == 0).all()
    np.testing.assert_allclose(new.joints[:, 0, 4, 0], [1, 1.5, 2, 2.5, 3])


def test_confidence_is_blended(make_clip: Make) -> None:
    motion = make_clip([[0.0], [0.0]]).motion
    confidence = motion.confidence.copy()
    confidence[1] = 0.5
    new = resample(replace(motion, confidence=confidence), 60.0)
    np.testing.assert_allclose(new.confidence[:, 0, 0], [1, 0.75, 0.5])


def test_orientations_turn_the_short_way_and_stay_unit(make_clip: Make) -> None:
    motion = make_clip([[0.0], [0.0]]).motion
    turns = np.zeros((2, 1, 20, 4), np.float32)
    turns[0, ..., 0] = 1
    turns[1, ..., 0], turns[1, ..., 2] = -np.cos(0.4), -np.sin(0.4)  # the same as its negative
    turns[:, :, 7] = 0
    new = resample(replace(motion, orientations=turns), 60.0)
    assert new.orientations is not None
    np.testing.assert_allclose(
        new.orientations[1, 0, 0], [np.cos(0.2), 0, np.sin(0.2), 0], atol=1e-6
    )
    assert (new.orientations[:, 0, 7] == 0).all()


def test_one_frame_can_be_resampled(make_clip: Make) -> None:
    assert resample(make_clip([[1.0]]).motion, 12.0).num_frames == 1


@pytest.mark.parametrize("fps", [0.0, -1.0, np.nan, np.inf])
def test_impossible_rates(make_clip: Make, fps: float) -> None:
    with pytest.raises(UsageError, match="expected a positive number"):
        resample(make_clip([[1.0]]).motion, fps)


@pytest.fixture
def gappy(make_clip: Make) -> Clip:
    """One person at x = t for 8 frames; joint 2 is missing in 2-3, joint 5 in 1-4, joint 7 in 0
    and 6-7."""
    clip = make_clip(np.arange(8.0)[:, None])
    joints, confidence = clip.motion.joints.copy(), clip.motion.confidence.copy()
    for joint, frames in ((2, [2, 3]), (5, [1, 2, 3, 4]), (7, [0, 6, 7])):
        joints[frames, 0, joint], confidence[frames, 0, joint] = 0, 0
    confidence[4, 0, 2] = 0.5
    return replace(clip, motion=replace(clip.motion, joints=joints, confidence=confidence))


def test_short_gaps_are_filled_on_the_line_and_marked(gappy: Clip) -> None:
    clip = fill_gaps(gappy, 2)
    assert clip.filled is not None
    assert np.argwhere(clip.filled).tolist() == [[2, 0, 2], [3, 0, 2]]
    np.testing.assert_allclose(clip.motion.joints[:, 0, 2, 0], np.arange(8))
    assert clip.motion.confidence[2:4, 0, 2].tolist() == [0.5, 0.5]
    assert (clip.motion.joints[1:5, 0, 5] == 0).all()
    assert len(clips_to_table([clip])) == 1


def test_longer_gaps_are_filled_on_request_and_open_ends_never(gappy: Clip) -> None:
    clip = fill_gaps(gappy, 100)
    assert clip.filled is not None
    assert clip.filled.sum() == 6
    assert (clip.motion.confidence[[0, 6, 7], 0, 7] == 0).all()
    np.testing.assert_allclose(clip.motion.joints[:, 0, 5, 0], np.arange(8), rtol=1e-6)


def test_filling_goes_on_from_earlier_marks(gappy: Clip) -> None:
    clip = fill_gaps(fill_gaps(gappy, 2), 4)
    assert clip.filled is not None
    assert clip.filled.sum() == 6


def test_absence_is_no_gap(make_clip: Make) -> None:
    clip = make_clip([[0.0], [1.0], [NAN], [3.0]])
    filled = fill_gaps(clip, 5)
    assert filled.filled is not None
    assert not filled.filled.any()
    assert filled.motion.sha256 == clip.motion.sha256


def test_zero_fills_nothing_and_less_is_refused(gappy: Clip) -> None:
    assert fill_gaps(gappy, 0).motion.sha256 == gappy.motion.sha256
    with pytest.raises(UsageError, match="max_gap -1; expected 0 or more frames"):
        fill_gaps(gappy, -1)
