from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import Event
from skeletonllm.kinematics.detectors.registry import find_all_events
from skeletonllm.motion import Motion
from skeletonllm.rationales.compose.candidates import Candidate, find_candidates, make_claim
from skeletonllm.rationales.compose.merging import merge_events
from skeletonllm.rationales.verify.verdicts import verify_steps
from skeletonllm.synthesis import synthesize
from skeletonllm.topology import KINECT_V2
from tests.skeletonllm.claim_reader import ARM
from tests.skeletonllm.rationales.compose.made_events import make_event

RAISE = make_event("raise", "hand", "right", 0.5, 1.1, direction="up")


@pytest.fixture
def raised(stick_man) -> Motion:
    """The right hand rises by 0.5 m between 0.5 s and 1.1 s, to shoulder height."""
    motion: Motion = stick_man().arm("right", 0.5, 0.5, 1.1).motion()
    return motion


@pytest.fixture
def both_raised(stick_man) -> Motion:
    """Both hands do."""
    man = stick_man().arm("right", 0.5, 0.5, 1.1).arm("left", 0.5, 0.5, 1.1)
    motion: Motion = man.motion()
    return motion


def name(found: list[Candidate]) -> list[tuple[str, str, str]]:
    return [(c.step.motion, c.step.side, c.step.target) for c in found]


def test_a_claim_is_the_event_in_words() -> None:
    step = make_claim(replace(RAISE, target="head", count=2, person=1))
    assert (step.motion, step.part, step.side, step.target) == ("raise", "hand", "right", "head")
    assert (step.start_s, step.end_s, step.count, step.person) == (0.5, 1.1, 2, 1)


def test_a_way_that_the_motion_says_is_no_part_of_the_claim() -> None:
    assert make_claim(RAISE).direction == ""
    kick = make_event("kick", "foot", "left", 0, 1, direction="forward")
    assert make_claim(kick).direction == "forward"


def test_a_true_claim_is_kept_with_its_verdict(raised: Motion) -> None:
    (told,) = find_candidates([RAISE], raised)
    assert (told.event, told.step.verdict) == (RAISE, "true")
    assert told.step.measured == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    "event",
    [
        replace(RAISE, side="left"),
        replace(RAISE, motion="lower"),
        replace(RAISE, start_s=1.4, end_s=1.9),
        replace(RAISE, count=3),
        replace(RAISE, motion="fly"),
    ],
    ids=["side", "motion", "time", "count", "unknown word"],
)
def test_what_is_not_true_is_left_out(raised: Motion, event: Event) -> None:
    assert find_candidates([event], raised) == []


def test_a_wrong_level_is_left_out_of_a_true_claim(raised: Motion) -> None:
    found = find_candidates([replace(RAISE, target="the floor")], raised)
    assert name(found) == [("raise", "right", "")]
    assert name(find_candidates([replace(RAISE, target="shoulder")], raised)) == [
        ("raise", "right", "shoulder")
    ]


def test_an_aim_is_never_left_out(raised: Motion) -> None:
    assert find_candidates([replace(RAISE, motion="approach", target="foot")], raised) == []


def test_what_is_as_true_of_the_other_side_is_told_of_both(both_raised: Motion) -> None:
    events = [RAISE, replace(RAISE, side="left")]
    assert name(find_candidates(events, both_raised)) == [("raise", "both", "")]


def test_a_side_that_alone_acts_is_named(raised: Motion) -> None:
    assert name(find_candidates([RAISE], raised)) == [("raise", "right", "")]


@pytest.mark.parametrize("action", ["drink water", "clapping", "sit down", "pushing someone"])
def test_all_candidates_are_true_and_none_of_one_side_is_true_of_the_other(action: str) -> None:
    motion = synthesize(action, subject=3)
    found = find_candidates(merge_events(find_all_events(motion)), motion)
    steps = [candidate.step for candidate in found]
    assert len(steps) >= 5
    assert {v.verdict for v in verify_steps(steps, motion)} == {"true"}
    swapped = {"left": "right", "right": "left"}
    mirrored = [
        replace(s, side=swapped[s.side], direction=swapped.get(s.direction, s.direction))
        for s in steps
        if s.side in swapped
    ]
    assert "true" not in {v.verdict for v in verify_steps(mirrored, motion)}


def test_what_both_hands_do_from_side_to_side_is_the_same_in_a_mirror_and_is_kept(
    stick_man,
) -> None:
    man, path = stick_man(), np.zeros((60, 3))
    path[:, 0] = 0.15 * np.sin(2 * np.pi * 3 * np.clip((np.arange(60) - 5) / 50, 0, 1))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for joint in ARM:
            place = KINECT_V2.index(f"{side}_{joint}")
            man.joints[:, 0, place] += path * (sign, 1, 1) + (0, 0.5, -0.2)
    wave = make_event("oscillate", "hand", "both", 0.0, 2.0, direction="left")
    (told,) = find_candidates([replace(wave, count=3)], man.motion())
    assert (told.step.side, told.step.direction) == ("both", "left")
