from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.candidates import Candidate, make_claim
from skeletonllm.rationales.compose.telling import (
    MOST,
    MOST_OF_MUCH,
    choose_told,
    score_candidate,
)
from tests.skeletonllm.rationales.compose.made_events import make_event

RAISE = make_event("raise", "hand", "right", 0.5, 1.1)
CLAP = make_event("clap", "hand", "both", 0.4, 2.0, count=3)


def offer(*events: Event) -> list[Candidate]:
    return [Candidate(event, make_claim(event)) for event in events]


def name(found: list[Candidate]) -> list[str]:
    return [candidate.step.motion for candidate in found]


def score(event: Event) -> float:
    return score_candidate(offer(event)[0])


def test_nothing_is_chosen_from_nothing() -> None:
    assert choose_told([]) == []


def test_what_is_made_of_several_movements_comes_first() -> None:
    assert name(choose_told(offer(RAISE, CLAP)))[0] == "clap"


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (RAISE, CLAP),
        (RAISE, replace(RAISE, prominence=4.5)),
        (replace(RAISE, end_s=0.6), RAISE),
        (RAISE, replace(RAISE, target="overhead")),
        (
            make_event("approach", "hand", "right", 0, 1, target="head"),
            make_event("approach", "hand", "right", 0, 1, target="other person"),
        ),
    ],
    ids=["kind", "size", "length", "height", "person"],
)
def test_kind_size_length_and_others_count(less: Event, more: Event) -> None:
    assert score(less) < score(more)


def test_what_is_very_large_says_no_more() -> None:
    assert score(replace(RAISE, prominence=50)) == score(replace(RAISE, prominence=500))


def test_a_chain_has_an_end() -> None:
    events = [replace(RAISE, start_s=float(t), end_s=t + 0.6) for t in range(80)]
    assert len(choose_told(offer(*events[:30]))) == MOST
    assert len(choose_told(offer(*events), 3)) == 3


def test_of_much_more_is_told_but_never_all() -> None:
    events = [replace(RAISE, start_s=float(t), end_s=t + 0.6) for t in range(80)]
    assert len(choose_told(offer(*events[:45]))) == 18
    assert len(choose_told(offer(*events))) == MOST_OF_MUCH


def test_what_both_arms_do_comes_before_what_one_does() -> None:
    right = make_event("sideways", "hand", "right", 0.5, 1.1, direction="right", prominence=2.0)
    left = make_event("sideways", "hand", "left", 2.5, 3.1, direction="left", prominence=2.0)
    lean = make_event("lean", "torso", "centre", 4.0, 5.0)
    alone = choose_told(offer(lean, right))
    assert name(alone) == ["lean", "sideways"]
    assert name(choose_told(offer(lean, right, left))) == ["sideways", "sideways", "lean"]


def test_both_arms_must_go_the_mirrored_way() -> None:
    right = make_event("sideways", "hand", "right", 0.5, 1.1, direction="right", prominence=2.0)
    left = make_event("sideways", "hand", "left", 2.5, 3.1, direction="right", prominence=2.0)
    lean = make_event("lean", "torso", "centre", 4.0, 5.0)
    assert name(choose_told(offer(lean, right, left)))[0] == "lean"


@pytest.mark.parametrize(("start_s", "first"), [(1.2, "backward"), (2.5, "turn")])
def test_a_hand_drawn_away_right_before_a_stroke_is_told_with_it(
    start_s: float, first: str
) -> None:
    drawn = make_event("backward", "hand", "right", 0.5, 1.1)
    stroke = make_event("throw", "hand", "right", start_s, start_s + 0.4, direction="forward")
    turn = make_event("turn", "body", "centre", 4.0, 5.0, prominence=1.5)
    assert name(choose_told(offer(turn, drawn, stroke)))[:2] == ["throw", first]


def test_the_same_at_the_same_time_is_told_once() -> None:
    again = replace(RAISE, start_s=0.6, prominence=2.0)
    assert [c.event for c in choose_told(offer(RAISE, again))] == [RAISE]


def test_the_same_at_another_time_is_told_again() -> None:
    later = replace(RAISE, start_s=1.5, end_s=2.0)
    assert len(choose_told(offer(RAISE, later))) == 2


def test_a_piece_of_a_whole_comes_after_what_happens_beside_it() -> None:
    piece = make_event("raise", "hand", "right", 0.6, 1.0, prominence=3.2)
    beside = make_event("bend", "knee", "left", 0.6, 1.0)
    assert name(choose_told(offer(piece, beside, CLAP))) == ["clap", "bend", "raise"]


def test_the_order_of_what_is_offered_does_not_matter() -> None:
    events = [
        RAISE,
        CLAP,
        make_event("bend", "knee", "left", 0.6, 1.0),
        make_event("lower", "hand", "right", 1.2, 1.8),
    ]
    assert choose_told(offer(*events)) == choose_told(offer(*events[::-1]))
