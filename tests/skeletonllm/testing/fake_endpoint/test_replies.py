from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from schemas.rationale import DIRECTIONS, MOTIONS, SIDES
from skeletonllm.testing.fake_endpoint.replies import (
    Reply,
    count_tokens_in,
    echo_label,
    find_label,
    list_texts,
    make_completion,
)

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4000}}


def ask(*parts: Any) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": list(parts)}]}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def test_the_label_of_the_last_line_that_names_one_is_echoed() -> None:
    body = ask(text("Label: sit"), PICTURE, text("Now another one.\nLabel: wave \nGo on."))
    assert find_label(body) == "wave"
    assert json.loads(echo_label(body))["label"] == "wave"


def test_a_request_that_names_no_label_has_an_unknown_one() -> None:
    assert find_label({"messages": [{"role": "user", "content": "Hello"}]}) == "unknown"


def test_the_default_step_speaks_the_words_of_the_schema() -> None:
    (step,) = json.loads(echo_label(ask(text("Label: wave"))))["steps"]
    assert step["motion"] in MOTIONS
    assert step["side"] in SIDES
    assert step["direction"] in DIRECTIONS


class Step(BaseModel):
    motion: Literal["raise", "lower"]
    side: Literal["left", "centre"]
    causes: list[int]
    score: float
    note: str | None


class Structured(BaseModel):
    steps: list[Step]
    label: str
    sure: bool


def test_a_stated_schema_is_filled() -> None:
    schema = {"name": "x", "schema": Structured.model_json_schema()}
    body = ask(text("Label: wave"))
    body["response_format"] = {"type": "json_schema", "json_schema": schema}
    filled = Structured.model_validate_json(echo_label(body))
    assert filled.label == "wave"
    assert (filled.steps[0].motion, filled.steps[0].side) == ("raise", "left")


def test_tokens_are_counted_from_texts_and_pictures_not_from_their_bytes() -> None:
    body = ask(text("12345"), PICTURE, PICTURE)
    assert count_tokens_in(body) == 2 + 2 * 765
    assert count_tokens_in(body, picture_tokens=10) == 22
    assert list_texts(body) == ["12345"]


def test_a_completion_has_usage_and_a_snapshot() -> None:
    said = make_completion(ask(text("1234")), "12345678", "7")
    assert said["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert said["model"] == "tiny-2026-01-01"
    assert said["choices"][0]["message"]["content"] == "12345678"


@pytest.mark.parametrize(
    "reply", [Reply("x", finish_reason="length", tokens_out=9), Reply("x", refusal="No.")]
)
def test_a_reply_in_full_is_answered_as_it_is(reply: Reply) -> None:
    said = make_completion(ask(text("1234")), reply, "7")
    choice = said["choices"][0]
    assert choice["finish_reason"] == reply.finish_reason
    assert choice["message"]["refusal"] == reply.refusal
    assert said["usage"]["completion_tokens"] == (reply.tokens_out or 1)
