from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.motion import Motion
from skeletonllm.rationales.verify.kinds.pick_ups import measure_pick_up
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
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


def _stoop(man, sinks: float, reaches: float) -> Motion:
    """Down within half a second and up again: all above the knees, and the right hand farther.

    Args:
        man: Who stands.
        sinks: How far the body goes, in metres; knees and trunk keep their angles nearly.
        reaches: How far the hand goes besides.
    """
    legs = ("knee", "ankle", "foot")
    body = " ".join(joint for joint in KINECT_V2.joints if not joint.endswith(legs))
    for sign, start_s in ((-1, 0.4), (1, 1.1)):
        man.move(body, (0, sign * sinks, 0), start_s, start_s + 0.5)
        man.move("right_wrist right_hand right_hand_tip", (0, sign * reaches, 0), start_s,
                 start_s + 0.5)  # fmt: skip
    return man.motion()


def test_a_body_that_sinks_and_rises_stoops_though_no_joint_is_seen_to_bend(stick_man) -> None:
    assert read_claim(measure_pick_up, PICK_UP, _stoop(stick_man(), 0.25, 0.15)) == ""
    alone = read_claim(measure_pick_up, PICK_UP, _stoop(stick_man(), 0.0, 0.4))
    assert alone == "neither trunk nor knees bend"


def test_a_hand_that_only_just_gets_down_picks_up_for_longer(stick_man) -> None:
    motion = _stoop(stick_man(), 0.25, 0.02)
    assert read_claim(measure_pick_up, PICK_UP, motion, (15, 45)) == ""


def test_of_both_hands_each_must_lift(stick_man) -> None:
    both = replace(PICK_UP, side="both")
    assert read_claim(measure_pick_up, both, _stoop(stick_man(), 0.25, 0.15)) == "one hand hangs"
    assert read_claim(measure_pick_up, both, performed("pick up with two hands")) == ""


def test_one_way_may_be_cut_short() -> None:
    whole = performed("pick up")
    wrist = whole.joints[:, 0, whole.topology.index("right_wrist"), 1]
    stature = extract_bodies(whole)[0].stature
    way = (wrist - wrist.min()) / stature
    half_bent = next(f for f in range(whole.num_frames) if way[f] < 0.14)
    straight = next(f for f in range(whole.num_frames) if way[f] < 0.08)
    end = whole.num_frames
    assert way[half_bent] > 0.11
    assert read_claim(measure_pick_up, PICK_UP, _cut(whole, half_bent, end)) == ""
    late = read_claim(measure_pick_up, PICK_UP, _cut(whole, straight, end))
    assert late == "the hand does not go down"
