from __future__ import annotations

import pytest

from skeletonllm.rationales.verify.kinds.heights import measure_lower, measure_raise
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

ARM = "wrist hand hand_tip thumb elbow"
SHOULDERS = {s: f"{s}_shoulder {s}_elbow {s}_wrist" for s in ("left", "right")}


def raised(stick_man, up: float = 0.75):
    return stick_man().arm("right", up, 0.5, 1.1).motion()


@pytest.mark.parametrize("part", ["hand", "elbow"])
@pytest.mark.parametrize("up", [0.75, -0.45])
def test_a_part_that_goes_up_is_raised_and_one_that_goes_down_is_lowered(
    stick_man, part: str, up: float
) -> None:
    motion, step = raised(stick_man, up), claim("raise", part)
    true, false = (measure_raise, measure_lower) if up > 0 else (measure_lower, measure_raise)
    assert read_claim(true, step, motion) == ""
    assert read_claim(false, step, motion) == "it goes the other way"


def test_the_other_side_and_both_sides_are_not_raised(stick_man) -> None:
    motion = raised(stick_man)
    assert read_claim(measure_raise, claim("raise", "hand", "left"), motion) == (
        "the other side does it"
    )
    assert read_claim(measure_raise, claim("raise", "hand", "both"), motion)


@pytest.mark.parametrize("level", ["shoulder", "overhead", "waist", "chest", "knee"])
def test_a_hand_at_the_head_is_at_no_other_level(stick_man, level: str) -> None:
    motion = raised(stick_man)
    assert read_claim(measure_raise, claim("raise", "hand", target="head"), motion) == ""
    found = read_claim(measure_raise, claim("raise", "hand", target=level), motion)
    assert found == "it is at head level"


def test_too_little_and_unseen_and_unknown(stick_man) -> None:
    motion = raised(stick_man)
    small = raised(stick_man, 0.06)
    assert read_claim(measure_raise, claim("raise", "hand"), small) == "it hardly moves there"
    unseen = hide(motion, "right_wrist", "right_hand")
    assert read_claim(measure_raise, claim("raise", "hand"), unseen) == UNSEEN
    for step in (claim("raise", "tail"), claim("raise", "hand", target="a cup")):
        assert read_claim(measure_raise, step, motion) == UNKNOWN


@pytest.mark.parametrize(("part", "joint"), [("foot", "ankle"), ("knee", "knee")])
def test_a_leg_goes_up_against_the_floor(stick_man, part: str, joint: str) -> None:
    motion = stick_man().move(f"left_{joint}", (0, 0.3, 0), 0.5, 1.1).motion()
    assert read_claim(measure_raise, claim("raise", part, "left"), motion) == ""
    assert read_claim(measure_raise, claim("raise", part, "right"), motion) != ""
    assert read_claim(measure_lower, claim("lower", part, "left"), motion) != ""


def test_a_head_is_lowered(stick_man) -> None:
    motion = stick_man().move("head", (0, -0.15, -0.1), 0.5, 1.1).motion()
    assert read_claim(measure_lower, claim("lower", "head", "centre"), motion) == ""
    assert read_claim(measure_raise, claim("raise", "head", "centre"), motion) != ""


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_shrug_is_of_its_side(stick_man, side: str) -> None:
    other = {"left": "right", "right": "left"}[side]
    motion = stick_man().move(SHOULDERS[side], (0, 0.1, 0), 0.5, 1.1).motion()
    assert read_claim(measure_raise, claim("raise", "shoulder", side), motion) == ""
    assert read_claim(measure_raise, claim("raise", "shoulder", other), motion) != ""
    assert read_claim(measure_lower, claim("lower", "shoulder", side), motion) != ""


def test_who_crouches_or_bows_does_not_shrug(stick_man) -> None:
    upper = "head neck upper_spine left_shoulder right_shoulder"
    bow = stick_man().move(upper, (0, -0.15, -0.35), 0.5, 1.1).motion()
    down = stick_man().walk((0, -0.3, 0), 0.5, 1.1).motion()
    for motion in (bow, down):
        found = read_claim(measure_lower, claim("lower", "shoulder", "both"), motion)
        assert found == "it hardly moves there"


def test_a_hand_is_lowered_to_the_floor_with_the_body(stick_man) -> None:
    motion = stick_man().walk((0, -0.3, 0), 0.5, 1.1).motion()
    assert read_claim(measure_lower, claim("lower", "hand"), motion) == ""


def test_a_hand_that_goes_down_less_than_the_body_is_not_raised(stick_man) -> None:
    man = stick_man().walk((0, -0.4, 0), 0.5, 1.1)
    motion = man.arm("right", 0.15, 0.5, 1.1).arm("left", 0.15, 0.5, 1.1).motion()
    assert read_claim(measure_lower, claim("lower", "hand", "both"), motion) == ""
    found = read_claim(measure_raise, claim("raise", "hand", "both"), motion)
    assert found == "it goes the other way"
