"""From stored answers to a rationale, without a request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from skeletonllm.clip import Clip
from skeletonllm.errors import SourceError
from skeletonllm.rationales.language import parse_claims
from skeletonllm.rationales.rationale import rationales_to_table
from skeletonllm.rationales.teachers.judge import judge_answers

Maker = Callable[..., Clip]
TRUE_STEP: dict[str, Any] = {
    "id": 1, "start_s": 0.4, "end_s": 1.2, "side": "right", "part": "hand", "motion": "raise",
    "text": "The right hand rises.",
}  # fmt: skip
FALSE_STEP = {**TRUE_STEP, "id": 2, "motion": "lower", "text": "The right hand sinks."}
WORDY_STEP = {**TRUE_STEP, "text": "The left hand rises."}
NAMELESS_STEP = {**TRUE_STEP, "id": 4, "side": "centre", "text": "A hand rises."}
VAGUE_STEP = {**TRUE_STEP, "id": 3, "motion": "other", "text": "The hand is moved somehow."}


@pytest.fixture
def raised(stick_man: Any, clip_of: Maker) -> Clip:
    """The right hand rises by 0.5 m between 0.5 s and 1.1 s, and stays there."""
    return clip_of(stick_man().arm("right", 0.5, 0.5, 1.1).motion())


def say(*steps: dict[str, Any], label: str = "drink water") -> str:
    return json.dumps({"summary": "A hand rises.", "steps": steps, "label": label})


def row(text: str, sample: int = 0, turn: int = 0, outcome: str = "answered") -> dict[str, Any]:
    return {
        "sample": sample,
        "turn": turn,
        "variant": 1,
        "outcome": outcome,
        "text": text,
        "finish_reason": "stop",
        "facts_given": turn > 0,
        "prompt_sha256": "a" * 64,
        "request_sha256": hashlib.sha256(f"{sample} {turn}".encode()).hexdigest(),
        "answer_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "tokens_in": 100,
        "tokens_out": 10,
        "usd": 0.5,
    }


def test_a_true_answer_is_accepted(raised: Clip) -> None:
    told = judge_answers(raised, [row(say(TRUE_STEP))], teacher="openai:tiny")
    assert told.rationale_id == "toy/0#openai:tiny/1"
    assert (told.status, told.grounded, told.attempt, told.agreement) == ("accepted", 1.0, 0, None)
    first, step, label = told.text.splitlines()
    assert (first, label) == (told.summary, "Label: drink water")
    assert step == f"1. {told.steps[0].text}"
    assert told.flags == ()
    table = rationales_to_table([told])
    assert table.num_rows == 1


def test_views_are_kept(raised: Clip) -> None:
    views = (("xsub", "b" * 64),)
    told = judge_answers(raised, [row(say(TRUE_STEP))], teacher="t", views=views)
    (stored,) = rationales_to_table([told]).to_pylist()
    assert stored["views"] == [{"name": "xsub", "sha256": "b" * 64}]


def test_the_corrected_answer_counts_and_all_turns_are_paid(raised: Clip) -> None:
    rows = [row(say(FALSE_STEP)), row(say(TRUE_STEP), turn=1)]
    told = judge_answers(raised, rows, teacher="t")
    assert (told.grounded, told.attempt, told.facts_given) == (1.0, 1, True)
    assert (told.tokens_in, told.tokens_out, told.usd) == (200, 20, 1.0)


def test_an_unusable_last_turn_leaves_the_one_before(raised: Clip) -> None:
    rows = [row(say(TRUE_STEP)), row("sorry", turn=1, outcome="refused")]
    told = judge_answers(raised, rows, teacher="t")
    assert (told.status, told.attempt) == ("accepted", 1)
    assert told.request_sha256 == rows[0]["request_sha256"]


def test_the_best_sample_is_taken_and_says_how_far_others_agree(raised: Clip) -> None:
    rows = [row(say(TRUE_STEP, FALSE_STEP), 0), row(say(TRUE_STEP), 1), row("no", 2)]
    told = judge_answers(raised, rows, teacher="t")
    assert told.grounded == 1.0
    assert told.agreement == 0.5
    assert told.usd == 1.5


def test_of_equals_the_first_is_taken(raised: Clip) -> None:
    rows = [row(say(TRUE_STEP), 1), row(say(TRUE_STEP), 0)]
    told = judge_answers(raised, rows, teacher="t")
    assert told.request_sha256 == rows[1]["request_sha256"]
    assert told.agreement == 1.0


@pytest.mark.parametrize(
    ("steps", "least", "status"),
    [
        ((TRUE_STEP, FALSE_STEP), 0.0, "kept_with_faults"),
        ((TRUE_STEP, FALSE_STEP), 0.5, "kept_with_faults"),
        ((TRUE_STEP, FALSE_STEP), 0.6, "rejected"),
        ((TRUE_STEP, VAGUE_STEP), 0.0, "accepted"),
        ((VAGUE_STEP,), 0.0, "kept_with_faults"),
        ((WORDY_STEP,), 0.0, "kept_with_faults"),
        ((TRUE_STEP, NAMELESS_STEP), 0.0, "accepted"),
        ((FALSE_STEP,), 0.0, "rejected"),
        ((NAMELESS_STEP,), 0.0, "rejected"),
    ],
)
def test_the_status_goes_with_what_is_true(
    raised: Clip, steps: tuple[dict[str, Any], ...], least: float, status: str
) -> None:
    told = judge_answers(raised, [row(say(*steps))], teacher="t", min_grounded=least)
    assert told.status == status


def test_the_text_is_of_the_claims_that_are_not_contradicted(raised: Clip) -> None:
    told = judge_answers(raised, [row(say(TRUE_STEP, FALSE_STEP, VAGUE_STEP))], teacher="t")
    assert [step.verdict for step in told.steps] == ["true", "contradicted", "unverifiable"]
    said = [p for p in parse_claims(told.text) if p.role == "step"]
    assert [(p.motion, p.part, p.side) for p in said] == [
        ("raise", "hand", "right"),
        ("other", "hand", "right"),
    ]
    assert [line[:3] for line in told.text.splitlines()[1:3]] == ["1. ", "2. "]


def test_nothing_true_leaves_nothing_to_tell(raised: Clip) -> None:
    told = judge_answers(raised, [row(say(FALSE_STEP))], teacher="t")
    assert (told.summary, told.text) == ("", "Label: drink water")
    assert len(told.steps) == 1
    assert rationales_to_table([told]).num_rows == 1


def test_a_variant_is_told_in_other_words(raised: Clip) -> None:
    texts = {
        judge_answers(raised, [{**row(say(TRUE_STEP)), "variant": v}], teacher="t").steps[0].text
        for v in range(3)
    }
    assert len(texts) == 3


def test_faults_of_words_are_flagged_with_their_step(raised: Clip) -> None:
    wordy = {**WORDY_STEP, "text": "The left hand rises, so this is a throw."}
    others = ("throw", "wave")
    told = judge_answers(raised, [row(say(wordy))], teacher="t", other_labels=others)
    assert "step 1: its text has side left, where the claim has right" in told.flags
    assert "text: another class: throw" in told.flags
    assert "left" not in told.text
    assert "throw" not in told.text


def test_of_two_true_answers_the_one_with_true_words_is_taken(raised: Clip) -> None:
    rows = [row(say(WORDY_STEP), 0), row(say(TRUE_STEP), 1)]
    told = judge_answers(raised, rows, teacher="t")
    assert (told.flags, told.request_sha256) == ((), rows[1]["request_sha256"])


def test_a_claim_that_cannot_be_said_is_flagged_and_not_told(raised: Clip) -> None:
    told = judge_answers(raised, [row(say(TRUE_STEP, NAMELESS_STEP))], teacher="t")
    assert told.flags == ("step 4: not told, side=centre cannot be said",)
    assert told.steps[1].text == ""
    assert len(told.text.splitlines()) == 3


@pytest.mark.parametrize("cause", [99, 1])
def test_a_cause_that_is_no_other_step_contradicts_its_step(raised: Clip, cause: int) -> None:
    told = judge_answers(raised, [row(say({**TRUE_STEP, "causes": [cause]}))], teacher="t")
    assert (told.steps[0].verdict, told.steps[0].causes) == ("contradicted", ())
    assert rationales_to_table([told]).num_rows == 1


@pytest.mark.parametrize("label", ["Drink Water", "drink-water.", "drinkwater"])
def test_labels_are_compared_without_case_and_punctuation(raised: Clip, label: str) -> None:
    told = judge_answers(raised, [row(say(TRUE_STEP, label=label))], teacher="t")
    assert told.label == "drink water"
    assert told.text.endswith("\nLabel: drink water")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "no_answer"),
        ([row("timed out", outcome="unanswered")], "no_answer"),
        ([row("nothing", outcome="empty")], "no_answer"),
        ([row("I cannot help.", outcome="refused")], "refused"),
        ([row('{"summary', outcome="truncated")], "truncated_answer"),
        ([row("blocked", outcome="filtered")], "filtered"),
        ([row("no"), row("no", turn=1)], "not_structured"),
        ([row(say(TRUE_STEP, label="wave"))], "wrong_label"),
        ([row("no", outcome="refused"), row(say(TRUE_STEP, label="wave"), 1)], "wrong_label"),
    ],
)
def test_without_a_usable_answer_the_clip_is_refused(
    raised: Clip, rows: list[dict[str, Any]], code: str
) -> None:
    with pytest.raises(SourceError) as caught:
        judge_answers(raised, rows, teacher="t")
    assert caught.value.code == code
    assert str(caught.value).startswith("toy/0: ")
