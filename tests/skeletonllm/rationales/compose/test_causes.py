"""Causes that are named: of a man of hinges whose shares are known by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Body
from skeletonllm.rationales.compose.causes import MOST, link_causes
from skeletonllm.rationales.rationale import Step
from tests.skeletonllm.jointed_man import FPS, make_body, move

BEND = Step(1, 0.3, 1.0, "bend", "elbow", side="right")
RAISE = Step(2, 0.3, 1.0, "raise", "hand", side="right")
KNEES = Step(1, 0.3, 1.2, "bend", "knee", side="both")
SINK = Step(2, 0.3, 1.2, "lower", "body")


def curl() -> Body:
    """The forearm makes most of the rise."""
    return make_body(right_shoulder=move(35, 0.3, 1.0), right_elbow=move(90, 0.3, 1.0))


def reach() -> Body:
    """The upper arm does."""
    return make_body(right_shoulder=move(70, 0.3, 1.0), right_elbow=move(35, 0.3, 1.0))


def squat() -> Body:
    angles = {
        f"{side}_{joint}": move(degrees, 0.3, 1.2)
        for side in ("left", "right")
        for joint, degrees in (("hip", 50.0), ("knee", 100.0))
    }
    return make_body(**angles)


def link(body: Body, *steps: Step) -> list[tuple[int, ...]]:
    return [step.causes for step in link_causes(steps, [body], FPS)]


def test_an_elbow_that_carries_most_of_a_rise_is_its_cause() -> None:
    assert link(curl(), BEND, RAISE) == [(), (1,)]


def test_an_elbow_that_carries_less_than_half_is_none() -> None:
    assert link(reach(), BEND, RAISE) == [(), ()]


def test_knees_carry_the_body_down() -> None:
    assert link(squat(), KNEES, SINK) == [(), (1,)]


def test_steps_stay_as_they_are_but_for_their_causes() -> None:
    bend, rise = link_causes([BEND, RAISE], [curl()], FPS)
    assert bend == BEND
    assert replace(rise, causes=()) == RAISE


@pytest.mark.parametrize(
    "cause",
    [
        replace(BEND, side="left"),
        replace(BEND, motion="hold"),
        replace(BEND, start_s=0.5),
        replace(BEND, start_s=0.0, end_s=0.3),
        replace(RAISE, id=1, part="foot"),
    ],
    ids=["the other arm", "rest", "later", "over by then", "another limb"],
)
def test_what_cannot_carry_it_is_no_cause(cause: Step) -> None:
    assert link(curl(), cause, RAISE) == [(), ()]


def test_a_hand_does_not_bend_its_elbow() -> None:
    rise, bend = replace(RAISE, id=1), replace(BEND, id=2)
    assert link(curl(), rise, bend) == [(), ()]


def test_no_more_causes_are_named_than_can_be_said() -> None:
    bends = [replace(BEND, id=i, start_s=0.3 + i / 100) for i in range(1, 5)]
    (*_, causes) = link(curl(), *bends, replace(RAISE, id=9, start_s=0.35))
    assert len(causes) == MOST
    assert list(causes) == sorted(causes)


def test_another_person_leads_only_to_what_is_about_a_person() -> None:
    walk = Step(1, 0.3, 1.2, "walk", "body", person=1, count=2)
    steps = link_causes([walk, RAISE], [curl(), squat()], FPS)
    assert steps[1].causes == ()
