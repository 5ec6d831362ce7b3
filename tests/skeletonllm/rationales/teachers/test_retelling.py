"""Claims of a teacher in our words, and its own words against its claims."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.rationales.language import Phrasing, parse_claims
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.teachers.retelling import (
    find_word_faults,
    name_plainly,
    retell,
    simplify_claim,
)

BEND = Step(1, 0.3, 0.9, "bend", "elbow", "right", verdict="true", text="The right elbow bends.")
RAISE = Step(2, 0.4, 1.0, "raise", "hand", "right", target="head", causes=(1,), verdict="true")
KICK = Step(3, 1.2, 1.5, "kick", "foot", "left", direction="forward", verdict="contradicted")


def test_contradicted_steps_are_kept_and_not_told() -> None:
    told = retell([BEND, KICK, RAISE], "wave", Phrasing(key="clip"))
    assert told.told == (1, 2)
    assert [step.id for step in told.steps] == [1, 3, 2]
    assert all(step.text for step in told.steps)
    assert told.steps[1].text not in told.text
    said = parse_claims(told.text)
    assert {p.motion for p in said if p.role == "step"} == {"bend", "raise"}
    assert "kick" not in {p.motion for p in said}


def test_a_contradicted_cause_is_not_named() -> None:
    told = retell([replace(BEND, verdict="contradicted"), RAISE], "wave", Phrasing(key="clip"))
    (raised,) = [p for p in parse_claims(told.text) if p.role == "step"]
    assert raised.causes == ()
    assert told.steps[1].causes == (1,)


def test_a_true_cause_is_named() -> None:
    told = retell([BEND, RAISE], "wave", Phrasing(key="clip"))
    (raised,) = [p for p in parse_claims(told.text) if p.motion == "raise" and p.role == "step"]
    assert [cause.motion for cause in raised.causes] == ["bend"]


def test_the_summary_tells_what_is_true_before_what_nobody_can_check() -> None:
    vague = replace(KICK, verdict="unverifiable")
    told = retell([vague, BEND, RAISE], "wave", Phrasing(key="clip"))
    said = {p.motion for p in parse_claims(told.summary) if p.role == "summary"}
    assert said == {"bend", "raise"}


def test_nothing_to_tell_leaves_the_label() -> None:
    told = retell([KICK], "wave", Phrasing())
    assert (told.told, told.summary, told.text) == ((), "", "Label: wave")


def test_a_person_who_is_not_there_is_named_where_nothing_is_taught() -> None:
    told = retell([BEND, replace(KICK, person=4)], "wave", Phrasing())
    assert "fifth person" in told.steps[1].text.lower()
    assert "person's" not in told.steps[0].text or "first" not in told.steps[0].text


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (replace(RAISE, side="centre"), "side=centre"),
        (replace(RAISE, part="tail"), "part=tail"),
        (Step(1, 0, 1, "push", "hand", "left"), "direction="),
        (Step(1, 0, 1, "touch", "hand", "left", target="ceiling"), "target=ceiling"),
    ],
)
def test_what_cannot_be_said_is_flagged(step: Step, fault: str) -> None:
    told = retell([replace(step, id=7, verdict="true")], "wave", Phrasing())
    assert told.flags == (f"step 7: not told, {fault} cannot be said",)
    assert (told.told, told.steps[0].text) == ((), "")


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        (Step(1, 0, 1, "raise", "arm", "left", target="floor"), ("hand", "left", "the floor")),
        (Step(1, 0, 1, "raise", "wrist", "left", target="mouth"), ("hand", "left", "head")),
        (Step(1, 0, 1, "touch", "hand", "left", target="face"), ("hand", "left", "head")),
        (
            Step(1, 0, 1, "approach", "hand", "left", target="the right hand"),
            ("hand", "left", "other hand"),
        ),
        (
            Step(1, 0, 1, "approach", "body", target="the partner"),
            ("body", "centre", "other person"),
        ),
        (
            Step(1, 0, 1, "touch", "hand", "both", target="other person's face"),
            ("hand", "both", "other person's head"),
        ),
        (Step(1, 0, 1, "lower", "body", "both"), ("body", "centre", "")),
    ],
)
def test_teachers_have_many_words_for_one_thing(claim: Step, name: tuple[str, str, str]) -> None:
    plain = name_plainly(claim)
    assert (plain.part, plain.side, plain.target) == name


def test_what_a_kind_has_no_words_for_is_left_out() -> None:
    assert simplify_claim(replace(RAISE, direction="up")) == RAISE
    assert simplify_claim(replace(BEND, direction="forward", target="shoulder")) == BEND
    assert simplify_claim(Step(1, 0, 1, "sit", "body", count=2)).count == 1
    assert simplify_claim(KICK) == KICK


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("The right hand rises to the head.", ()),
        ("Because the right elbow bends, the right hand rises to head height.", ()),
        ("The person lifts the right arm up.", ()),
        ("The left hand rises.", ("step 2: its text has side left, where the claim has right",)),
        ("The right hand rises twice.", ("step 2: its text has count 2, where the claim has 1",)),
    ],
)
def test_words_are_compared_with_claim_and_causes(text: str, faults: tuple[str, ...]) -> None:
    claim = replace(RAISE, part="arm", direction="up", text=text)
    assert find_word_faults("A hand rises.", [BEND, claim], "wave") == faults


def test_words_give_no_label_away() -> None:
    said = "As labelled, the person waves. In frame 3 the hand is up."
    found = find_word_faults(said, [BEND], "hand waving", ["throw"])
    assert len(found) == 2
    assert all(fault.startswith("text: ") for fault in found)
