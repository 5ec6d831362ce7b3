from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.kinds.strokes import measure_kick, measure_pull, measure_push
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import UNSEEN, claim, hide, read_claim

CASES: dict[str, tuple[Callable, str, Step]] = {
    "kick": (
        measure_kick,
        "kicking the air/something",
        claim("kick", "foot", direction="forward"),
    ),
    "side kick": (measure_kick, "side kick", claim("kick", "foot", direction="right")),
}
OTHER_ACTIONS = ("hand waving", "walk around", "bow (bend forward)", "salute", "squat down")
HAND = "right_wrist right_hand right_hand_tip right_thumb"


def performed(action: str) -> Motion:
    return synthesize(action, subject=3, seed=3, side="right")


@pytest.mark.parametrize("case", list(CASES))
def test_a_stroke_is_true_of_its_side_alone(case: str) -> None:
    read, action, step = CASES[case]
    motion = performed(action)
    assert read_claim(read, step, motion) == ""
    assert read_claim(read, replace(step, side="left"), motion)
    assert read_claim(read, replace(step, side="left"), motion) != UNSEEN


@pytest.mark.parametrize("case", ["kick", "side kick"])
def test_a_stroke_has_one_direction(case: str) -> None:
    read, action, step = CASES[case]
    wrong = {"forward", "back", "left", "right"} - {step.direction}
    faults = [read_claim(read, replace(step, direction=d), performed(action)) for d in wrong]
    assert all(faults)


@pytest.mark.parametrize("case", list(CASES))
def test_a_wrong_count_and_the_unseen_are_not_true(case: str) -> None:
    read, action, step = CASES[case]
    motion = performed(action)
    assert read_claim(read, replace(step, count=2), motion) == "it happens 1 times"
    joints = [f"right_{j}" for j in ("wrist", "hand", "hand_tip", "ankle", "foot")]
    assert read_claim(read, step, hide(motion, *joints)) == UNSEEN


@pytest.mark.parametrize("action", OTHER_ACTIONS)
@pytest.mark.parametrize("case", list(CASES))
def test_other_actions_are_no_strokes(case: str, action: str) -> None:
    read, _, step = CASES[case]
    assert read_claim(read, replace(step, direction=""), performed(action))


def pushing(stick_man, ahead: float = 0.45) -> Motion:
    """From the shoulder, elbow bent, the right hand goes ahead between 0.8 and 1.2 s."""
    man = stick_man()
    for name in HAND.split():
        man.joints[:, 0, _index(name)] = (0.2, 1.35, -0.12)
    man.joints[:, 0, _index("right_elbow")] = (0.24, 1.12, 0.1)
    man.move(HAND, (0, 0, -ahead), 0.8, 1.2)
    return man.move("right_elbow", (0, 0.2, -0.4 * ahead / 0.45), 0.8, 1.2).motion()


def _index(name: str) -> int:
    return KINECT_V2.index(name)


def test_a_push_goes_out_and_reversed_it_is_a_pull(stick_man) -> None:
    motion = pushing(stick_man)
    push, pull = claim("push", "hand", direction="forward"), claim("pull", "hand")
    assert read_claim(measure_push, push, motion) == ""
    assert read_claim(measure_pull, pull, motion) == "it goes the other way"
    assert read_claim(measure_pull, pull, motion.reversed()) == ""
    assert read_claim(measure_push, push, motion.reversed())


@pytest.mark.parametrize("change", [{"side": "left"}, {"direction": "up"}, {"direction": "right"}])
def test_a_push_has_a_side_and_a_direction(stick_man, change: dict[str, str]) -> None:
    step = replace(claim("push", "hand", direction="forward"), **change)
    assert read_claim(measure_push, step, pushing(stick_man))


def test_a_pushed_arm_may_hang_straight_afterwards(stick_man) -> None:
    """Let down from 1.3 s on, and straighter than when it pushed: its reach never shrinks."""
    motion = pushing(stick_man)
    joints = motion.joints.copy()
    share = np.clip((np.arange(len(joints)) / motion.fps - 1.3) / 0.4, 0, 1)
    shoulder = joints[:, 0, _index("right_shoulder")]
    for name in HAND.split():
        arm = joints[:, 0, _index(name)] - shoulder
        angle = np.arctan2(-arm[:, 2], -arm[:, 1]) * (1 - share)  # from straight down
        length = np.linalg.norm(arm[:, 1:], axis=1) * (1 + 0.08 * share)
        hanging = np.stack([arm[:, 0], -length * np.cos(angle), -length * np.sin(angle)], 1)
        joints[:, 0, _index(name)] = np.where(share[:, None] > 0, hanging, arm) + shoulder
    push = claim("push", "hand", direction="forward")
    assert read_claim(measure_push, push, replace(motion, joints=joints)) == ""


def test_a_small_push_and_a_raise_of_a_straight_arm_are_none(stick_man) -> None:
    push = claim("push", "hand", direction="forward")
    assert read_claim(measure_push, push, pushing(stick_man, 0.08))
    man = stick_man()
    angle = np.pi / 2 * np.clip((np.arange(60) - 15) / 15, 0, 1)
    shoulder = np.array([0.18, 1.4, 0.0])
    for name in ("right_elbow", *HAND.split()):
        path = man.joints[:, 0, _index(name)] - shoulder
        length = -path[:, 1]
        swung = np.stack([path[:, 0], -length * np.cos(angle), -length * np.sin(angle)], 1)
        man.joints[:, 0, _index(name)] = swung + shoulder
    assert read_claim(measure_push, push, man.motion()) == "it hardly moves there"


def turned(motion: Motion, degrees: float) -> Motion:
    """The hips and shoulders turned between 0.8 and 1.2 s; the hands stay where they are."""
    joints = motion.joints.astype(np.float64)
    middle = joints[:, :, [_index("pelvis")]]
    share = np.clip((np.arange(len(joints)) / motion.fps - 0.8) / 0.4, 0, 1)
    cos, sin = (f(np.radians(degrees) * share)[:, None, None] for f in (np.cos, np.sin))
    part = [_index(f"{side}_{name}") for side in ("left", "right") for name in ("shoulder", "hip")]
    x, y, z = np.moveaxis(joints[:, :, part] - middle, -1, 0)
    joints[:, :, part] = np.stack([cos * x + sin * z, y, cos * z - sin * x], -1) + middle
    return replace(motion, joints=joints.astype(np.float32))


@pytest.mark.parametrize("degrees", [-50.0, 50.0])
def test_a_push_goes_where_its_owner_stood_before_the_trunk_turned(stick_man, degrees) -> None:
    motion = turned(pushing(stick_man), degrees)
    push = claim("push", "hand", direction="forward")
    assert read_claim(measure_push, push, motion) == ""
    for word in ("left", "right", "back"):
        assert read_claim(measure_push, replace(push, direction=word), motion)
