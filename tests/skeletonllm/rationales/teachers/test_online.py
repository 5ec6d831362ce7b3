"""Conversations with a scripted teacher: what is asked, what is asked again, what is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from schemas.answer import ANSWER
from skeletonllm.clip import Clip
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.request import ChatRequest, Picture, Sampling
from skeletonllm.rationales.rationale import Step, Verdict
from skeletonllm.rationales.teachers.online import (
    TeacherSettings,
    Turn,
    converse,
    describe_finding,
    drive,
    to_answer_rows,
)
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.clips import make_clip

Maker = Callable[..., Clip]
SETTINGS = TeacherSettings(base_url="http://127.0.0.1:1/v1", model="tiny")
SHEET = Picture(b"jpeg", 8, 8, "recipe")
TRUE_STEP: dict[str, Any] = {
    "id": 1, "start_s": 0.4, "end_s": 1.2, "person": 0, "side": "right", "part": "hand",
    "motion": "raise", "target": "", "direction": "up", "count": 1, "causes": [],
    "text": "The right hand rises.",
}  # fmt: skip
FALSE_STEP = {**TRUE_STEP, "motion": "lower", "text": "The right hand sinks."}


@pytest.fixture
def raised(stick_man: Any, clip_of: Maker) -> Clip:
    """The right hand rises by 0.5 m between 0.5 s and 1.1 s, and stays there."""
    return clip_of(stick_man().arm("right", 0.5, 0.5, 1.1).motion())


def say(*steps: dict[str, Any], label: str = "drink water") -> str:
    return json.dumps({"summary": "A hand rises.", "steps": steps, "label": label})


def run(
    clip: Clip, said: Sequence[str], settings: TeacherSettings = SETTINGS, **which: Any
) -> tuple[list[Turn], list[ChatRequest]]:
    """Turns of a conversation in which the teacher says these texts; ``!refused`` is an outcome."""
    asked: list[ChatRequest] = []

    def ask(request: ChatRequest) -> Answer:
        text = said[len(asked)]
        asked.append(request)
        outcome = text[1:] if text.startswith("!") else "answered"
        return Answer(request.key, outcome, text, "stop", "tiny", "tiny-1", 100, 20, 90, 0.01)

    return drive(converse(clip, settings, (SHEET,), "red is right", **which), ask), asked


def last_text(request: ChatRequest) -> str:
    return [*request.texts()][-1]


def test_a_true_answer_is_not_asked_again(raised: Clip) -> None:
    turns, (request,) = run(raised, [say(TRUE_STEP)])
    assert len(turns) == 1
    assert (turns[0].turn, turns[0].facts_given) == (0, False)
    assert [m.role for m in request.messages] == ["system", "user"]
    assert [*request.pictures()] == [SHEET]
    assert "Ground-truth action label: drink water" in last_text(request)
    assert "red is right" in last_text(request)
    assert request.response_format is not None


def test_an_answer_of_another_form_is_asked_again_with_its_faults(raised: Clip) -> None:
    turns, asked = run(raised, ["I see a person.", say(TRUE_STEP)])
    assert len(turns) == 2
    assert "not valid: it holds no JSON object. Answer again" in last_text(asked[1])
    assert [m.role for m in asked[1].messages] == ["system", "user", "assistant", "user"]
    assert turns[0].prompt_sha256 != turns[1].prompt_sha256
    assert turns[1].facts_given is False


def test_a_form_is_asked_for_twice_at_most(raised: Clip) -> None:
    assert len(run(raised, ["no", "no again"])[0]) == 2


def test_what_the_joints_contradict_is_asked_again_with_what_was_measured(raised: Clip) -> None:
    turns, asked = run(raised, [say(FALSE_STEP), say(TRUE_STEP)])
    assert [turn.facts_given for turn in turns] == [False, True]
    assert re.search(r"step 1: it goes the other way \(measured -0\.\d\d m\)", last_text(asked[1]))


def test_words_that_do_not_say_a_true_claim_cost_no_question(raised: Clip) -> None:
    wrong = {**TRUE_STEP, "text": "The left hand rises in frame 7."}
    assert len(run(raised, [say(wrong)])[0]) == 1


def test_words_that_give_an_answer_away_are_told_with_the_rest(raised: Clip) -> None:
    wrong = {**FALSE_STEP, "text": "The left hand sinks in frame 7."}
    turns, asked = run(raised, [say(wrong), say(TRUE_STEP)])
    assert [turn.facts_given for turn in turns] == [False, True]
    assert "step 1: its text has side left, where the claim has right\n" in last_text(asked[1])
    assert "text: a frame number: frame 7\n" in last_text(asked[1])


def test_faults_of_words_and_of_claims_are_told_together(raised: Clip) -> None:
    wrong = {**TRUE_STEP, "id": 2, "text": "The right foot rises."}
    turns, asked = run(raised, [say(FALSE_STEP, wrong)] * 2)
    assert len(turns) == 2
    found = re.findall(r"^step (\d): (.{6})", last_text(asked[1]), re.MULTILINE)
    assert found == [("1", "it goe"), ("2", "its te")]


def test_a_contradicted_answer_is_asked_again_once(raised: Clip) -> None:
    assert len(run(raised, [say(FALSE_STEP)] * 2)[0]) == 2
    assert len(run(raised, [say(FALSE_STEP)], replace(SETTINGS, reask=False))[0]) == 1


def test_each_kind_of_fault_is_asked_again_once(raised: Clip) -> None:
    turns, asked = run(raised, ["no", say(FALSE_STEP), "no"])
    assert len(turns) == 3
    assert len({request.key for request in asked}) == 3


@pytest.mark.parametrize("outcome", ["refused", "truncated", "filtered", "empty", "unanswered"])
def test_other_outcomes_end_a_conversation(raised: Clip, outcome: str) -> None:
    assert len(run(raised, [f"!{outcome}"])[0]) == 1


def test_facts_are_sent_with_their_amounts_and_noted(clip_of: Maker) -> None:
    clip = clip_of(synthesize("drink water"))
    turns, asked = run(clip, [say(TRUE_STEP)], replace(SETTINGS, facts=True, reask=False))
    assert turns[0].facts_given is True
    assert re.search(r"- \d\.\d\d s to \d\.\d\d s: .*hand.* by \d+ cm", last_text(asked[0]))
    assert "write none of their amounts" in last_text(asked[0])


def test_a_hidden_label_is_not_sent(raised: Clip) -> None:
    hidden = replace(SETTINGS, hide_label=True)
    _, asked = run(raised, [say(TRUE_STEP)], hidden, candidates=("wave", "drink water"))
    assert "wave\ndrink water" in last_text(asked[0])
    _, asked = run(raised, [say(TRUE_STEP)], hidden)
    assert "drink water" not in last_text(asked[0])


def test_each_sample_is_a_request_of_its_own(raised: Clip) -> None:
    settings = replace(SETTINGS, variants=2, samples=3, sampling=Sampling(seed=5))
    asked = [
        run(raised, [say(TRUE_STEP)], settings, variant=v, sample=s)[1][0]
        for v in range(2)
        for s in range(3)
    ]
    assert [request.sample for request in asked] == [*range(6)]
    assert [request.sampling.seed for request in asked] == [*range(5, 11)]
    assert len({request.key for request in asked}) == 6


def test_nothing_that_names_the_clip_is_sent() -> None:
    clip = make_clip(
        synthesize("hand waving"),
        clip_id="PLANTED/id",
        corpus="PLANTED",
        source_uri="archive/PLANTED/a.skeleton",
        person_ids=("PLANTED",),
        subject="PLANTED",
        camera="PLANTED",
        setup="PLANTED",
        repetition="PLANTED",
        label="hand waving",
        label_id=0,
        label_namespace="PLANTED",
    )
    settings = replace(SETTINGS, facts=True)
    _, asked = run(clip, ["no", say(FALSE_STEP), say(FALSE_STEP)], settings)
    assert len(asked) == 3
    assert all("planted" not in json.dumps(request.body()).lower() for request in asked)


def test_rows_fit_the_schema(raised: Clip) -> None:
    turns, _ = run(raised, ["no", say(TRUE_STEP)])
    rows = to_answer_rows(raised, 1, 2, turns, "all")
    assert ANSWER.faults(pa.Table.from_pylist(rows, schema=ANSWER.arrow)) == []
    assert [(row["variant"], row["sample"], row["turn"]) for row in rows] == [(1, 2, 0), (1, 2, 1)]
    assert set(rows[0]) == set(ANSWER.arrow.names)


def test_settings_tell_what_an_answer_depends_on() -> None:
    plain = SETTINGS.to_json()
    assert plain == replace(SETTINGS, min_grounded=0.5, weights="w.safetensors").to_json()
    assert plain != replace(SETTINGS, weights_sha256="a" * 64).to_json()
    assert plain != replace(SETTINGS, facts=True).to_json()
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize(
    ("motion", "measured", "metric", "told"),
    [
        ("bend", -31.4, True, " (measured -31 degrees)"),
        ("lean", 4.2, False, " (measured 4 degrees)"),
        ("raise", -0.31, True, " (measured -0.31 m)"),
        ("raise", 0.25, False, " (measured 0.25 body heights)"),
        ("clap", 3.0, True, " (measured 3 times)"),
        ("walk", 2.0, True, " (measured 2 steps)"),
        ("circle", 0.2, True, ""),
        ("touch", float("inf"), True, ""),
        ("kick", 0.0, True, ""),
        ("raise", float("nan"), True, ""),
    ],
)
def test_findings_have_the_unit_of_their_kind(
    motion: str, measured: float, metric: bool, told: str
) -> None:
    verdict = Verdict("contradicted", measured, "it is not so")
    step = Step(2, 0, 1, motion, "hand")
    assert describe_finding(step, verdict, metric=metric) == f"step 2: it is not so{told}"
