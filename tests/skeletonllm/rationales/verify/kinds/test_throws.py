from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.throws import measure_throw
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import ARM, UNKNOWN, UNSEEN, claim, hide, read_claim
from tests.skeletonllm.kinematics.detectors.conftest import bend_elbow, trace

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


HANGING, ARM_S_LENGTH = (0.26, -0.1, -0.15), (0.15, 0.66, 0.56)
BEFORE_THE_HEAD, ON_GUARD = (0.22, 0.66, 0.1), (0.22, 0.44, 0.25)


def thrown(stick_man, *points: tuple[float, float, float]) -> Motion:
    """The right hand goes through points at 0.2, 0.5, 0.8 and 1.05 s."""
    way = trace(dict(zip((0.2, 0.5, 0.8, 1.05), points, strict=True)), frames=60)
    return followed(stick_man, way)


def followed(stick_man, way) -> Motion:
    """The right hand goes a way [60, 3] to the right, up and ahead of the pelvis; so the elbow."""
    man = stick_man()
    pelvis, shoulder = (man.joints[:, 0, KINECT_V2.index(n)] for n in ("pelvis", "right_shoulder"))
    hand = pelvis + way * (1.0, 1.0, -1.0)
    man.joints[:, 0, KINECT_V2.index("right_elbow")] = bend_elbow(shoulder, hand, 1.0)
    for name in ARM:
        man.joints[:, 0, KINECT_V2.index(f"right_{name}")] = hand
    return man.motion()


def test_a_hand_that_comes_ahead_while_it_is_raised_throws_from_when_the_elbow_opens(
    stick_man,
) -> None:
    motion = thrown(stick_man, HANGING, (0.5, 0.35, 0.0), BEFORE_THE_HEAD, ARM_S_LENGTH)
    assert read_claim(measure_throw, THROW, motion, (18, 36)) == ""


@pytest.mark.parametrize(
    ("before", "end"), [(ON_GUARD, (0.2, 0.5, 0.57)), (BEFORE_THE_HEAD, (0.2, 0.6, 0.3))]
)
def test_a_punch_from_guard_and_an_arm_that_stays_bent_are_no_throws(
    stick_man, before, end
) -> None:
    motion = thrown(stick_man, HANGING, (0.5, 0.35, 0.0), before, end)
    assert read_claim(measure_throw, THROW, motion)


@pytest.mark.parametrize(("first", "true"), [(-40.0, True), (10.0, False)])
def test_a_straight_arm_throws_where_it_comes_fast_from_behind(stick_man, first, true) -> None:
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip((np.arange(60) - 20) / 9, 0, 1))
    angle = np.radians(first + (80.0 - first) * share)
    way = np.stack([0.18 + 0.55 * np.cos(angle), 0.6 + 0 * angle, 0.55 * np.sin(angle)], axis=1)
    assert (read_claim(measure_throw, THROW, followed(stick_man, way)) == "") == true
