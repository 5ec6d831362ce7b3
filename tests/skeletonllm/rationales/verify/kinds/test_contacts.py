from __future__ import annotations

import numpy as np
import pytest

from skeletonllm.rationales.verify.kinds.contacts import (
    measure_clap,
    measure_cross,
    measure_touch,
)
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import UNKNOWN, UNSEEN, claim, hide, read_claim

PLACES = {
    "head": (0.1, 1.65, -0.12),
    "chest": (0.0, 1.36, -0.16),
    "stomach": (0.0, 1.12, -0.16),
    "hip": (0.14, 0.92, -0.1),
    "knee": (0.12, 0.55, -0.1),
    "foot": (0.12, 0.1, -0.12),
    "other shoulder": (-0.2, 1.38, -0.12),
    "other elbow": (-0.25, 1.12, -0.1),
}


def bring(man, side: str, place, start_s: float, end_s: float):
    """Both joints of a hand go to a place, from where they are."""
    for name in (f"{side}_wrist", f"{side}_hand"):
        here = man.joints[-1, 0, KINECT_V2.index(name)]
        man.move(name, tuple(np.array(place) - here), start_s, end_s)
    return man


def clapping(stick_man, times: int, gap: float = 0.1, last: float = 1.8):
    """Hands before the chest, 0.5 m apart, that come near a number of times."""
    man = stick_man()
    t = np.arange(man.frames) / man.fps
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * times * np.clip((t - 0.2) / (last - 0.2), 0, 1))
    for side, sign in (("left", -1), ("right", 1)):
        for name in (f"{side}_wrist", f"{side}_hand"):
            path = man.joints[:, 0, KINECT_V2.index(name)]
            path[:] = np.array([0.0, 1.25, -0.35])
            path[:, 0] = sign * (0.25 - (0.25 - gap / 2) * wave)
    return man.motion()


@pytest.mark.parametrize("target", PLACES)
def test_a_hand_touches_where_it_is_and_nothing_else(stick_man, target: str) -> None:
    motion = bring(stick_man(), "right", PLACES[target], 0.4, 1.0).motion()
    there = (30, 59)
    assert read_claim(measure_touch, claim("touch", "hand", "left", target=target), motion)
    for other in PLACES:
        step = claim("touch", "hand", target=other)
        found = read_claim(measure_touch, step, motion, there)
        assert found == ("" if other == target else f"it does not touch the {other}")


def test_a_hand_that_hangs_touches_nothing(stick_man) -> None:
    motion = stick_man().motion()
    for target in (*PLACES, "other hand"):
        found = read_claim(measure_touch, claim("touch", "hand", target=target), motion)
        assert found == f"it does not touch the {target}"


def test_a_hand_that_flies_past_does_not_touch(stick_man) -> None:
    man = bring(stick_man(), "right", (0.1, 0.92, -0.5), 0.0, 0.5)
    fast = bring(man, "right", (0.1, 0.92, 0.5), 0.7, 1.0).motion()
    step = claim("touch", "hand", target="hip")
    assert read_claim(measure_touch, step, fast, window=(18, 59)) != ""


@pytest.mark.parametrize(("part", "fault"), [("head", ""), ("hand", "yes"), ("leg", "yes")])
def test_another_person_is_touched_at_the_part_that_is_named(
    stick_man, part: str, fault: str
) -> None:
    motion = bring(stick_man(persons=2), "right", (1.15, 1.6, -0.12), 0.4, 1.0).motion()
    step = claim("touch", "hand", target=f"other person's {part}")
    assert bool(read_claim(measure_touch, step, motion)) == bool(fault)
    alone = bring(stick_man(), "right", (1.15, 1.6, -0.12), 0.4, 1.0).motion()
    assert read_claim(measure_touch, step, alone) == UNKNOWN


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_claps_are_counted(stick_man, times: int) -> None:
    motion = clapping(stick_man, times)
    for claimed in range(1, 7):
        step = claim("clap", "hand", "both", count=claimed)
        slack = 1 if min(claimed, times) >= 3 else 0
        right = claimed == 1 or abs(claimed - times) <= slack
        found = read_claim(measure_clap, step, motion)
        assert found == ("" if right else f"it happens {times} times"), claimed


def test_in_a_tight_window_once_is_once(stick_man) -> None:
    motion, step = clapping(stick_man, 4), claim("clap", "hand", "both")
    assert read_claim(measure_clap, step, motion, window=(8, 16)) == ""
    assert read_claim(measure_clap, step, motion, window=(8, 32)) == "it happens 2 times"


def test_fists_that_stay_apart_or_hands_that_stay_joined_do_not_clap(stick_man) -> None:
    step = claim("clap", "hand", "both")
    apart = clapping(stick_man, 2, gap=0.25)
    assert read_claim(measure_clap, step, apart) == "the hands do not meet"
    joined = clapping(stick_man, 1, gap=0.02, last=5.0)
    assert read_claim(measure_clap, step, joined)
    passing = bring(stick_man(), "right", (-0.2, 1.2, -0.3), 0.6, 1.2)
    crossed = bring(passing, "left", (0.2, 1.2, -0.3), 0.6, 1.2).motion()
    assert read_claim(measure_clap, step, crossed) != ""


def test_arms_are_crossed_when_each_hand_is_on_the_other_side(stick_man) -> None:
    man = bring(stick_man(), "right", (-0.15, 1.25, -0.2), 0.4, 1.0)
    both = claim("cross", "hand", "both")
    assert read_claim(measure_cross, both, man.motion()) == "the arms do not cross"
    crossed = bring(man, "left", (0.15, 1.2, -0.2), 0.4, 1.0).motion()
    assert read_claim(measure_cross, both, crossed) == ""


def test_one_hand_goes_across_the_middle(stick_man) -> None:
    motion = bring(stick_man(), "right", (-0.2, 1.25, -0.3), 0.4, 1.0).motion()
    right, left = (claim("cross", "hand", side) for side in ("right", "left"))
    assert read_claim(measure_cross, right, motion) == ""
    assert read_claim(measure_cross, left, motion) == "the other side does it"
    assert read_claim(measure_cross, right, motion.reversed()) == "it goes the other way"
    short = bring(stick_man(), "right", (0.02, 1.25, -0.3), 0.4, 1.0).motion()
    assert read_claim(measure_cross, right, short) == "it stays on its own side"


def test_what_is_unseen_or_unknown_is_not_judged(stick_man) -> None:
    motion = hide(stick_man().motion(), "right_wrist", "right_hand")
    steps = [
        (measure_touch, claim("touch", "hand", target="head")),
        (measure_clap, claim("clap", "hand", "both")),
        (measure_cross, claim("cross", "hand", "both")),
        (measure_cross, claim("cross", "hand")),
    ]
    assert {read_claim(read, step, motion) for read, step in steps} == {UNSEEN}
    assert read_claim(measure_touch, claim("touch", "hand", target="the moon"), motion) == UNKNOWN
    assert read_claim(measure_touch, claim("touch", "foot", target="head"), motion) == UNKNOWN
    assert read_claim(measure_clap, claim("clap", "foot", "both"), motion) == UNKNOWN
