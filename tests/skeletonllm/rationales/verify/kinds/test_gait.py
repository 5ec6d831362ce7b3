from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.intervals import Interval
from skeletonllm.rationales.verify.kinds.gait import (
    measure_run,
    measure_step,
    measure_turn,
    measure_walk,
)
from skeletonllm.synthesis import synthesize
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

FEET = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("ankle", "foot"))


@pytest.fixture
def walking() -> Motion:
    return synthesize("walk around", subject=3, seed=3, side="right")


def test_a_walk_has_a_direction_and_a_number_of_steps(walking: Motion) -> None:
    step = claim("walk", "body", "centre", direction="forward", count=5)
    assert read_claim(measure_walk, step, walking) == ""
    back = replace(step, direction="back")
    assert read_claim(measure_walk, back, walking) == "it does not go back"
    assert "times" in read_claim(measure_walk, replace(step, count=9), walking)
    assert read_claim(measure_walk, back, walking.reversed()) == ""


def test_walking_is_no_run_and_running_on_the_spot_goes_nowhere(walking: Motion) -> None:
    run = claim("run", "body", "centre", count=6)
    running = synthesize("run on the spot", subject=3, seed=3)
    assert read_claim(measure_run, run, walking)
    once = read_claim(measure_run, replace(run, count=1), running)
    assert once == "it happens 6 times"
    assert read_claim(measure_run, run, running) == ""
    ahead = claim("walk", "body", "centre", direction="forward", count=6)
    assert read_claim(measure_walk, ahead, running) == "it stays on the spot"


@pytest.mark.parametrize("action", ["squat down", "hand waving", "kicking the air/something"])
def test_who_stands_does_not_walk_or_run(action: str) -> None:
    motion = synthesize(action, subject=3, seed=3)
    assert read_claim(measure_walk, claim("walk", "body", "centre", count=3), motion)
    assert read_claim(measure_run, claim("run", "body", "centre", count=3), motion)


def test_unseen_feet_do_not_walk(walking: Motion) -> None:
    hidden = hide(walking, *FEET)
    assert read_claim(measure_walk, claim("walk", "body", "centre"), hidden) == UNSEEN


def stepping(stick_man, way: tuple[float, float, float]) -> Motion:
    return stick_man().move("left_ankle left_foot", way, 0.5, 0.9).motion()


def test_a_step_has_a_foot_and_a_direction(stick_man) -> None:
    motion, step = stepping(stick_man, (0, 0, -0.4)), claim("step", "foot", "left")
    assert read_claim(measure_step, replace(step, direction="forward"), motion) == ""
    assert read_claim(measure_step, step, motion) == ""
    assert read_claim(measure_step, replace(step, direction="back"), motion)
    assert read_claim(measure_step, replace(step, direction="left"), motion)
    assert read_claim(measure_step, replace(step, side="right"), motion) == "the other side does it"


def test_a_shuffle_a_kick_and_a_hand_are_no_step(stick_man) -> None:
    step = claim("step", "foot", "left")
    assert read_claim(measure_step, step, stepping(stick_man, (0, 0, -0.06)))
    lifted = stepping(stick_man, (0, 0.4, -0.4))
    assert read_claim(measure_step, step, lifted) == "that foot is in the air"
    assert read_claim(measure_step, claim("step", "hand", "left"), lifted) == UNKNOWN


def test_steps_are_counted(stick_man) -> None:
    man = stick_man().move("left_ankle left_foot", (0, 0, -0.4), 0.2, 0.6)
    body = extract_bodies(man.move("left_ankle left_foot", (0, 0, -0.4), 1.2, 1.6).motion())[0]
    look = measure_step(ClaimContext(claim("step", "foot", "left"), body, (), "left"))[0]
    assert look.times is not None
    assert look.times(Interval(0, 59)) == 2
    assert look.times(Interval(0, 30)) == 1


def turning(stick_man, degrees: float, joints: str = "") -> Motion:
    """Turned to the own left where positive; only some joints, where they are named."""
    man = stick_man()
    motion = man.motion()
    angle = np.radians(degrees) * np.clip((np.arange(60) - 15) / 30, 0, 1)
    x, z = man.joints[..., 0].copy(), man.joints[..., 2].copy()
    turned = man.joints.copy()
    turned[..., 0] = x * np.cos(angle)[:, None, None] + z * np.sin(angle)[:, None, None]
    turned[..., 2] = -x * np.sin(angle)[:, None, None] + z * np.cos(angle)[:, None, None]
    indices = [motion.topology.index(name) for name in joints.split()] or range(25)
    man.joints[:, :, list(indices)] = turned[:, :, list(indices)]
    return man.motion()


def test_a_turn_goes_left_or_right_and_the_hips_follow(stick_man) -> None:
    left, right = (claim("turn", "body", "centre", direction=d) for d in ("left", "right"))
    motion = turning(stick_man, 80)
    assert read_claim(measure_turn, left, motion) == ""
    assert read_claim(measure_turn, right, motion) == "it goes the other way"
    assert read_claim(measure_turn, left, turning(stick_man, 15)) == "it hardly moves there"
    twist = turning(stick_man, 60, "left_shoulder right_shoulder")
    assert read_claim(measure_turn, left, twist) == "only the shoulders turn"
