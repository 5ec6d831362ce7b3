"""A wrong answer, an ambiguous one and one that nobody can tell are all caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skeletonllm.motion import Motion
from skeletonllm.questions.checking import (
    AGAIN,
    ALSO_TRUE,
    NOT_TRUE,
    OPEN,
    RIVAL,
    cut_motion,
    find_fault,
    judge_hypothesis,
)
from skeletonllm.questions.draft import Draft, Hypothesis
from skeletonllm.rationales.rationale import Step
from skeletonllm.rationales.verify.verdicts import verify_steps

UP = Step(1, 0.3, 1.0, "raise", "hand", "right")
OTHER = replace(UP, side="left")
LATER = Step(1, 1.2, 1.8, "lower", "hand", "right")


@pytest.fixture
def motion(stick_man) -> Motion:
    """The right hand goes up and comes down again."""
    man = stick_man().arm("right", 0.6, 0.3, 1.0).arm("right", -0.6, 1.2, 1.8)
    found: Motion = man.motion()
    return found


def draft(right: Step, *wrong: Step, never: tuple[Hypothesis, ...] = ()) -> Draft:
    readings = {f"choice {n}": (Hypothesis((step,)),) for n, step in enumerate(wrong)}
    return Draft("side", "choice", "Which?", "this", Hypothesis((right,)), readings, never)


def test_a_right_answer_with_wrong_choices_is_asked(motion: Motion) -> None:
    assert find_fault(draft(UP, OTHER), motion) == ""


def test_a_wrong_answer_is_caught(motion: Motion) -> None:
    assert find_fault(draft(OTHER, UP), motion) == NOT_TRUE


def test_a_choice_that_is_also_right_is_caught(motion: Motion) -> None:
    assert find_fault(draft(UP, OTHER, LATER), motion) == ALSO_TRUE


def test_a_choice_that_nobody_can_tell_is_caught(motion: Motion) -> None:
    hidden = motion.confidence.copy()
    hidden[:, :, [motion.topology.index(f"left_{j}") for j in ("wrist", "hand", "elbow")]] = 0
    assert find_fault(draft(UP, OTHER), replace(motion, confidence=hidden)) == OPEN


def test_what_happens_again_is_caught(motion: Motion) -> None:
    again = Hypothesis((LATER,), (1.0, 2.0))
    assert find_fault(draft(UP, OTHER, never=(again,)), motion) == AGAIN
    once = Hypothesis((LATER,), (0.0, 1.0))
    assert find_fault(draft(UP, OTHER, never=(once,)), motion) == ""


def test_a_cut_looks_at_its_own_seconds_alone(motion: Motion) -> None:
    assert judge_hypothesis(Hypothesis((UP,), (0.0, 1.1)), motion) == "true"
    assert judge_hypothesis(Hypothesis((UP,), (1.05, 2.0)), motion) == "contradicted"
    assert judge_hypothesis(Hypothesis((UP,), (0.0, 0.1)), motion) == "contradicted"
    assert cut_motion(motion, (0.0, 0.1)) is None


def test_a_side_that_does_less_than_the_other_may_do_it_all_the_same(stick_man) -> None:
    both = stick_man().arm("right", 0.6, 0.3, 1.0).arm("left", 0.25, 0.3, 1.0).motion()
    (verdict,) = verify_steps([OTHER], both)
    assert (verdict.verdict, verdict.reason) == ("contradicted", RIVAL)
    assert judge_hypothesis(Hypothesis((OTHER,)), both) == "contradicted"
    assert judge_hypothesis(Hypothesis((OTHER,), one_side=True), both) == "unverifiable"


def test_all_claims_of_a_choice_must_hold(motion: Motion) -> None:
    assert judge_hypothesis(Hypothesis((UP, replace(LATER, id=2))), motion) == "true"
    assert judge_hypothesis(Hypothesis((UP, replace(OTHER, id=2))), motion) == "contradicted"
    assert np.isfinite(motion.joints).all()
