"""The words of questions: they are English, and they say their claims."""

from __future__ import annotations

import pytest

from skeletonllm.questions.words import (
    AIMED,
    is_asked,
    name_limb,
    name_target,
    simplify,
    write_clause,
    write_predicate,
)
from skeletonllm.rationales.language import Phrasing, list_claims, list_facts, parse_claims
from skeletonllm.rationales.rationale import Step

ASKED = [step for step in map(simplify, list_claims(counts=(1, 2))) if is_asked(step)]


def test_a_clause_says_its_claim_and_nothing_else() -> None:
    """It is read back by the parser of rationales, in every variant of its words."""
    for step in ASKED:
        for variant in range(4):
            clause = write_clause(step, Phrasing(variant=variant), "clause")
            (claim,) = parse_claims(f"{clause[0].upper()}{clause[1:]}.")
            assert claim.facts == list_facts(step), clause


def test_every_claim_that_is_asked_has_a_predicate() -> None:
    for step in ASKED:
        for form in ("singular", "plural", "gerund"):
            said = write_predicate(step, Phrasing(), form)
            assert said == " ".join(said.split())
            assert "{" not in said
            if step.motion in AIMED:
                assert name_target(step) in said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step(1, 0, 1, "raise", "hand", "right"), "the right hand goes up"),
        (Step(1, 0, 1, "bend", "knee", "both"), "both knees bend"),
        (Step(1, 0, 1, "lean", "torso", direction="back"), "the trunk leans backward"),
        (Step(1, 0, 1, "turn", "body", direction="left"), "the whole body turns to the left"),
        (
            Step(1, 0, 1, "approach", "hand", "both", target="other hand"),
            "both hands come closer to each other",
        ),
        (
            Step(1, 0, 1, "oscillate", "foot", "both", direction="up", count=3),
            "both feet move up and down",
        ),
    ],
)
def test_sentences_are_plain_english(step: Step, said: str) -> None:
    form = "plural" if step.side == "both" else "singular"
    made = {
        f"{name_limb(step)} {write_predicate(step, Phrasing(variant=n), form)}" for n in range(3)
    }
    assert said in made


def test_what_several_movements_make_together_is_never_named() -> None:
    """A kick, a throw, a seat: classes are called after them."""
    kinds = {step.motion for step in ASKED}
    assert not kinds & {"kick", "throw", "sit", "stand", "clap", "jump", "walk", "run", "pick_up"}
    assert not kinds & {"push", "pull", "crouch", "lunge", "cross", "circle", "swing", "other"}
