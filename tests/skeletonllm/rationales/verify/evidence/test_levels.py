from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.scene import LEVELS, measure_level_heights
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.evidence.levels import (
    check_level,
    find_nearest_levels,
    names_no_level,
)
from skeletonllm.rationales.verify.intervals import Rise
from tests.skeletonllm.claim_reader import claim

HANGS = 0.88
"""Height of the wrist of the stick man, metres."""


def body_with_hand(stick_man, lower: int, share: float):
    """A body whose right hand is that share of the way from one level to the next."""
    heights = measure_level_heights(extract_bodies(stick_man().motion())[0], 59) + 0.8
    height = heights[lower] + share * (heights[lower + 1] - heights[lower])
    return extract_bodies(stick_man().arm("right", height - HANGS, 0.5, 1.0).motion())[0]


def nearest_levels(body) -> list[int]:
    hand = float(body.point("right_hand")[59, 1])
    return find_nearest_levels(measure_level_heights(body, 59), hand, body.stature)


@pytest.mark.parametrize("lower", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("share", "levels"), [(0.1, [0]), (0.45, [0, 1]), (0.55, [0, 1]), (0.9, [1])]
)
def test_a_hand_is_at_the_nearest_level_and_at_one_it_borders_on(
    stick_man, lower: int, share: float, levels: list[int]
) -> None:
    body = body_with_hand(stick_man, lower, share)
    assert sorted(nearest_levels(body)) == [lower + i for i in levels]


def test_a_hand_that_was_not_seen_has_no_level(stick_man) -> None:
    body = body_with_hand(stick_man, 3, 0.5)
    body.joints[:] = np.nan
    body.forget()
    assert nearest_levels(body) == []


def test_the_level_reached_is_said(stick_man) -> None:
    body = body_with_hand(stick_man, 4, 0.0)
    step = claim("raise", "hand", target="waist")
    where = check_level(ClaimContext(step, body, (), "right"), lambda rise: [rise.end])
    assert where(Rise(0, 59, 0.4)) == "it is at shoulder level"


def test_what_is_no_level_is_known(stick_man) -> None:
    assert not any(map(names_no_level, (*LEVELS, "", "face", "the hips")))
    assert names_no_level("a cup")
