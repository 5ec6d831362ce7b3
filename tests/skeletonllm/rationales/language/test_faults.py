from __future__ import annotations

from dataclasses import replace

import pytest

from skeletonllm.rationales.language import (
    Measure,
    Phrasing,
    compose_sentence,
    find_sentence_faults,
    find_text_faults,
    list_claims,
    parse_claims,
)
from skeletonllm.rationales.rationale import Step

RISE = Step(2, 0.2, 1.0, "raise", "hand", "left", target="overhead", count=3)
BEND = Step(1, 0.0, 0.6, "bend", "elbow", "left")
TOUCH = Step(1, 0.0, 1.0, "touch", "hand", "right", target="head")
KICK = Step(1, 0.0, 1.0, "kick", "foot", "right", direction="forward")
SIT = Step(1, 0.0, 1.0, "sit", "body")
CLAP = Step(1, 0.0, 1.0, "clap", "hand", "both", count=4)
WAVE = Step(1, 0.0, 1.0, "oscillate", "hand", "right", target="head", direction="left", count=5)


def test_what_we_compose_is_no_fault() -> None:
    accused = {}
    for number, claim in enumerate(list_claims(counts=(1, 3))):
        if number % 4 == 0:
            text = compose_sentence(claim, None, Phrasing(1, number))
            if faults := find_sentence_faults(text, claim, ()):
                accused[text] = faults
    assert accused == {}


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The person lifts their left arm overhead three times.", RISE),
        ("Their left arm is raised above the head 3 times!", RISE),
        ("The left hand is going up, up over his head, three times.", RISE),
        ("He brings his right palm up and taps his forehead.", TOUCH),
        ("The right leg swings and kicks out forward.", KICK),
        ("She bends her knees and sits down on a chair.", replace(SIT)),
        ("The two hands are clapped together four times in front of the person.", CLAP),
        ("The person waves with the right hand from side to side at head height five times.", WAVE),
    ],
)
def test_free_text_that_agrees_is_no_fault(text: str, claim: Step) -> None:
    faults = find_sentence_faults(text, claim)
    allowed = {"part knees, where the claim has body"}
    assert set(faults) <= allowed


@pytest.mark.parametrize(
    ("text", "claim", "word"),
    [
        ("The left foot kicks the ceiling nine times.", RISE, "foot"),
        ("The left foot kicks the ceiling nine times.", RISE, "kicks"),
        ("The left foot kicks the ceiling nine times.", KICK, "nine"),
        ("The left foot kicks the ceiling nine times.", KICK, "side left"),
        ("The left foot kicks the ceiling nine times.", KICK, "up"),
        ("The person lifts their right arm overhead three times.", RISE, "side right"),
        ("The person lifts both arms overhead three times.", RISE, "side both"),
        ("The person lifts their left arm overhead twice.", RISE, "count twice"),
        ("The person lifts their left arm to chest height.", RISE, "level chest"),
        ("The person drops their left arm overhead.", RISE, "drops"),
        ("The person moves their left arm down.", RISE, "down"),
        ("The right hand reaches up and touches the knee, it seems.", TOUCH, "knee"),
        ("The right hand touches the other person's head, it seems.", TOUCH, "other person"),
        ("She stands up from the chair.", SIT, "stand"),
        ("Somebody claps the right hand.", CLAP, "side right"),
        ("The person waves the right hand up and down.", WAVE, "direction up"),
        ("The left arm goes up overhead by 40 cm.", RISE, "40 cm"),
    ],
)
def test_free_text_that_disagrees_is_a_fault(text: str, claim: Step, word: str) -> None:
    assert any(word in fault for fault in find_sentence_faults(text, claim))


def test_a_cause_may_be_named_and_no_other() -> None:
    text = "The left arm goes up overhead as the person flexes the left elbow."
    assert find_sentence_faults(text, RISE, [BEND]) == ()
    assert find_sentence_faults(text, RISE, []) != ()
    composed = compose_sentence(replace(RISE, causes=(1,)), [BEND, RISE], Phrasing())
    assert find_sentence_faults(composed, RISE, [BEND]) == ()
    assert find_sentence_faults(composed, RISE, [replace(BEND, side="right")]) != ()
    assert find_sentence_faults(composed, RISE) == ()


def test_words_of_teachers_are_taken_as_ours() -> None:
    bow = Step(1, 0.0, 1.0, "bend", "torso", direction="forward")
    arm = Step(1, 0.0, 1.0, "bend", "arm", "left")
    for claim, part in ((bow, "torso"), (arm, "elbow")):
        text = compose_sentence(claim, None, Phrasing(variant=1))
        assert parse_claims(text)[0].part == part
        assert find_sentence_faults(text, claim, ()) == ()


def test_a_measure_must_be_the_one_that_was_measured() -> None:
    measure = Measure(0.62, "metres")
    text = compose_sentence(RISE, None, Phrasing(measures=True), measure=measure)
    assert find_sentence_faults(text, RISE, (), measure) == ()
    assert find_sentence_faults(text.replace("62", "26"), RISE, (), measure) == (
        "number by 26 cm, which was not measured",
    )
    assert find_sentence_faults(text, RISE, ()) != ()


@pytest.mark.parametrize(
    "text",
    [
        "The right hand throws forward.",
        "The person walks forward for four steps.",
        "The person pushes, and the right hand waves a little.",
        "It pushes.\nLabel: throw",
        "This is not a throw.",
    ],
)
def test_the_words_of_a_claim_are_no_fault(text: str) -> None:
    assert find_text_faults(text, "push", ["throw", "walk", "wave"]) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("As labelled, it is one.", "given away"),
        ("The ground truth says so.", "given away"),
        ("The label says so.", "given away"),
        ("It was annotated as a push.", "given away"),
        ("The hand rises in frames 3-5.", "frames 3"),
        ("At frame twelve it stops.", "frame twelve"),
        ("In the 12th frame it stops.", "12th frame"),
        ("So this is a throw.", "class: throw"),
        ("The action is clearly throwing.", "class: throw"),
        ("All this is typical of a throw.", "class: throw"),
        ("It looks like somebody who does a tennis swing.", "class: tennis_swing"),
        ("They are sitting down.", "class: sit down"),
    ],
)
def test_what_tells_the_answer_or_another_is_a_fault(text: str, fault: str) -> None:
    faults = find_text_faults(text, "push", ["throw", "tennis_swing", "sit down"])
    assert any(fault in f for f in faults)


def test_the_own_label_is_no_other_class_within_it() -> None:
    others = ["wave", "hand wave", "draw circle (counter clockwise)"]
    assert find_text_faults("So this is a two hand wave.", "two hand wave", others) == ()
