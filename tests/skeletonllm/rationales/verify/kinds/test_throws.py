from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.throws import measure_throw
from skeletonllm.synthesis import synthesize
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

THROW = claim("throw", "hand", direction="forward")


def performed(action: str) -> Motion:
    return synthesize(action, subject=3, seed=3, side="right")


@pytest.mark.parametrize("direction", ["forward", ""])
def test_a_throw_is_true_of_its_side_alone(direction: str) -> None:
    step, motion = replace(THROW, direction=direction), performed("throw")
    assert read_claim(measure_throw, step, motion) == ""
    assert read_claim(measure_throw, replace(step, side="left"), motion) == "the other side does it"


@pytest.mark.parametrize("direction", ["back", "left", "right", "up"])
def test_a_throw_has_one_direction_and_its_way_back_is_none(direction: str) -> None:
    assert read_claim(measure_throw, replace(THROW, direction=direction), performed("throw"))


def test_a_wrong_count_a_foot_and_the_unseen_are_not_true() -> None:
    motion = performed("throw")
    assert read_claim(measure_throw, replace(THROW, count=2), motion) == "it happens 1 times"
    assert read_claim(measure_throw, claim("throw", "foot"), motion) == UNKNOWN
    joints = [f"right_{joint}" for joint in ("wrist", "hand", "hand_tip")]
    assert read_claim(measure_throw, THROW, hide(motion, *joints)) == UNSEEN


@pytest.mark.parametrize("direction", ["forward", ""])
@pytest.mark.parametrize(
    "action", ["hand waving", "walk around", "bow (bend forward)", "salute", "squat down"]
)
def test_other_actions_are_no_throws(action: str, direction: str) -> None:
    assert read_claim(measure_throw, replace(THROW, direction=direction), performed(action))
