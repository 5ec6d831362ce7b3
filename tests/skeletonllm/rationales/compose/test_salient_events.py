from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Event, find_events
from skeletonllm.rationales.compose.salient_events import MOST, select_salient_events
from skeletonllm.synthesis import ACTIONS, synthesize


def event(motion: str, part: str, side: str, start_s: float, end_s: float, **more: object) -> Event:
    base = Event(0, motion, side, part, start_s, end_s, 0.5, "metres", 0.0, 0.5, 3.0)
    return replace(base, **more)  # type: ignore[arg-type]


def test_both_sides_alike_become_one() -> None:
    left, right = (
        event("raise", "hand", "left", 0.5, 1.0),
        event("raise", "hand", "right", 0.6, 1.1),
    )
    (both,) = select_salient_events([left, right])
    assert (both.event.side, both.event.start_s, both.event.end_s) == ("both", 0.5, 1.1)


def test_of_unlike_sides_the_larger_is_told() -> None:
    left = event("raise", "hand", "left", 0.5, 1.0, amount=0.1, prominence=1.1)
    (told,) = select_salient_events([left, event("raise", "hand", "right", 0.6, 1.1)])
    assert told.event.side == "right"


def test_sides_at_different_times_stay_two() -> None:
    left, right = (
        event("raise", "hand", "left", 0.0, 0.5),
        event("raise", "hand", "right", 1.0, 1.5),
    )
    assert [fact.event.side for fact in select_salient_events([left, right])] == ["left", "right"]


def test_to_and_fro_is_counted() -> None:
    times = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]
    train = [
        event("raise" if i % 2 == 0 else "lower", "hand", "right", t, t + 0.35)
        for i, t in enumerate(times)
    ]
    (waved,) = select_salient_events(train)
    assert (waved.count, waved.event.motion) == (3, "raise")
    assert waved.event.end_s == pytest.approx(2.35)


def test_once_up_and_down_is_no_train() -> None:
    up, down = event("raise", "hand", "right", 0, 0.5), event("lower", "hand", "right", 1, 1.5)
    assert [fact.count for fact in select_salient_events([up, down])] == [1, 1]


def test_three_steps_are_a_walk() -> None:
    steps = [
        event("step", "foot", side, t, t + 0.4, direction="forward")
        for side, t in (("left", 0.0), ("right", 0.5), ("left", 1.0))
    ]
    (walk,) = select_salient_events(steps)
    assert (walk.count, walk.event.side, walk.event.direction) == (3, "both", "forward")


def test_what_comes_along_is_left_out() -> None:
    step = event("step", "foot", "left", 0.5, 1.0)
    knee = event("bend", "knee", "left", 0.6, 0.9, unit="degrees", prominence=1.5)
    assert [fact.event.motion for fact in select_salient_events([step, knee])] == ["step"]


@pytest.mark.parametrize("action", list(ACTIONS))
def test_no_chain_is_longer_than_a_mind_can_hold(action: str) -> None:
    told = select_salient_events(find_events(synthesize(action, subject=2)))
    assert 1 <= len(told) <= MOST
    assert [round(f.event.start_s, 1) for f in told] == sorted(
        round(f.event.start_s, 1) for f in told
    )


def test_nobody_is_forgotten() -> None:
    told = select_salient_events(find_events(synthesize("punch/slap someone", subject=2)))
    assert {fact.event.person for fact in told} == {0, 1}


def test_no_events_are_no_facts() -> None:
    assert select_salient_events([]) == ()
