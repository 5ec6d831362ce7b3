"""Truths by definition: whole, in known words, and matched as they are meant."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.grounding.probes import (
    give_random_causes,
    list_near_counts,
    list_wrong_counts,
    mirror_steps,
    move_levels,
    put_on_motion,
    reverse_windows,
)
from benchmarks.grounding.truths import (
    CORPORA,
    FEWEST,
    FOLDER,
    find_faults,
    load_truths,
    matches,
    tells_defining,
    to_steps,
)
from skeletonllm.errors import UsageError
from skeletonllm.evaluation.classes import list_class_names
from skeletonllm.rationales import Step
from skeletonllm.synthesis import synthesize

RAISE = Step(1, 0.1, 0.5, "raise", "hand", side="right", target="head")
WAVE = Step(2, 0.5, 1.5, "oscillate", "hand", side="right", direction="left", count=3)
LOWER = Step(3, 1.5, 1.9, "lower", "hand", side="right", target="waist")


def define(*any_of: list[dict[str, Any]], ordered: bool = False) -> dict[str, Any]:
    return {"any_of": list(any_of), "ordered": ordered}


def ask(motion: str, side: str = "right", **more: Any) -> dict[str, Any]:
    return {"motion": motion, "part": "hand", "side": side, **more}


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_class_has_truths_and_a_defining_fact(corpus: str) -> None:
    truths = load_truths(corpus)
    assert tuple(truths.classes) == list_class_names(corpus)
    assert all(len(entry.truths) >= FEWEST for entry in truths.classes.values())
    assert all(entry.defining["any_of"] for entry in truths.classes.values())


def test_no_two_classes_of_a_corpus_are_defined_alike() -> None:
    for corpus in CORPORA:
        entries = load_truths(corpus).classes.values()
        assert len({json.dumps(entry.defining) for entry in entries}) == len(entries)
        assert len({entry.definition for entry in entries}) == len(entries)


def test_an_unknown_corpus_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UsageError, match="unknown corpus 'ntu60'; expected one of utd_mhad"):
        load_truths("ntu60")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda data: data.pop("wave"), "no truths of wave"),
        (lambda data: data.update(dance=data["wave"]), "no classes of the corpus: dance"),
        (lambda data: data["wave"]["truths"].__delitem__(slice(2, None)), "wave: 2 truths"),
        (lambda data: data["wave"]["defining"].update(any_of=[]), "wave: nothing defines it"),
        (lambda data: data["wave"]["truths"][0].update(motion="fly"), "unknown motion 'fly'"),
        (lambda data: data["wave"]["truths"][0].update(target="moon"), "unknown target 'moon'"),
        (lambda data: data["wave"]["truths"][0].pop("side"), "no motion, part or side in"),
        (lambda data: data["wave"].pop("definition"), "wave: has truths, defining"),
        (
            lambda data: data["wave"]["defining"]["any_of"][0][0].update(counts=2),
            "unknown field 'counts'",
        ),
    ],
)
def test_a_spoiled_file_is_faulty(spoil: Any, fault: str) -> None:
    data = json.loads((FOLDER / "utd_mhad.json").read_text())
    names = list_class_names("utd_mhad")
    assert not list(find_faults(data, names))
    spoiled = copy.deepcopy(data)
    spoil(spoiled)
    assert any(fault in found for found in find_faults(spoiled, names))


def test_a_truth_is_a_claim_about_the_whole_clip_for_each_alternative() -> None:
    truth = {
        "motion": "raise",
        "part": "hand",
        "any_of_sides": ["left", "right"],
        "target": ["head", "overhead"],
        "count": [1, 2],
    }
    steps = to_steps(truth, 2.5, first_id=7)
    assert [step.id for step in steps] == list(range(7, 15))
    assert {(s.side, s.target, s.count) for s in steps} == {
        (side, target, count)
        for side in ("left", "right")
        for target in ("head", "overhead")
        for count in (1, 2)
    }
    assert {(step.start_s, step.end_s) for step in steps} == {(0.0, 2.5)}


def test_a_truth_without_a_count_allows_any_that_its_motion_may_have() -> None:
    def counts(motion: str) -> list[int]:
        return [step.count for step in to_steps(ask(motion), 1.0)]

    assert counts("hold") == [1]
    assert counts("raise")[0] == 1
    assert min(counts("oscillate")) == 2
    assert counts("raise")[1:] == counts("oscillate")


@pytest.mark.parametrize(
    ("pattern", "does"),
    [
        (ask("oscillate"), True),
        (ask("oscillate", "any"), True),
        (ask("oscillate", "left"), False),
        ({**ask("oscillate"), "motion": ["swing", "oscillate"]}, True),
        (ask("oscillate", direction=["left", ""]), True),
        (ask("oscillate", direction="forward"), False),
        (ask("oscillate", target=["head", ""]), True),
        (ask("oscillate", target="head"), False),
        (ask("oscillate", count_min=3), True),
        (ask("oscillate", count_min=4), False),
        (ask("raise"), False),
    ],
)
def test_a_pattern_matches_a_claim_that_says_all_that_it_names(
    pattern: dict[str, Any], does: bool
) -> None:
    assert matches(pattern, WAVE) is does


def test_one_alternative_is_enough_and_all_its_patterns_are_needed() -> None:
    both = [ask("raise"), ask("throw")]
    assert not tells_defining([RAISE, WAVE], define(both))
    assert tells_defining([RAISE, WAVE], define(both, [ask("oscillate", direction="left")]))
    assert not tells_defining([], define([ask("oscillate")]))


def test_one_claim_tells_no_two_patterns() -> None:
    twice = define([ask("raise"), ask("raise")])
    assert not tells_defining([RAISE], twice)
    assert tells_defining([RAISE, replace(RAISE, id=9, start_s=2.0)], twice)


def test_an_ordered_fact_is_told_by_claims_that_begin_in_its_order_only() -> None:
    down_and_up, up_and_down = [ask("lower"), ask("raise")], [ask("raise"), ask("lower")]
    steps = [RAISE, WAVE, LOWER]
    assert tells_defining(steps, define(up_and_down, ordered=True))
    assert not tells_defining(steps, define(down_and_up, ordered=True))
    assert tells_defining(steps, define(down_and_up))
    again = replace(RAISE, id=4, start_s=2.0, end_s=2.4)
    assert tells_defining([*steps, again], define(down_and_up, ordered=True))


def test_both_is_told_by_a_claim_of_each_side() -> None:
    left = replace(RAISE, id=4, side="left")
    fact = define([ask("raise", "both", target=["head", "overhead"])])
    assert not tells_defining([RAISE, WAVE], fact)
    assert tells_defining([RAISE, left], fact)
    assert tells_defining([replace(RAISE, side="both")], fact)
    assert not tells_defining([RAISE, replace(left, target="waist")], fact)


def test_a_least_count_is_told_by_claims_that_happen_so_often_together() -> None:
    fact = define([ask("lower", count_min=3)])
    other = replace(LOWER, id=4, count=2)
    assert not tells_defining([LOWER], fact)
    assert not tells_defining([other], fact)
    assert tells_defining([LOWER, other], fact)
    assert tells_defining([replace(LOWER, count=3)], fact)


def test_a_moved_count_is_beyond_what_a_judge_may_accept() -> None:
    assert list_wrong_counts(1) == [2]
    assert list_wrong_counts(2) == [1, 3, 4]
    for count in range(3, 9):
        assert all(wrong >= 1 and abs(wrong - count) > 2 for wrong in list_wrong_counts(count))
    assert list_near_counts(2) == []
    assert list_near_counts(3) == [4]
    assert list_near_counts(4) == [3, 5]


def test_a_level_is_moved_by_one_and_a_part_of_the_body_is_none() -> None:
    rng = np.random.default_rng(0)
    touch = Step(4, 0.0, 1.0, "approach", "hand", side="right", target="head")
    (moved,) = move_levels([WAVE, touch, RAISE], rng)
    assert moved.id == RAISE.id
    assert moved.target in ("shoulder", "overhead")


def test_a_random_cause_is_an_earlier_step() -> None:
    found = give_random_causes([RAISE, WAVE, LOWER], np.random.default_rng(1))
    assert [step.id for step in found] == [2, 3]
    assert all(0 < step.causes[0] < step.id for step in found)


def test_a_mirror_changes_sides_directions_and_the_sense_of_a_circle() -> None:
    circle = Step(4, 0.0, 1.0, "circle", "hand", side="left", direction="clockwise")
    swing = Step(5, 0.0, 1.0, "swing", "hand", side="both", direction="left")
    jump = Step(6, 0.0, 1.0, "jump", "body")
    wave, turned, swung = mirror_steps([WAVE, circle, swing, jump])
    assert (turned.side, turned.direction) == ("right", "counterclockwise")
    assert (swung.side, swung.direction) == ("both", "right")
    assert (wave.side, wave.direction) == ("left", "left")  # from side to side is no direction


def test_windows_are_turned_about_the_middle_of_the_clip() -> None:
    motion = synthesize("hand waving", seed=1)
    last_s = (motion.num_frames - 1) / motion.fps
    (turned,) = reverse_windows([RAISE, WAVE], motion)
    assert turned.id == RAISE.id
    assert turned.start_s == pytest.approx(last_s - RAISE.end_s)
    assert turned.end_s == pytest.approx(last_s - RAISE.start_s)


def test_claims_that_begin_after_a_clip_are_not_put_on_it() -> None:
    motion = synthesize("hand waving", seed=1)
    late = replace(RAISE, start_s=motion.duration_s, end_s=motion.duration_s + 1.0)
    long = replace(WAVE, end_s=motion.duration_s + 1.0)
    (kept,) = put_on_motion([late, long], motion)
    assert kept.end_s == motion.duration_s
