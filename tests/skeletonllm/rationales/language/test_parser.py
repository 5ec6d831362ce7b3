from __future__ import annotations

import re
from dataclasses import replace
from itertools import cycle

import pytest

from skeletonllm.rationales.language import (
    Measure,
    Phrasing,
    compose_sentence,
    compose_summary,
    list_claims,
    list_facts,
    parse_claims,
)
from skeletonllm.rationales.rationale import Step

BEND = Step(1, 0.0, 0.6, "bend", "elbow", "right")
RISE = Step(2, 0.2, 1.0, "raise", "hand", "right", target="head", count=3, causes=(1,))
LEAN = Step(3, 1.2, 2.0, "lean", "torso", direction="forward", causes=(1, 2))
CHAIN = [BEND, RISE, LEAN]


@pytest.mark.parametrize(("person", "persons"), [(0, 1), (0, 2), (1, 2)])
def test_a_composed_sentence_gives_its_claim_back(person: int, persons: int) -> None:
    wrong = []
    paces = cycle(("", "quickly", "slowly"))
    for number, claim in enumerate(list_claims(person, counts=(1, 2, 13))):
        text = compose_sentence(claim, None, Phrasing(persons, number), pace=next(paces))
        parsed = parse_claims(text)
        if [p.facts for p in parsed] != [list_facts(claim)]:
            wrong.append((text, parsed))
    assert wrong == []


@pytest.mark.parametrize("variant", range(30))
def test_causes_are_given_back_whatever_the_form(variant: int) -> None:
    found = parse_claims(" ".join(compose_sentence(s, CHAIN, Phrasing(1, variant)) for s in CHAIN))
    assert [p.facts for p in found] == [list_facts(s) for s in CHAIN]
    assert [p.cause_indices for p in found] == [(), (0,), (0, 1)]


def test_a_cause_that_was_not_told_before_has_no_index() -> None:
    (found,) = parse_claims("Because the left knee bends, the left foot rises.")
    assert found.cause_indices == (-1,)
    assert found.causes[0].facts == ("bend", "knee", "left", 0, "", "", 1)


def test_of_two_alike_causes_the_fuller_one_is_told() -> None:
    low = replace(RISE, id=1, target="chest", count=1, causes=())
    high = replace(RISE, id=2, target="overhead", count=1, causes=())
    chain = [low, high, replace(BEND, id=3, causes=(1,))]
    for variant in range(6):
        told = [compose_sentence(s, chain, Phrasing(1, variant)) for s in chain]
        assert parse_claims(" ".join(told))[2].cause_indices == (0,)


@pytest.mark.parametrize("variant", range(14))
@pytest.mark.parametrize("persons", [1, 2])
def test_a_summary_is_parsed_as_parts_and_claims(variant: int, persons: int) -> None:
    found = parse_claims(compose_summary(CHAIN, Phrasing(persons, variant), main=[2, 3]))
    told = [p.facts for p in found if p.role == "summary"]
    assert told == [list_facts(RISE), list_facts(LEAN)]
    cast = [(p.part, p.side) for p in found if p.role == "cast"]
    assert cast == [("hand", "right"), ("torso", "centre")]


def test_case_and_white_space_do_not_matter() -> None:
    text = compose_sentence(RISE, CHAIN, Phrasing(2, 3))
    spaced = "  " + text.upper().replace(" ", " \n\t ") + "  "
    assert [p.facts for p in parse_claims(spaced)] == [p.facts for p in parse_claims(text)]


def test_a_label_is_cut_and_the_unknown_is_named() -> None:
    text = "The right elbow bends. The moon rises to head height.\nLabel: The head rises."
    bends, moon = parse_claims(text)
    assert (bends.motion, bends.role) == ("bend", "step")
    assert (moon.motion, moon.role, moon.text) == (
        *("unknown", "unknown"),
        "The moon rises to head height.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "The right hands rise.",
        "Both foot rises.",
        "The right torso leans.",
        "The left elbow rises to head height.",
        "The hand rises.",
        "The right hand rises to head height, because of luck.",
    ],
)
def test_a_sentence_that_nobody_composes_is_unknown(text: str) -> None:
    assert [p.role for p in parse_claims(text)] == ["unknown"]


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (Measure(0.62, "metres"), "by 62 cm"),
        (Measure(1.2, "metres"), "by 1.2 m"),
        (Measure(85.0, "degrees", 160.0), "from 160 to 85 degrees"),
        (Measure(40.0, "degrees"), "by 40 degrees"),
        (Measure(0.3, "statures"), "by 30 % of body height"),
        (Measure(1.2, "seconds"), "for 1.2 s"),
    ],
)
def test_a_measure_is_told_only_where_asked_and_given_back(measure: Measure, words: str) -> None:
    told = compose_sentence(RISE, CHAIN, Phrasing(measures=True), measure=measure)
    assert words in told
    assert parse_claims(told)[0].measure == measure
    silent = compose_sentence(RISE, CHAIN, Phrasing(), measure=measure)
    assert not re.search(r"\d", silent)
    assert parse_claims(silent)[0].measure is None


def test_wrist_and_palm_are_read_as_the_hand() -> None:
    found = parse_claims("The right wrist rises. Both palms clap.")
    assert [(p.motion, p.part) for p in found] == [("raise", "hand"), ("clap", "hand")]
