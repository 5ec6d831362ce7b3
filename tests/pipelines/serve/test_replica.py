"""The server without HTTP and Ray: what goes wrong while an answer is on its way."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipelines.serve.replica import ChatServer, ServeConfig
from skeletonllm.answering import ClipAsker
from skeletonllm.errors import StateError
from skeletonllm.synthesis import synthesize, write_ntu
from tests.skeletonllm.answering.conftest import write_checkpoint

NAME = "S001C001P001R001A010.skeleton"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def server(checkpoint: str) -> ChatServer:
    made = ChatServer(ServeConfig(checkpoint=checkpoint, most_bytes=1 << 20, name="mine"))
    assert made.get_failure() is None
    return made


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("raw") / NAME
    write_ntu(str(path), synthesize("hand waving"))
    data = "data:x;base64," + base64.b64encode(path.read_bytes()).decode()
    return {"type": "file", "file": {"filename": NAME, "file_data": data}}


def write_body(*parts: Any, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": parts}], **more}).encode()


def make_request(body: bytes, path: str = "/v1/chat/completions", method: str = "POST") -> Request:
    middle = len(body) // 2
    parts = [(body[:middle], True), (body[middle:], False)]

    async def receive() -> dict[str, Any]:
        part, more = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    return Request({**scope, "server": ("127.0.0.1", 8000)}, receive)


async def read(response: Response) -> tuple[int, bytes]:
    if isinstance(response, StreamingResponse):
        pieces: AsyncIterator[Any] = response.body_iterator  # type: ignore[assignment]
        return response.status_code, b"".join([piece async for piece in pieces])
    return response.status_code, bytes(response.body)


def call(server: ChatServer, *requests: Request) -> list[tuple[int, bytes]]:
    async def run() -> list[tuple[int, bytes]]:
        async def one(request: Request) -> tuple[int, bytes]:
            return await read(await server(request))

        return list(await asyncio.gather(*(one(request) for request in requests)))

    return asyncio.run(run())


def test_the_model_has_the_name_that_it_was_given(server: ChatServer) -> None:
    ((status, body),) = call(server, make_request(b"", "/v1/models/", "GET"))
    assert status == 200
    assert json.loads(body)["data"][0]["id"] == "mine"


def test_answers_at_the_same_time_are_those_of_each_alone(
    server: ChatServer, part: dict[str, Any]
) -> None:
    """They take turns, token by token, each behind its own cache."""
    asked = [
        write_body({"type": "text", "text": words}, part, max_tokens=6, stream=stream)
        for words, stream in (("Which hand?", True), ("How often?", False), ("Who is it?", True))
    ]
    alone = [call(server, make_request(body))[0][1] for body in asked]
    together = [body for _, body in call(server, *map(make_request, asked))]
    assert list(map(gather_text, together)) == list(map(gather_text, alone))
    assert len(set(map(gather_text, alone))) > 1


def gather_text(body: bytes) -> str:
    if not body.startswith(b"data: "):
        text: str = json.loads(body)["choices"][0]["message"]["content"]
        return text
    events = [event.removeprefix(b"data: ") for event in body.strip().split(b"\n\n")[:-1]]
    return "".join(json.loads(e)["choices"][0]["delta"].get("content", "") for e in events)


def test_a_body_that_is_too_large_is_not_kept(server: ChatServer) -> None:
    ((status, body),) = call(server, make_request(bytes(3 << 20)))
    assert status == 413
    assert "at most 1,048,576 bytes" in json.loads(body)["error"]["message"]


def test_an_unforeseen_error_is_named_and_nothing_else(
    server: ChatServer, part: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(ClipAsker, "look", fail)
    ((status, body),) = call(server, make_request(write_body(part)))
    assert status == 500
    assert json.loads(body)["error"]["type"] == "server_error"
    assert b"KeyError" in body
    assert b"secret" not in body


def test_a_stream_that_breaks_says_so(
    server: ChatServer, part: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> Iterator[str]:
        yield "The right"
        raise MemoryError

    monkeypatch.setattr(ClipAsker, "tell", break_off)
    ((status, body),) = call(server, make_request(write_body(part, stream=True)))
    first, last, rest = body.split(b"\n\n")
    assert (status, rest) == (200, b"")  # the status was sent with the first words
    assert b"The right" in first
    assert json.loads(last.removeprefix(b"data: "))["error"]["type"] == "server_error"


def test_a_model_that_cannot_be_loaded_is_told_and_not_tried_again(checkpoint: str) -> None:
    failure = ChatServer(ServeConfig(checkpoint=f"{checkpoint}/nothing")).get_failure()
    assert isinstance(failure, StateError | ValueError)
