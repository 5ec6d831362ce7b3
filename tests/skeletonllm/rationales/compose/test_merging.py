from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.kinematics import Event
from skeletonllm.rationales.compose.merging import measure_overlap, merge_events, share_a_side
from tests.skeletonllm.rationales.compose.made_events import make_event, make_train

LEFT = make_event("raise", "hand", "left", 0.5, 1.0)
RIGHT = make_event("raise", "hand", "right", 0.6, 1.1)


def name(found: list[Event]) -> list[tuple[str, str, int]]:
    return [(e.motion, e.side, e.count) for e in sorted(found, key=lambda e: (e.start_s, e.side))]


def test_both_sides_alike_become_one() -> None:
    (both,) = merge_events([LEFT, RIGHT])
    assert (both.side, both.start_s, both.end_s) == ("both", 0.5, 1.1)
    assert both.amount == pytest.approx(0.5)


def test_of_unlike_sides_the_larger_is_told_alone() -> None:
    (told,) = merge_events([replace(LEFT, amount=0.2), RIGHT])
    assert told == RIGHT


@pytest.mark.parametrize(
    "other",
    [
        replace(RIGHT, start_s=1.2, end_s=1.7),
        replace(RIGHT, motion="lower"),
        replace(RIGHT, part="elbow"),
        replace(RIGHT, person=1),
    ],
    ids=["another time", "another motion", "another part", "another person"],
)
def test_what_differs_stays_two(other: Event) -> None:
    assert len(merge_events([LEFT, other])) == 2


@pytest.mark.parametrize(
    ("motion", "count"), [("sideways", 2), ("push", 2), ("throw", 2), ("swing", 2), ("raise", 1)]
)
def test_sides_that_go_different_ways_stay_two(motion: str, count: int) -> None:
    left, right = (
        replace(e, motion=motion, direction=way)
        for e, way in ((LEFT, "left"), (RIGHT, "right"))
    )  # fmt: skip
    assert len(merge_events([left, right])) == count


@pytest.mark.parametrize("motion", ["step", "kick", "lunge"])
def test_feet_act_one_by_one(motion: str) -> None:
    left, right = (replace(e, motion=motion, part="foot") for e in (LEFT, RIGHT))
    assert len(merge_events([left, right])) == 2


def test_sides_that_touch_different_parts_are_told_by_the_larger() -> None:
    left, right = replace(LEFT, motion="touch", target="hip"), replace(RIGHT, motion="touch")
    (told,) = merge_events([left, replace(right, target="head", amount=0.6)])
    assert (told.side, told.target) == ("right", "head")


def test_levels_that_differ_are_not_told_of_both() -> None:
    (both,) = merge_events([replace(LEFT, target="head"), replace(RIGHT, target="shoulder")])
    assert (both.side, both.target) == ("both", "")


def test_jitter_is_left_out() -> None:
    assert merge_events([replace(LEFT, end_s=0.6)]) == []


def test_to_and_fro_is_counted() -> None:
    (waved,) = merge_events(make_train("raise", "lower", 3))
    assert (waved.motion, waved.count, waved.start_s) == ("raise", 3, 0.0)
    assert waved.end_s == pytest.approx(2.35)


def test_once_there_and_back_is_two() -> None:
    assert name(merge_events(make_train("bend", "extend", 1))) == [
        ("bend", "right", 1),
        ("extend", "right", 1),
    ]


def test_a_long_rest_parts_to_and_fro() -> None:
    assert len(merge_events(make_train("raise", "lower", 2, pause_s=0.9))) == 4


def test_unlike_sizes_are_no_repetition() -> None:
    large, *rest = make_train("raise", "lower", 2)
    assert len(merge_events([replace(large, amount=2.0), *rest])) > 1


def test_an_arm_goes_to_and_fro_more_often_than_a_leg_before_it_is_counted() -> None:
    twice = make_train("raise", "lower", 2)
    assert [e.count for e in merge_events(twice)] == [1] * 4
    assert [e.count for e in merge_events([replace(e, part="knee") for e in twice])] == [2]


def test_repeated_approaches_have_one_target() -> None:
    train = [replace(e, target="head") for e in make_train("approach", "retreat", 3)]
    assert [e.count for e in merge_events(train)] == [3]
    mixed = [replace(e, target=t) for e, t in zip(train, ("head", "hip") * 3, strict=True)]
    assert [e.count for e in merge_events(mixed)] == [1] * 6


def test_whole_events_are_kept_as_they_are() -> None:
    claps = make_event("clap", "hand", "both", 0.0, 2.0, count=4)
    assert merge_events([claps]) == [claps]


@pytest.mark.parametrize(("start", "end", "overlap"), [(0.5, 1.0, 1), (0.75, 2.0, 0.5), (2, 3, 0)])
def test_overlap_is_a_share_of_the_shorter(start: float, end: float, overlap: float) -> None:
    other = replace(LEFT, start_s=start, end_s=end)
    assert measure_overlap(LEFT, other) == pytest.approx(overlap)
    assert measure_overlap(other, LEFT) == pytest.approx(overlap)


def test_both_sides_are_either_side() -> None:
    both = replace(LEFT, side="both")
    assert share_a_side(LEFT, both)
    assert share_a_side(both, RIGHT)
    assert not share_a_side(LEFT, RIGHT)
    assert not share_a_side(LEFT, replace(both, person=1))
