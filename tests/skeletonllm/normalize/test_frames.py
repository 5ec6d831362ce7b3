from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.errors import UsageError
from skeletonllm.normalize import fill_gaps, resample
from skeletonllm.normalize.frames import resample_clip

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


@pytest.mark.parametrize("fps", [0.0, -1.0, np.nan, np.inf, 1e9])
def test_impossible_rates(make_clip: Make, fps: float) -> None:
    with pytest.raises(UsageError, match="expected a positive number up to 1000"):
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


def test_who_is_absent_for_a_moment_is_there_and_marked(make_clip: Make) -> None:
    clip = make_clip([[0.0, 5.0], [1.0, NAN], [NAN, NAN], [3.0, 5.0]])
    filled = fill_gaps(clip, 1)
    assert filled.filled is not None
    assert filled.filled.all(-1).tolist() == [[False, False]] * 2 + [[True, False], [False, False]]
    assert filled.motion.present[:, 0].all()
    assert filled.motion.present[:, 1].tolist() == [True, False, False, True]
    np.testing.assert_allclose(filled.motion.joints[:, 0, 0, 0], np.arange(4))
    assert filled.flags == ("gaps_filled",)
    assert len(clips_to_table([filled])) == 1


def test_zero_fills_nothing_and_less_is_refused(gappy: Clip) -> None:
    assert fill_gaps(gappy, 0).motion.sha256 == gappy.motion.sha256
    with pytest.raises(UsageError, match="max_gap -1; expected 0 or more frames"):
        fill_gaps(gappy, -1)


def swing(t: np.ndarray, hertz: float) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hertz * t)


@pytest.mark.parametrize(
    ("source", "target"), [(30.0, 20.0), (30.0, 25.0), (120.0, 30.0), (12.5, 30.0), (30.0, 120.0)]
)
def test_speeds_of_a_swinging_hand_are_right(make_clip: Make, source: float, target: float) -> None:
    hertz = 1.0
    t = np.arange(int(4 * source) + 1) / source
    new = resample(make_clip(swing(t, hertz)[:, None], source).motion, target)
    at = np.arange(new.num_frames) / target
    true = np.diff(swing(at, hertz)) * target
    speed = np.diff(new.joints[:, 0, 0, 0].astype(np.float64)) * target
    inside = slice(int(target), -int(target))
    assert np.abs(speed - true)[inside].max() < 0.03 * np.abs(true).max()
    assert np.abs(speed - true).max() < 0.2 * np.abs(true).max()  # at the ends, a line


def test_what_is_too_fast_for_the_new_rate_is_taken_out_and_the_rest_stays(
    make_clip: Make,
) -> None:
    t = np.arange(601) / 120.0
    slow, fast = swing(t, 1.5), swing(t, 19.0)  # at 20 fps, 19 Hz would look like 1 Hz
    new = resample(make_clip((slow + fast)[:, None], 120.0).motion, 20.0)
    inside = slice(4, -4)
    error = new.joints[inside, 0, 0, 0] - slow[::6][inside]
    assert np.abs(fast[::6]).max() > 0.3  # what picking every sixth frame would leave
    assert np.abs(error).max() < 0.01


def test_halving_the_rate_only_picks(make_clip: Make) -> None:
    x = np.random.default_rng(1).normal(size=(40, 1))
    motion = make_clip(x).motion
    np.testing.assert_array_equal(resample(motion, 15.0).joints, motion.joints[::2])
    assert (resample(motion, 10.0).joints != motion.joints[::3]).any()


def test_a_gap_is_not_smeared_by_the_filter(make_clip: Make) -> None:
    x = np.where((np.arange(121) >= 50) & (np.arange(121) < 60), NAN, 2.0)[:, None]
    new = resample(make_clip(x, 120.0).motion, 30.0)
    assert (new.joints[new.present][..., 0] == 2).all()
    assert new.present[:, 0].tolist() == [not 50 <= 4 * i < 60 for i in range(31)]


@pytest.mark.parametrize("fps", [29.97, 25.0, 20.0, 15.0, 12.5, 7.0])
def test_frames_keep_the_number_of_the_nearest(make_clip: Make, fps: float) -> None:
    clip = make_clip(np.arange(40.0)[:, None])  # the first frame is number 10
    new = resample_clip(clip, fps)
    numbers = np.array(new.frame_index)
    assert (np.diff(numbers) > 0).all()
    off = numbers - 10 - np.arange(len(numbers)) * 30 / fps
    assert np.abs(off).max() <= 0.5 + 1e-6
    assert new.flags == ("resampled",)
    assert len(clips_to_table([new])) == 1
    assert resample_clip(clip, 30.0) is clip


def test_faster_frames_share_the_number_of_the_nearest(make_clip: Make) -> None:
    new = resample_clip(make_clip([[0.0], [1.0], [2.0]]), 60.0)
    assert new.frame_index == (10, 11, 11, 12, 12)


def test_what_lies_next_to_a_filled_joint_is_marked(gappy: Clip) -> None:
    new = resample_clip(fill_gaps(gappy, 2), 60.0)
    assert new.filled is not None
    assert np.argwhere(new.filled)[:, 0].tolist() == [3, 4, 5, 6, 7]
    assert (new.filled[..., 2].sum(), new.flags) == (5, ("gaps_filled", "resampled"))
