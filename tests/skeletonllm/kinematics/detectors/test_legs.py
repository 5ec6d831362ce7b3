from __future__ import annotations

import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.kinematics.detectors.legs import (
    find_kicks,
    find_leg_oscillations,
    find_lunges,
)
from skeletonllm.kinematics.scene import Scene
from skeletonllm.motion import Motion
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V1, SMPL_22


def scene_of(motion: Motion) -> Scene:
    return Scene(extract_bodies(motion), motion.fps, motion.metric)


def perform(action: str, side: str = "left", topology=KINECT_V1) -> Scene:
    return scene_of(synthesize(action, topology=topology, side=side, seed=1))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("topology", [KINECT_V1, SMPL_22], ids=lambda t: t.name)
def test_a_kick_has_its_side_and_goes_forward(side: str, topology) -> None:
    (kick,) = find_kicks(perform("kicking the air/something", side, topology), 0)
    assert (kick.motion, kick.part, kick.side) == ("kick", "foot", side)
    assert (kick.direction, kick.count) == ("forward", 1)
    assert (kick.start_s, kick.end_s) == pytest.approx((0.4, 2.3), abs=0.3)
    assert kick.prominence > 1


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_kick_goes_to_its_own_side(side: str) -> None:
    (kick,) = find_kicks(perform("side kick", side), 0)
    assert (kick.side, kick.direction) == (side, side)


@pytest.mark.parametrize(
    "action", ["walk around", "run on the spot", "jump up", "squat down", "sit down", "hopping"]
)
def test_steps_and_jumps_are_no_kicks(action: str) -> None:
    assert not list(find_kicks(perform(action), 0))


def lunge(stick_man, side: str, shift: tuple[float, float, float], sinks: float):
    """A foot is set out, the pelvis and all above it sink and come along half of the way."""
    x, y, z = shift
    body = "pelvis spine upper_spine neck head left_shoulder right_shoulder left_hip right_hip"
    arms = " ".join(f"{s}_{j}" for s in ("left", "right") for j in ("elbow", "wrist", "hand"))
    man = stick_man().move(f"{side}_ankle {side}_foot", shift, 0.4, 1.0)
    man.move(f"{body} {arms}", (x / 2, y - sinks, z / 2), 0.5, 1.1)
    return man.move(f"{side}_knee", (x, y - sinks / 3, z), 0.4, 1.0)


@pytest.mark.parametrize(
    ("side", "shift", "direction"),
    [("left", (0, 0, -0.75), "forward"), ("right", (0.7, 0, 0), "right")],
)
def test_a_lunge_has_its_foot_and_its_way(stick_man, side, shift, direction) -> None:
    (found,) = find_lunges(scene_of(lunge(stick_man, side, shift, 0.3).motion()), 0)
    assert (found.motion, found.part, found.side) == ("lunge", "foot", side)
    assert found.direction == direction
    assert (found.start_s, found.end_s) == pytest.approx((0.4, 1.0), abs=0.2)


def test_a_long_step_without_sinking_is_no_lunge(stick_man) -> None:
    scene = scene_of(lunge(stick_man, "left", (0, 0, -0.75), 0.0).motion())
    assert not list(find_lunges(scene, 0))


def test_walking_and_squatting_are_no_lunges() -> None:
    for action in ("walk around", "squat down", "sit down", "pick up"):
        assert not list(find_lunges(perform(action), 0)), action


def test_both_feet_and_knees_go_up_and_down_in_a_run() -> None:
    found = {e.part: e for e in find_leg_oscillations(perform("run on the spot"), 0)}
    assert set(found) == {"foot", "knee"}
    for event in found.values():
        assert (event.motion, event.side, event.direction) == ("oscillate", "both", "up")
        assert event.count == 3


def test_one_squat_is_no_oscillation() -> None:
    assert not list(find_leg_oscillations(perform("squat down"), 0))
