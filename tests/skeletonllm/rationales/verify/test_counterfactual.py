"""Causes whose share in their effect is known by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.kinematics import Body
from skeletonllm.kinematics.signals import Array
from skeletonllm.rationales import Step
from skeletonllm.rationales.verify import counterfactual
from skeletonllm.rationales.verify.claim_context import Inspection, Observation
from skeletonllm.rationales.verify.counterfactual import HALF, measure_carried_share
from skeletonllm.rationales.verify.intervals import Interval
from tests.skeletonllm.jointed_man import FOREARM, FPS, UPPER_ARM, make_body, move

BEND = Step(1, 0.3, 1.0, "bend", "elbow", side="right")
RAISE = Step(2, 0.3, 1.0, "raise", "hand", side="right")
KNEES = Step(1, 0.3, 1.2, "bend", "knee", side="both")
SINK = Step(2, 0.3, 1.2, "lower", "body")
LEAN = Step(1, 0.3, 1.0, "lean", "torso", direction="forward")
DROP = Step(2, 0.3, 1.0, "lower", "hand", side="right")


def share(cause: Step, effect: Step, *people: Body) -> float:
    return measure_carried_share(cause, effect, people, FPS)


def squat(**more: Array) -> Body:
    legs = {f"{side}_{joint}": move(degrees, 0.3, 1.2) for side in ("left", "right")
            for joint, degrees in (("hip", 50.0), ("knee", 100.0))}  # fmt: skip
    return make_body(**legs, **more)


@pytest.mark.parametrize(("shoulder", "elbow", "about"), [(70, 35, 0.3), (35, 90, 0.8)])
def test_an_elbow_carries_its_part_of_a_rise(shoulder: float, elbow: float, about: float) -> None:
    body = make_body(right_shoulder=move(shoulder, 0.3, 1.0), right_elbow=move(elbow, 0.3, 1.0))
    upper, lower = (1 - np.cos(np.radians(a)) for a in (shoulder, shoulder + elbow))
    rise = UPPER_ARM * upper + FOREARM * lower
    expected = 1 - (UPPER_ARM + FOREARM) * upper / rise
    assert expected == pytest.approx(about, abs=0.03)
    assert share(BEND, RAISE, body) == pytest.approx(expected, abs=0.01)
    assert (measure_carried_share(BEND, RAISE, [body], FPS) >= HALF) == (about > 0.5)


@pytest.mark.parametrize("cause", [KNEES, replace(KNEES, side="left"), replace(KNEES, part="leg")])
def test_knees_carry_a_squat(cause: Step) -> None:
    assert share(cause, SINK, squat()) > 0.95


def test_a_squat_carries_nothing_of_an_arm_and_an_arm_nothing_of_a_squat() -> None:
    body = squat(right_shoulder=move(80, 0.3, 1.2))
    assert share(KNEES, RAISE, body) < 0.05
    assert share(RAISE, SINK, body) == pytest.approx(0)


def test_a_crouch_carries_the_way_of_a_hand_to_the_floor() -> None:
    hand = replace(DROP, end_s=1.2)
    assert share(Step(1, 0.3, 1.2, "crouch", "body"), hand, squat()) > 0.95
    assert share(KNEES, hand, squat()) > 0.95


def test_a_leaning_trunk_carries_its_hand_down() -> None:
    body = make_body(lean=move(60, 0.3, 1.0), right_shoulder=move(0, 0, 1, 90))
    assert share(LEAN, DROP, body) > 0.98
    assert share(replace(LEAN, motion="bend", part="upper body"), DROP, body) > 0.98
    assert share(replace(BEND, motion="extend"), DROP, body) < 0.02


def test_another_limb_carries_nothing() -> None:
    body = make_body(left_shoulder=move(90, 0.3, 1.0), right_shoulder=move(90, 0.3, 1.0))
    assert share(replace(RAISE, side="left"), RAISE, body) == pytest.approx(0)
    earlier = make_body(left_shoulder=move(90, 0.1, 0.5), right_shoulder=move(90, 0.8, 1.5))
    first = replace(RAISE, side="left", start_s=0.1, end_s=0.5)
    assert share(first, replace(RAISE, start_s=0.8, end_s=1.5), earlier) == pytest.approx(0)


def test_what_was_never_raised_cannot_be_lowered() -> None:
    body = make_body(right_shoulder=move(90, 0.1, 0.7) - move(90, 1.0, 1.7))
    first = replace(RAISE, start_s=0.1, end_s=0.7)
    then = replace(DROP, start_s=1.0, end_s=1.7)
    assert share(first, then, body) > 0.95
    first, then = (replace(step, start_s=0.0, end_s=1.95) for step in (first, then))
    assert share(first, then, body) > 0.95


def test_a_lowering_carries_nothing_of_the_raise_before_it() -> None:
    body = make_body(right_shoulder=move(90, 0.1, 0.7) - move(90, 1.0, 1.7))
    late = replace(DROP, start_s=1.0, end_s=1.7)
    assert share(late, replace(RAISE, start_s=0.1, end_s=0.7), body) == pytest.approx(0)


def test_both_hands_need_both_elbows() -> None:
    elbows = {f"{side}_elbow": move(100, 0.3, 1.0) for side in ("left", "right")}
    hands = replace(RAISE, side="both")
    assert share(replace(BEND, side="both"), hands, make_body(**elbows)) > 0.98
    assert share(BEND, hands, make_body(**elbows)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("mine", [0.0, 0.1, 0.3])
def test_another_person_carries_the_part_of_the_gap_that_it_closes(mine: float) -> None:
    me = you = make_body()
    me = replace(me, joints=me.joints - move(mine, 0.3, 1.0)[:, None, None] * (0, 0, 1))
    theirs = move(0.4 - mine, 0.3, 1.0, -1.5)
    you = replace(you, joints=you.joints + theirs[:, None, None] * (0, 0, 1))
    mine_step = Step(1, 0.3, 1.0, "approach", "body", target="other person")
    yours = replace(mine_step, id=2, person=1)
    assert share(yours, mine_step, me, you) == pytest.approx(1 - mine / 0.4, abs=0.01)
    assert np.isnan(share(yours, RAISE, me, you))
    assert np.isnan(share(yours, replace(mine_step, motion="retreat"), me, you))


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (replace(BEND, motion="other"), RAISE),
        (BEND, replace(RAISE, motion="other")),
        (BEND, replace(RAISE, part="tail")),
        (replace(BEND, person=3), RAISE),
        (BEND, replace(RAISE, start_s=9.0, end_s=9.5)),
    ],
)
def test_what_cannot_be_computed_is_nan_and_no_cause(cause: Step, effect: Step) -> None:
    body = make_body(right_elbow=move(90, 0.3, 1.0))
    assert np.isnan(share(cause, effect, body))
    assert not measure_carried_share(cause, effect, [body], FPS) >= HALF


def test_an_unseen_elbow_is_nan() -> None:
    body = make_body(right_elbow=move(90, 0.3, 1.0))
    joints = body.joints.copy()
    joints[:, body.topology.index("right_elbow")] = np.nan
    assert np.isnan(share(BEND, RAISE, replace(body, joints=joints)))


def inspect(effect: str, height: float) -> Callable[[Step, Sequence[Body]], list[list[Inspection]]]:
    """A measurement, of one motion only: how far the right hand gets above a height."""

    def find(step: Step, people: Sequence[Body]) -> list[list[Inspection]]:
        above = people[0].height("right_hand") - height

        def observe(interval: Interval) -> Observation:
            there = np.flatnonzero(above[interval.first : interval.last + 1] > 0)
            onset = interval.first + int(there[0]) if there.size else None
            return Observation(float(above[interval.last]), onset=onset)

        return [[Inspection(observe, flat=False)]] if step.motion == effect else []

    return find


def test_a_claim_that_is_inspected_counts_by_its_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counterfactual, "find_looks", inspect("raise", -0.03))
    body = make_body(right_elbow=move(90, 0.3, 1.0), left_elbow=move(90, 0.3, 1.0))
    assert share(BEND, RAISE, body) == 1
    assert share(replace(BEND, side="left"), RAISE, body) == pytest.approx(0)


def test_a_movement_that_ends_in_a_touch_carries_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counterfactual, "find_looks", inspect("touch", 0.1))
    arms = {f"{side}_shoulder": move(120, 0.3, 1.0) for side in ("left", "right")}
    touch = replace(RAISE, motion="touch", target="head", start_s=1.0, end_s=1.9)
    assert share(RAISE, touch, make_body(**arms)) == 1
    assert share(replace(RAISE, side="left"), touch, make_body(**arms)) == 0
    assert np.isnan(share(RAISE, touch, make_body()))
