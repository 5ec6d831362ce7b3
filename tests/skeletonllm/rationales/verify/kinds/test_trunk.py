from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.rationales.verify.kinds.trunk import (
    measure_lean,
    measure_straighten,
    measure_twist,
)
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

WAYS = {"forward": (0, 0, -1), "back": (0, 0, 1), "left": (-1, 0, 0), "right": (1, 0, 0)}
OPPOSITE = {"forward": "back", "back": "forward", "left": "right", "right": "left"}
UPPER = (
    "spine upper_spine neck head left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist"
)
LOWER = "left_hip right_hip left_knee right_knee"


def lean(direction: str = "") -> object:
    return claim("lean", "torso", "centre", direction=direction)


def leaning(stick_man, way: str, degrees: float = 25.0):
    """The trunk tilts about the pelvis between 0.5 and 1.1 s."""
    man = stick_man()
    tilt = _turn(man, degrees)
    axis = np.array(WAYS[way], float)
    for name in UPPER.split():
        joint = man.joints[:, 0, KINECT_V2.index(name)]
        above = joint[:, 1] - 0.92
        joint += (above * np.sin(tilt))[:, None] * axis
        joint[:, 1] -= above * (1 - np.cos(tilt))
    return man


def twisting(stick_man, names: str, degrees: float):
    """Some joints turn about the vertical, to the left if positive."""
    man = stick_man()
    turn = _turn(man, degrees)
    for name in names.split():
        joint = man.joints[:, 0, KINECT_V2.index(name)]
        x, z = joint[:, 0].copy(), joint[:, 2].copy()
        joint[:, 0] = x * np.cos(turn) + z * np.sin(turn)
        joint[:, 2] = z * np.cos(turn) - x * np.sin(turn)
    return man.motion()


def _turn(man, degrees: float):
    t = (np.arange(man.frames) / man.fps - 0.5) / 0.6
    return np.radians(degrees) * (0.5 - 0.5 * np.cos(np.pi * np.clip(t, 0, 1)))


@pytest.mark.parametrize("way", WAYS)
def test_a_lean_goes_its_way_and_no_other(stick_man, way: str) -> None:
    motion = leaning(stick_man, way).motion()
    assert read_claim(measure_lean, lean(way), motion) == ""
    assert read_claim(measure_lean, lean(), motion) == ""
    wrong = [read_claim(measure_lean, lean(other), motion) for other in WAYS if other != way]
    assert all(wrong)
    assert read_claim(measure_straighten, lean(), motion) == "it goes the other way"


@pytest.mark.parametrize("way", WAYS)
def test_who_comes_back_straightens_and_leans_no_other_way(stick_man, way: str) -> None:
    motion = leaning(stick_man, way).motion().reversed()
    assert read_claim(measure_straighten, lean(), motion) == ""
    assert read_claim(measure_lean, lean(), motion) == "it goes the other way"
    found = read_claim(measure_lean, lean(OPPOSITE[way]), motion)
    assert found == "it hardly moves there"


def test_who_comes_up_a_little_does_not_straighten(stick_man) -> None:
    motion = leaning(stick_man, "forward", 70.0).motion().reversed()
    found = read_claim(measure_straighten, lean(), motion, window=(28, 34))
    assert found == "it stays bent"


@pytest.mark.parametrize(
    ("degrees", "way", "other"), [(35, "left", "right"), (-35, "right", "left")]
)
@pytest.mark.parametrize("names", [UPPER, f"{UPPER} {LOWER}"], ids=["alone", "with the hips"])
def test_shoulders_twist_against_the_hips_or_the_feet(
    stick_man, degrees: float, way: str, other: str, names: str
) -> None:
    motion = twisting(stick_man, names, degrees)
    true, false = (claim("twist", "torso", "centre", direction=d) for d in (way, other))
    assert read_claim(measure_twist, true, motion) == ""
    assert read_claim(measure_twist, claim("twist", "torso", "centre"), motion) == ""
    assert read_claim(measure_twist, false, motion) != ""


def test_who_turns_with_the_feet_does_not_twist(stick_man) -> None:
    motion = twisting(
        stick_man, f"{UPPER} {LOWER} left_ankle right_ankle left_foot right_foot", 120
    )
    step = claim("twist", "torso", "centre", direction="left")
    assert read_claim(measure_twist, step, motion) == "it hardly moves there"


def test_hips_that_turn_under_the_shoulders_are_no_twist_of_them(stick_man) -> None:
    hips = twisting(stick_man, LOWER, -60)
    step = claim("twist", "torso", "centre", direction="left")
    assert read_claim(measure_twist, step, hips) == ""
    step = claim("twist", "torso", "centre", direction="right")
    assert read_claim(measure_twist, step, hips) == "it goes the other way"


def test_too_little_and_unseen_and_unknown(stick_man) -> None:
    small = leaning(stick_man, "forward", 5.0).motion()
    assert read_claim(measure_lean, lean("forward"), small) == "it hardly moves there"
    unseen = hide(small, "pelvis", "left_hip", "right_hip")
    assert read_claim(measure_lean, lean(), unseen) == UNSEEN
    assert read_claim(measure_lean, lean("up"), small) == UNKNOWN
    for read in (measure_lean, measure_straighten, measure_twist):
        step = claim("lean", "torso", "centre", target="the floor")
        assert read_claim(read, step, small) == UNKNOWN
