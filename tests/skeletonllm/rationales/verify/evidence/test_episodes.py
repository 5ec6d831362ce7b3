from __future__ import annotations

from collections.abc import Sequence

import pytest

from skeletonllm.kinematics import extract_bodies
from skeletonllm.rationales.verify.claim_context import ClaimContext
from skeletonllm.rationales.verify.evidence.episodes import Episode, inspect_episodes, switch_side
from skeletonllm.rationales.verify.intervals import Interval
from tests.skeletonllm.claim_reader import claim

WHOLE = Interval(0, 59)


def look(stick_man, episodes: dict[str, list[Episode]], window: Interval = WHOLE, **more) -> str:
    """What is wrong with a claim about the right hand, where these episodes were found."""
    body = extract_bodies(stick_man().motion())[0]
    context = ClaimContext(claim("kick", "hand", **more), body, (), "right")

    def find(who: ClaimContext, _: Interval) -> Sequence[Episode]:
        return episodes.get(who.side, [])

    return inspect_episodes(context, find, ("hand",), "nothing").observe(window).fault


def test_an_episode_without_a_fault_is_true(stick_man) -> None:
    assert look(stick_man, {"right": [Episode(10, 20, 1.0)]}) == ""
    assert look(stick_man, {}) == "nothing"
    assert look(stick_man, {"right": [Episode(10, 20, 1.0, "slow")]}) == "slow"


def test_an_episode_lies_in_the_window_and_fills_it(stick_man) -> None:
    found = {"right": [Episode(10, 20, 1.0)]}
    assert look(stick_man, found, Interval(8, 24)) == ""
    assert look(stick_man, found, Interval(16, 30)) == "nothing"
    part = look(stick_man, found, Interval(0, 34))
    assert part == "it takes a small part of the window only"


@pytest.mark.parametrize(("amount", "fault"), [(1.2, ""), (1.5, "the other side does it")])
def test_the_other_side_may_do_a_little_more(stick_man, amount: float, fault: str) -> None:
    found = {"right": [Episode(10, 20, 1.0)], "left": [Episode(10, 20, amount)]}
    assert look(stick_man, found) == fault


@pytest.mark.parametrize(("count", "fault"), [(1, ""), (2, ""), (3, "it happens 2 times")])
def test_episodes_are_counted(stick_man, count: int, fault: str) -> None:
    found = {"right": [Episode(10, 20, 1.0), Episode(30, 40, 1.0)]}
    assert look(stick_man, found, count=count) == fault


def test_the_other_side_of_a_context(stick_man) -> None:
    body = extract_bodies(stick_man().motion())[0]
    assert switch_side(ClaimContext(claim("kick", "foot"), body, (), "right")).side == "left"
