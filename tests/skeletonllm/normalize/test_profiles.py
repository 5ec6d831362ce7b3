from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.clip import Clip, clips_to_table
from skeletonllm.errors import SourceError, UsageError
from skeletonllm.normalize import PROFILES, get_profile, normalize

Make = Callable[..., Clip]
NAN = np.nan


@pytest.fixture
def crowd(make_clip: Make) -> Clip:
    """A stander, somebody never there, a walker, and a ghost of two joints."""
    t = np.arange(10.0)
    clip = make_clip(np.stack([np.ones(10), np.full(10, NAN), t / 10, np.ones(10)], 1))
    confidence = clip.motion.confidence.copy()
    confidence[:, 3, 2:] = 0
    return replace(clip, motion=replace(clip.motion, confidence=confidence))


def test_clean_keeps_the_people_and_puts_the_main_one_first(crowd: Clip) -> None:
    clip = normalize(crowd)
    assert clip.person_ids == ("c", "a")
    assert clip.profile == "clean@2"
    assert clip.flags == ("ghost_dropped:joints",)


def test_clean_moves_nothing_and_renumbers_nothing(crowd: Clip) -> None:
    clip = normalize(crowd, "clean")
    assert clip.frame_index == crowd.frame_index
    np.testing.assert_array_equal(clip.motion.joints, crowd.motion.joints[:, [2, 0]])
    np.testing.assert_array_equal(clip.motion.present, crowd.motion.present[:, [2, 0]])


def test_clean_twice_is_clean_once(crowd: Clip) -> None:
    once = normalize(crowd)
    twice = normalize(once)
    assert once.to_row().keys() == twice.to_row().keys()
    assert twice.motion.sha256 == once.motion.sha256
    assert (twice.person_ids, twice.flags) == (once.person_ids, once.flags)


def test_somebody_never_there_leaves_without_a_flag(make_clip: Make) -> None:
    clip = normalize(make_clip([[NAN, 1.0], [NAN, 1.0]]))
    assert (clip.person_ids, clip.flags) == (("b",), ())


def test_marks_of_filled_joints_follow_their_person(crowd: Clip) -> None:
    filled = np.zeros(crowd.motion.confidence.shape, bool)
    filled[:, 2] = True
    clip = normalize(replace(crowd, filled=filled))
    assert clip.filled is not None
    assert clip.filled[:, 0].all()
    assert not clip.filled[:, 1].any()


def test_raw_changes_nothing_but_the_name_of_the_recipe(crowd: Clip) -> None:
    clip = normalize(crowd, "raw")
    assert clip.profile == "raw@2"
    assert clip.motion is crowd.motion
    assert clip.person_ids == crowd.person_ids


def test_nobody_left_is_a_reject(make_clip: Make) -> None:
    clip = make_clip(np.zeros((3, 1)))
    faint = np.zeros_like(clip.motion.confidence)
    with pytest.raises(SourceError, match="lab/1: 1 persons, none with enough observed") as caught:
        normalize(replace(clip, motion=replace(clip.motion, confidence=faint)))
    assert caught.value.code == "no_body"


def test_what_comes_out_fits_the_schema(crowd: Clip) -> None:
    for name in ("clean", "raw"):
        assert len(clips_to_table([normalize(crowd, name)])) == 1


def test_profiles_are_found_by_name() -> None:
    for name, profile in PROFILES.items():
        assert profile is get_profile(name)
        assert profile.id == f"{name}@{profile.version}"
    with pytest.raises(
        UsageError, match=r"unknown profile 'new'; expected one of clean, ctrgcn, mmaction2, "
    ):
        get_profile("new")
