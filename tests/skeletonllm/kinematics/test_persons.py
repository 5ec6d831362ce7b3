from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from skeletonllm.clip import Clip
from skeletonllm.kinematics.persons import find_absent, rank_persons

Make = Callable[..., Clip]
NAN = np.nan
STEPS = np.arange(10) / 10


def test_who_moves_comes_before_who_stands(make_clip: Make) -> None:
    still = np.full(10, 2.0)
    assert rank_persons(make_clip(np.stack([still, STEPS], 1)).motion) == (1, 0)
    assert rank_persons(make_clip(np.stack([STEPS, still], 1)).motion) == (0, 1)


def test_jitter_in_place_is_no_movement(make_clip: Make) -> None:
    jitter = 0.2 * (-1.0) ** np.arange(10)  # walks 3.6 m in all, and is never 0.2 m away
    assert np.abs(np.diff(jitter)).sum() > np.abs(np.diff(STEPS)).sum()
    assert rank_persons(make_clip(np.stack([jitter, STEPS], 1)).motion) == (1, 0)


def test_who_is_there_longer_comes_first_among_equals(make_clip: Make) -> None:
    still = np.full(10, 1.0)
    brief = np.where(np.arange(10) < 4, 1.0, NAN)
    assert rank_persons(make_clip(np.stack([brief, still], 1)).motion) == (1, 0)


def test_who_appears_first_comes_first_among_equals(make_clip: Make) -> None:
    late, early = np.full((2, 10), 1.0)
    late[0], early[-1] = NAN, NAN
    assert rank_persons(make_clip(np.stack([late, early], 1)).motion) == (1, 0)
    assert rank_persons(make_clip(np.ones((10, 3))).motion) == (0, 1, 2)


def test_missing_joints_do_not_count_as_movement_to_the_origin(make_clip: Make) -> None:
    clip = make_clip(np.stack([np.full(10, 5.0), STEPS], 1))
    joints, confidence = clip.motion.joints.copy(), clip.motion.confidence.copy()
    joints[::2, 0, 3:9], confidence[::2, 0, 3:9] = 0, 0
    assert rank_persons(replace(clip.motion, joints=joints, confidence=confidence)) == (1, 0)


def test_absent_is_who_is_never_there(make_clip: Make) -> None:
    motion = make_clip([[0.0, NAN, NAN], [0.0, NAN, 1.0]]).motion
    assert find_absent(motion) == (1,)


def test_the_order_of_the_reader_does_not_matter(make_clip: Make) -> None:
    rng = np.random.default_rng(0)
    motion = make_clip(rng.normal(size=(40, 4)).cumsum(0)).motion
    order = np.array(rank_persons(motion))
    for _ in range(5):
        shuffle = rng.permutation(4)
        assert (shuffle[list(rank_persons(motion.select_persons(shuffle)))] == order).all()
