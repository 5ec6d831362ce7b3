from __future__ import annotations

import pytest

from skeletonllm.rationales.verify.kinds.places import (
    measure_backward,
    measure_forward,
    measure_sideways,
)
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

READ = {"forward": measure_forward, "backward": measure_backward}
HAND = "right_wrist right_hand right_hand_tip right_thumb"
WAYS = {"forward": (0, 0, -0.4), "backward": (0, 0, 0.4)}
SIDES = {"left": (-0.4, 0, 0), "right": (0.4, 0, 0)}
POINTS = {"hand": HAND, "elbow": "right_elbow", "foot": "right_ankle right_foot", "head": "head"}


@pytest.mark.parametrize("part", POINTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_part_goes_ahead_or_back_and_not_the_other_way(stick_man, part: str, way: str) -> None:
    motion = stick_man().move(POINTS[part], WAYS[way], 0.5, 1.1).motion()
    step = claim(way, part, "centre" if part == "head" else "right")
    assert read_claim(READ[way], step, motion) == ""
    opposite = "backward" if way == "forward" else "forward"
    assert read_claim(READ[opposite], step, motion) == "it goes the other way"


@pytest.mark.parametrize("part", ["hand", "elbow", "foot"])
@pytest.mark.parametrize("side", SIDES)
def test_a_part_goes_to_its_side_and_not_to_the_other(stick_man, part: str, side: str) -> None:
    other = {"left": "right", "right": "left"}[side]
    motion = stick_man().move(POINTS[part], SIDES[side], 0.5, 1.1).motion()
    true, false = (claim("sideways", part, direction=d) for d in (side, other))
    assert read_claim(measure_sideways, true, motion) == ""
    assert read_claim(measure_sideways, false, motion) == "it goes the other way"
    assert read_claim(measure_sideways, claim("sideways", part), motion) == ""


def test_the_other_hand_does_it(stick_man) -> None:
    motion = stick_man().move(HAND, (0, 0, -0.4), 0.5, 1.1).motion()
    found = read_claim(measure_forward, claim("forward", "hand", "left"), motion)
    assert found == "the other side does it"


@pytest.mark.parametrize(("level", "fault"), [("waist", ""), ("shoulder", "it is at waist level")])
def test_the_level_at_the_end_is_checked(stick_man, level: str, fault: str) -> None:
    motion = stick_man().move(HAND, (0, 0, -0.4), 0.5, 1.1).motion()
    step = claim("forward", "hand", target=level)
    assert read_claim(measure_forward, step, motion) == fault


def test_a_hand_that_is_raised_is_not_brought_forward_by_it(stick_man) -> None:
    motion = stick_man().move(HAND, (0, 0.7, -0.2), 0.5, 1.1).motion()
    step = claim("forward", "hand")
    assert read_claim(measure_forward, step, motion) == "it does not go forward"


def test_who_walks_or_turns_moves_no_hand(stick_man) -> None:
    motion = stick_man().walk((0.5, 0, -0.8), 0.3, 1.5).motion()
    for read in (*READ.values(), measure_sideways):
        found = read_claim(read, claim("forward", "hand"), motion)
        assert found == "it hardly moves there"


def test_too_little_and_unseen_and_unknown(stick_man) -> None:
    small = stick_man().move(HAND, (0, 0, -0.1), 0.5, 1.1).motion()
    step = claim("forward", "hand")
    assert read_claim(measure_forward, step, small) == "it hardly moves there"
    unseen = hide(small, "right_wrist", "right_hand")
    assert read_claim(measure_forward, step, unseen) == UNSEEN
    for wrong in (claim("forward", "knee"), claim("forward", "hand", target="a cup")):
        assert read_claim(measure_forward, wrong, small) == UNKNOWN
    for wrong in (claim("sideways", "head"), claim("sideways", "hand", direction="up")):
        assert read_claim(measure_sideways, wrong, small) == UNKNOWN
