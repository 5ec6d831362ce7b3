"""The ranking of classes by a teacher: what is asked, asked again, read and scored."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest

from schemas import ANSWER
from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.request import ChatRequest, Sampling
from skeletonllm.errors import SourceError
from skeletonllm.negatives.teacher import (
    RankingQuestion,
    converse_ranking,
    list_questions,
    read_ranking,
    score_ranking,
    to_ranking_rows,
)
from skeletonllm.prompts.ranking import hash_ranking_prompt
from skeletonllm.rationales.teachers.online import Turn, drive

NAMES = ("clap", "sit down", "wave")
QUESTION = RankingQuestion("all", "lab", "point", NAMES)


def ranking(*names: str) -> str:
    return json.dumps({"ranking": names})


def hold(
    replies: Iterable[str | tuple[str, str]], **how: Any
) -> tuple[list[ChatRequest], list[Turn]]:
    """Requests and turns of a conversation that gets these texts, or pairs of outcome and text."""
    told, asked = iter(replies), list[ChatRequest]()

    def ask(request: ChatRequest) -> Answer:
        asked.append(request)
        said = next(told)
        outcome, text = ("answered", said) if isinstance(said, str) else said
        return Answer(request.key, outcome, text, "stop", request.model)

    talk = converse_ranking(QUESTION, "http://127.0.0.1:1/v1", "tiny", Sampling(), **how)
    return asked, drive(talk, ask)


def test_a_ranking_of_all_names_is_asked_for_once_by_names_alone() -> None:
    (request,), (turn,) = hold([ranking("Wave", "sit-down", "clap")])
    assert not list(request.pictures())
    assert "The action is: point" in "".join(request.texts())
    assert request.prompt_version == "ranking/1"
    assert (turn.turn, turn.facts_given) == (0, False)
    assert turn.prompt_sha256 == hash_ranking_prompt()
    rows = to_ranking_rows(QUESTION, [turn])
    assert read_ranking(QUESTION, rows) == ("wave", "sit down", "clap")


def test_rows_fit_the_schema_of_answers_and_are_about_no_clip() -> None:
    _, turns = hold([ranking("clap"), ranking(*NAMES)])
    rows = to_ranking_rows(QUESTION, turns)
    assert ANSWER.faults(pa.Table.from_pylist(rows, ANSWER.arrow)) == []
    about = ("purpose", "clip_id", "view", "label_namespace", "label", "motion_sha256")
    assert {tuple(row[name] for name in about) for row in rows} == {
        ("ranking", None, "all", "lab", "point", None)
    }
    assert [row["turn"] for row in rows] == [0, 1]


@pytest.mark.parametrize(
    ("first", "fault"),
    [
        (ranking("clap", "wave"), "'sit down' is 0 times there"),
        (ranking(*NAMES, "fly"), "'fly' is no candidate"),
        (ranking(*NAMES, "clap"), "'clap' is 2 times there"),
        ("Clapping, I think.", "it holds no JSON object"),
    ],
)
def test_an_answer_that_is_no_ranking_is_asked_again_with_its_faults(
    first: str, fault: str
) -> None:
    (_, second), turns = hold([first, ranking(*NAMES)])
    *_, said, again = second.texts()
    assert said == first
    assert fault in again
    assert turns[1].prompt_sha256 == hash_ranking_prompt(again=True) != turns[0].prompt_sha256
    assert read_ranking(QUESTION, to_ranking_rows(QUESTION, turns)) == NAMES


def test_a_second_answer_that_is_no_ranking_ends_it_as_not_structured() -> None:
    asked, turns = hold([ranking("clap"), ranking("wave"), ranking(*NAMES)])
    assert len(asked) == 2
    with pytest.raises(SourceError, match="'clap' is 0 times there") as caught:
        read_ranking(QUESTION, to_ranking_rows(QUESTION, turns))
    assert caught.value.code == "not_structured"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("refused", "refused"),
        ("truncated", "truncated_answer"),
        ("filtered", "filtered"),
        ("empty", "no_answer"),
        ("unanswered", "no_answer"),
    ],
)
def test_an_outcome_without_an_answer_is_not_asked_again(outcome: str, code: str) -> None:
    asked, turns = hold([(outcome, "no")])
    assert len(asked) == 1
    with pytest.raises(SourceError, match=outcome) as caught:
        read_ranking(QUESTION, to_ranking_rows(QUESTION, turns))
    assert caught.value.code == code


def test_no_stored_answer_is_no_answer() -> None:
    with pytest.raises(SourceError, match="no answer is stored"):
        read_ranking(QUESTION, [])


def test_the_form_is_asked_for_as_firmly_as_was_said() -> None:
    forms = {
        kind: hold([ranking(*NAMES)], structured=kind)[0][0].response_format
        for kind in ("json_schema", "json_object", "text")
    }
    assert forms["text"] is None
    assert forms["json_object"] == {"type": "json_object"}
    stated = forms["json_schema"]
    assert stated is not None
    assert stated["json_schema"]["name"] == "ranking"
    assert list(stated["json_schema"]["schema"]["properties"]) == ["ranking"]


def test_scores_fall_in_even_steps_to_zero() -> None:
    assert score_ranking(["a", "b", "c", "d"]) == {"a": 0.75, "b": 0.5, "c": 0.25, "d": 0.0}
    assert score_ranking([]) == {}


def test_questions_are_in_order_and_a_class_without_another_is_not_asked_about() -> None:
    questions = list_questions({"p": {"b": ("y", "x"), "a": ("only",)}, "all": {"b": ("x", "z")}})
    assert [(q.view, q.source_uri, q.candidates) for q in questions] == [
        ("all", "b/x", ("z",)),
        ("all", "b/z", ("x",)),
        ("p", "b/x", ("y",)),
        ("p", "b/y", ("x",)),
    ]
