"""OpenAI's format, without a server: what is asked, what is refused, what is written."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from skeletonllm.answering.attachments import Attachment
from skeletonllm.answering.chat import Completion, parse_request, write_error
from skeletonllm.answering.inquiry import Inquiry
from skeletonllm.answering.reply import Likelihood, Reply
from skeletonllm.errors import UsageError

DATA = "data:application/octet-stream;base64," + base64.b64encode(b"motion").decode()
FILE = {"type": "file", "file": {"filename": "a.bvh", "file_data": DATA}}


def say(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": list(parts)}


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def parse(*messages: dict[str, Any], **more: Any) -> Any:
    return parse_request(json.dumps({"model": "m", "messages": list(messages), **more}).encode())


def test_a_file_alone_is_a_recognition() -> None:
    asked = parse(say(FILE))
    assert asked.inquiry == Inquiry()
    assert asked.files == (Attachment("a.bvh", b"motion"),)
    assert (asked.model, asked.stream, asked.usage, asked.remarks) == ("m", False, False, ())


def test_words_beside_a_file_are_a_question() -> None:
    asked = parse(say(text("Which hand?"), FILE, text("Say one.")), max_tokens=7)
    assert asked.inquiry == Inquiry(kind="question", question="Which hand?\nSay one.", max_tokens=7)


def test_a_kind_and_its_names_come_with_extra_body() -> None:
    asked = parse(say(FILE), kind="recognition", classes=["a", "b"], max_completion_tokens=3)
    assert asked.inquiry == Inquiry(classes=("a", "b"), max_tokens=3)
    asked = parse(say(text("Which?"), FILE), choices=["left", "right"])
    assert asked.inquiry.choices == ("left", "right")
    asked = parse(say(text("Tell me."), FILE), kind="caption")
    assert asked.inquiry == Inquiry(kind="caption")
    assert asked.remarks == ("the text was not asked: kind caption has words of its own",)


def test_the_last_question_is_asked_about_the_last_file() -> None:
    other = {"type": "file", "file": {"filename": "b.bvh", "file_data": DATA}}
    asked = parse(
        say(text("Be kind."), role="system"),
        say(other),
        say(text("What?"), FILE),
        {"role": "assistant", "content": "A wave."},
        {"role": "user", "content": "Which hand?"},
    )
    assert asked.inquiry.question == "Which hand?"
    assert [file.name for file in asked.files] == ["a.bvh"]
    assert len(asked.remarks) == 2


def test_sampling_is_not_heeded_and_this_is_told() -> None:
    asked = parse(say(FILE), temperature=0.7, top_p=None, seed=0)
    assert asked.remarks == ("temperature was not heeded: answers are greedy",)
    assert parse(say(FILE), stream=True, stream_options={"include_usage": True}).usage


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "a body that is no JSON"),
        (b"\xff", "a body that is no JSON"),
        (b"[]", "no JSON object"),
        ({}, "no message of the user"),
        ({"messages": "hi"}, "messages of type str; expected list"),
        ({"messages": [1]}, "a message without a role"),
        ({"messages": [{"role": "user"}]}, "a message without content"),
        ({"messages": [say(text("hi"))]}, "no motion file in the messages; expected a content"),
        ({"messages": [say({"type": "image_url"})]}, "type 'image_url'; expected text or file"),
        ({"messages": [say("a")]}, "type None; expected text or file"),
        ({"messages": [say({"type": "text", "text": 3})]}, "text of type int; expected str"),
        ({"messages": [say({"type": "file", "file": {"file_id": "x"}})]}, "without file_data"),
        ({"messages": [say(FILE)], "tools": [{}]}, "tools: not supported"),
        ({"messages": [say(FILE)], "n": 2}, "n: not supported"),
        ({"messages": [say(FILE)], "kind": "poem"}, "kind 'poem'; expected one of"),
        ({"messages": [say(FILE)], "classes": ["a"]}, "two or more"),
        ({"messages": [say(FILE)], "classes": [1, 2]}, "no texts; expected a list of texts"),
        ({"messages": [say(FILE)], "max_tokens": 0}, "max_tokens 0; expected a number from 1"),
        ({"messages": [say(FILE)], "max_tokens": 10**6}, "expected a number from 1 to 4096"),
        ({"messages": [say(FILE)], "max_tokens": True}, "max_tokens True"),
        ({"messages": [say(FILE)], "stream": "yes"}, "stream of type str; expected bool"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(body: Any, words: str) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(UsageError, match=words):
        parse_request(data)


REPLY = Reply(
    clip_id="x",
    kind="recognition",
    text="wave",
    likelihoods=(Likelihood("wave", 0.75, -1.0), Likelihood("throw", 0.25, -2.1)),
    frames=(1, 5),
    remarks=("so",),
    prompt_tokens=40,
    answer_tokens=2,
)
HEAD = Completion("chatcmpl-1", 1_700_000_000, "tiny", ("and so",))


def test_an_answer_is_a_completion_of_the_client() -> None:
    made = ChatCompletion.model_validate(HEAD.write(REPLY), strict=True)
    assert made.choices[0].message.content == "wave"
    assert made.choices[0].finish_reason == "stop"
    assert made.usage is not None
    assert made.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 40,
        "completion_tokens": 2,
        "total_tokens": 42,
    }
    assert made.model_extra is not None
    details = made.model_extra["skeletonllm"]
    assert details["likelihoods"][0]["probability"] == 0.75
    assert details["remarks"] == ["so", "and so"]


def test_a_stream_is_chunks_of_the_client_and_an_end() -> None:
    cut = Reply(clip_id="x", kind="caption", text="a b", cut=True, answer_tokens=2)
    sent = HEAD.chunk("a ") + HEAD.chunk("b") + HEAD.end(cut, usage=True)
    *events, done, rest = sent.split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    chunks = [ChatCompletionChunk.model_validate_json(e.removeprefix(b"data: ")) for e in events]
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "a b"
    assert chunks[2].choices[0].finish_reason == "length"
    assert chunks[3].usage is not None
    assert b"usage" not in HEAD.end(cut, usage=False)


def test_errors_have_the_shape_of_openai() -> None:
    assert write_error("no", 404, "model_not_found")["error"] == {
        "message": "no",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }
    assert write_error("no", 500)["error"]["type"] == "server_error"
