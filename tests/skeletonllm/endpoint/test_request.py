"""The key of a request: all that an answer depends on changes it, and pixels do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skeletonllm.endpoint.request import ChatRequest, Message, Picture, Sampling
from skeletonllm.errors import UsageError

PICTURE = Picture(b"pixels", 64, 48, "recipe")
USER = Message("user", ("Explain.", PICTURE))
REQUEST = ChatRequest(
    "http://127.0.0.1:1/v1",
    "tiny",
    (Message("system", ("Be short.",)), USER),
    Sampling(seed=1, top_p=0.9),
    "rationale/1",
    0,
    {"type": "json_object"},
)


def with_user(*parts: Any) -> ChatRequest:
    return replace(REQUEST, messages=(REQUEST.messages[0], Message("user", parts)))


def sampled(**changed: Any) -> ChatRequest:
    return replace(REQUEST, sampling=replace(REQUEST.sampling, **changed))


OTHERS = {
    "base_url": replace(REQUEST, base_url="http://127.0.0.1:2/v1"),
    "model": replace(REQUEST, model="tiny2"),
    "prompt_version": replace(REQUEST, prompt_version="rationale/2"),
    "sample": replace(REQUEST, sample=1),
    "no form": replace(REQUEST, response_format=None),
    "another form": replace(REQUEST, response_format={"type": "text"}),
    "temperature": sampled(temperature=0.3),
    "no temperature": sampled(temperature=None),
    "top_p": sampled(top_p=0.8),
    "max_tokens": sampled(max_tokens=1201),
    "seed": sampled(seed=2),
    "no seed": sampled(seed=None),
    "max_tokens_name": sampled(max_tokens_name="max_completion_tokens"),
    "extra": sampled(extra={"reasoning_effort": "low"}),
    "role": replace(REQUEST, messages=(Message("user", ("Be short.",)), USER)),
    "text": with_user("Explain!", PICTURE),
    "order of parts": with_user(PICTURE, "Explain."),
    "parts glued": with_user("Expl", "ain.", PICTURE),
    "recipe": with_user("Explain.", replace(PICTURE, recipe="other")),
    "detail": with_user("Explain.", replace(PICTURE, detail="low")),
    "no picture": with_user("Explain."),
    "order of messages": replace(REQUEST, messages=REQUEST.messages[::-1]),
    "system prompt gone": replace(REQUEST, messages=REQUEST.messages[1:]),
}


def test_every_field_changes_the_key_and_no_two_changes_give_the_same() -> None:
    keys = {name: other.key for name, other in OTHERS.items()} | {"": REQUEST.key}
    assert len(set(keys.values())) == len(keys)


def test_the_key_is_the_same_on_every_run() -> None:
    assert REQUEST.key == "0bac39da0480567398c8832c5096ad63ea8572e0cf0841bd5d7f75de511b4aea"


@pytest.mark.parametrize(
    "same",
    [
        with_user("Explain.", replace(PICTURE, data=b"the last bit differs")),
        replace(REQUEST, base_url=REQUEST.base_url + "/"),
        sampled(extra={}),
        replace(REQUEST, response_format=dict(REQUEST.response_format or {})),
    ],
)
def test_pixels_and_spelling_do_not_change_the_key(same: ChatRequest) -> None:
    assert same.key == REQUEST.key


def test_whole_and_real_numbers_of_one_value_are_one_request() -> None:
    assert sampled(temperature=0).key == sampled(temperature=0.0).key
    assert sampled(top_p=1).key == sampled(top_p=1.0).key


def test_the_order_of_extra_fields_does_not_matter() -> None:
    first, second = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert sampled(extra=first).key == sampled(extra=second).key


def test_the_body_holds_what_an_endpoint_takes_and_no_word_of_ours() -> None:
    body = REQUEST.body()
    assert set(body) == {
        "model", "messages", "temperature", "top_p", "seed", "max_tokens", "response_format",
    }  # fmt: skip
    assert body["messages"][0] == {"role": "system", "content": "Be short."}
    text, picture = body["messages"][1]["content"]
    assert text == {"type": "text", "text": "Explain."}
    assert picture["image_url"]["url"] == "data:image/jpeg;base64,cGl4ZWxz"
    assert "recipe" not in str(body)


def test_pixels_are_not_in_the_repr_of_a_request() -> None:
    assert "pixels" not in repr(REQUEST)


def test_texts_and_pictures_come_in_order() -> None:
    assert list(REQUEST.texts()) == ["Be short.", "Explain."]
    assert list(REQUEST.pictures()) == [PICTURE]


@pytest.mark.parametrize(
    "name",
    ["model", "messages", "response_format", "temperature", "top_p", "seed", "max_tokens",
     "max_completion_tokens", "n", "stream", "tools"],
)  # fmt: skip
def test_an_extra_field_that_is_stated_elsewhere_or_changes_the_price_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"field '{name}'"):
        Sampling(extra={"reasoning_effort": "low", name: 2})


def test_an_extra_field_named_as_the_most_tokens_is_refused() -> None:
    with pytest.raises(UsageError, match="field 'max_new_tokens'"):
        Sampling(max_tokens_name="max_new_tokens", extra={"max_new_tokens": 9})
