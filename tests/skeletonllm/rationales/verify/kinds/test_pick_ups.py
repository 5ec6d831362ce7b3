from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.pick_ups import measure_pick_up
from skeletonllm.synthesis import synthesize
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

PICK_UP = claim("pick_up", "hand")


def performed(action: str) -> Motion:
    return synthesize(action, subject=3, seed=3, side="right")


def test_the_hand_that_gets_down_picks_up_once() -> None:
    motion = performed("pick up")
    assert read_claim(measure_pick_up, PICK_UP, motion) == ""
    left = read_claim(measure_pick_up, replace(PICK_UP, side="left"), motion)
    assert left == "the other side does it"
    assert read_claim(measure_pick_up, replace(PICK_UP, count=2), motion) == "it happens 1 times"


def test_down_alone_and_up_alone_are_no_pick_up() -> None:
    motion = performed("pick up")
    body_low = motion.num_frames // 2
    down = read_claim(measure_pick_up, PICK_UP, _cut(motion, 0, body_low))
    up = read_claim(measure_pick_up, PICK_UP, _cut(motion, body_low, motion.num_frames))
    assert down == "the hand does not come up"
    assert up == "the hand does not go down"


def _cut(motion: Motion, start: int, end: int) -> Motion:
    return replace(
        motion,
        joints=motion.joints[start:end],
        present=motion.present[start:end],
        confidence=motion.confidence[start:end],
    )


def test_a_foot_and_the_unseen_pick_up_nothing() -> None:
    motion = performed("pick up")
    assert read_claim(measure_pick_up, claim("pick_up", "foot"), motion) == UNKNOWN
    joints = [f"right_{joint}" for joint in ("wrist", "hand", "hand_tip")]
    assert read_claim(measure_pick_up, PICK_UP, hide(motion, *joints)) == UNSEEN


@pytest.mark.parametrize(
    "action", ["hand waving", "walk around", "bow (bend forward)", "salute", "squat down"]
)
def test_other_actions_pick_up_nothing(action: str) -> None:
    assert read_claim(measure_pick_up, PICK_UP, performed(action))
