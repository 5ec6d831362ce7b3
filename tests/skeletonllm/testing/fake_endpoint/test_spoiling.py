from __future__ import annotations

import json
from typing import Any

import pytest

from skeletonllm.testing.fake_endpoint.faults import BILLED, FaultPlan
from skeletonllm.testing.fake_endpoint.replies import make_completion
from skeletonllm.testing.fake_endpoint.spoiling import is_refusal, refuse, spoil

TEXT = '{"summary": "An arm rises.", "label": "wave"}'


def spoiled(fault: str | None, text: str = TEXT) -> dict[str, Any]:
    return spoil(make_completion({"model": "tiny"}, text, "1"), fault)


def content(fault: str, text: str = TEXT) -> str:
    said: str = spoiled(fault, text)["choices"][0]["message"]["content"]
    return said


@pytest.mark.parametrize("fault", ["fenced_json", "cut_json", "prose"])
def test_broken_json_is_broken(fault: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(content(fault))


def test_a_fence_keeps_the_whole_answer_and_adds_a_comma() -> None:
    inside = content("fenced_json").partition("```json\n")[2].removesuffix("\n```")
    assert json.loads(inside.replace(",}", "}")) == json.loads(TEXT)


def test_a_wrong_label_replaces_the_label_and_nothing_else() -> None:
    assert json.loads(content("wrong_label")) == {**json.loads(TEXT), "label": "stand still"}
    assert content("wrong_label", "He waves.\nLabel: wave") == "He waves.\nLabel: stand still"


def test_a_wrong_label_is_wrong_even_where_the_true_one_is_its_favourite() -> None:
    assert content("wrong_label", "Label: stand still") == "Label: walk in a circle"


def test_completions_without_an_answer() -> None:
    assert spoiled("no_choices")["choices"] == []
    assert content("empty") == ""
    refused = spoiled("refusal")["choices"][0]
    assert refused["message"]["content"] is None
    assert refused["message"]["refusal"]
    assert spoiled("filtered_answer")["choices"][0]["finish_reason"] == "content_filter"


def test_a_truncated_answer_says_so() -> None:
    choice = spoiled("length")["choices"][0]
    assert choice["finish_reason"] == "length"
    assert TEXT.startswith(choice["message"]["content"])


@pytest.mark.parametrize("fault", [None, "slow", "cut", "hang", "html", "dropped"])
def test_what_lies_in_the_connection_leaves_the_completion_as_it_is(fault: str | None) -> None:
    assert spoiled(fault)["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("fault", [kind for kind in BILLED if is_refusal(kind)])
def test_refusals_have_a_status_and_are_not_billed(fault: str) -> None:
    status, body, headers = refuse(fault, FaultPlan(retry_after_s=3), "Bearer s3cret")
    assert status >= 400
    assert BILLED[fault] == "no"
    assert headers == ({"retry-after": "3"} if fault == "limited" else {})
    assert ("s3cret" in body["error"]["message"]) == (fault == "echoed_key")
