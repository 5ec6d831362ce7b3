from __future__ import annotations

import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.pick_ups import find_pick_ups
from skeletonllm.kinematics.scene import Scene
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1, SMPL_22


def perform(action: str, side: str = "left", topology=KINECT_V1) -> Scene:
    motion = synthesize(action, topology=topology, side=side, seed=1)
    return Scene(extract_bodies(motion), motion.fps, motion.metric)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22], ids=lambda t: t.name)
def test_the_hand_that_comes_up_with_the_thing_picks_it_up(side: str, topology) -> None:
    (picked,) = find_pick_ups(perform("pick up", side, topology), 0)
    assert (picked.motion, picked.part, picked.side) == ("pick_up", "hand", side)
    assert picked.target == "the floor"
    assert (picked.start_s, picked.end_s) == pytest.approx((0.5, 2.4), abs=0.3)
    assert picked.prominence > 2


def test_two_hands_pick_up_as_both() -> None:
    (picked,) = find_pick_ups(perform("pick up with two hands"), 0)
    assert picked.side == "both"


@pytest.mark.parametrize(
    "action",
    ["sit down", "stand up", "squat down", "jump up", "bow (bend forward)", "walk around"],
)
def test_hands_that_go_down_with_the_body_pick_up_nothing(action: str) -> None:
    assert not list(find_pick_ups(perform(action), 0))


def test_a_hand_that_goes_down_alone_picks_up_nothing(stick_man) -> None:
    man = stick_man().arm("left", -0.4, 0.3, 0.7).arm("left", 0.4, 1.0, 1.4)
    motion = man.motion()
    scene = Scene(extract_bodies(motion), motion.fps, motion.metric)
    assert not list(find_pick_ups(scene, 0))
