from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from skeletonllm.testing.fake_endpoint import (
    BILLED,
    FakeEndpoint,
    FaultPlan,
    Limit,
    Limits,
    hash_body,
    read_journal,
)

BODY = {"model": "tiny", "messages": [{"role": "user", "content": "Explain. é\nLabel: wave"}]}


def client(server: FakeEndpoint, **options: Any) -> openai.OpenAI:
    given = {"api_key": server.key, "base_url": server.base_url, "max_retries": 0, "timeout": 20.0}
    return openai.OpenAI(**{**given, **options})


def ask(server: FakeEndpoint, body: dict[str, Any] = BODY, **options: Any) -> Any:
    with client(server, **options) as sdk:
        return sdk.chat.completions.create(**body)


def wait_for(met: Callable[[], bool]) -> None:
    """Until the other thread has written its line."""
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ends(server: FakeEndpoint, count: int = 1) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        return [event for event in server.read_log() if event["event"] == "end"]

    wait_for(lambda: len(found()) >= count)
    return found()


def test_a_question_is_answered_and_logged() -> None:
    with FakeEndpoint() as server:
        said = ask(server)
        assert json.loads(said.choices[0].message.content)["label"] == "wave"
        assert said.model == "tiny-2026-01-01"
        (end,) = ends(server)
        arrival = server.read_log()[0]
    assert (end["status"], end["fault"], end["billed"], end["whole"]) == (200, None, "yes", True)
    assert arrival["sha256"] == end["sha256"] == hash_body(BODY)
    assert arrival["time"] <= end["stated"] <= end["time"]


def test_the_same_body_has_the_same_answer() -> None:
    with FakeEndpoint(reply=lambda body: f"{len(body['messages'])} messages") as server:
        assert [ask(server).choices[0].message.content for _ in range(2)] == ["1 messages"] * 2


STATUSES = {
    "limited": openai.RateLimitError,
    "limited_silently": openai.RateLimitError,
    "quota": openai.RateLimitError,
    "error_500": openai.InternalServerError,
    "error_503": openai.InternalServerError,
    "error_401": openai.AuthenticationError,
    "error_403": openai.PermissionDeniedError,
    "echoed_key": openai.InternalServerError,
    "filtered_question": openai.BadRequestError,
    "dropped": openai.APIConnectionError,
    "cut": openai.APIConnectionError,
}


@pytest.mark.parametrize("fault", STATUSES)
def test_a_fault_is_what_the_sdk_takes_it_for(fault: str) -> None:
    with FakeEndpoint(faults=FaultPlan(script=(fault,)), key="s3cret") as server:
        # A cut body comes as an exception of httpx where the SDK reads it after the headers.
        with pytest.raises((STATUSES[fault], httpx2.RemoteProtocolError)) as failed:
            ask(server)
        (end,) = ends(server)
        assert ask(server).choices
    assert (end["fault"], end["billed"]) == (fault, BILLED[fault])
    assert ("s3cret" in str(failed.value)) == (fault == "echoed_key")
    if isinstance(failed.value, openai.APIStatusError):
        assert ("retry-after" in failed.value.response.headers) == (fault == "limited")
        assert end["status"] == failed.value.status_code
        codes = {"quota": "insufficient_quota", "filtered_question": "content_filter"}
        assert failed.value.code == codes.get(fault, failed.value.code)


def test_a_page_of_a_proxy_is_no_completion() -> None:
    with FakeEndpoint(faults=FaultPlan(script=("html",))) as server:
        said = ask(server)
    assert not hasattr(said, "choices") or not said.choices


@pytest.mark.parametrize("fault", ["no_choices", "empty", "refusal", "length", "prose"])
def test_a_spoiled_answer_arrives_whole_and_is_billed(fault: str) -> None:
    with FakeEndpoint(faults=FaultPlan(script=(fault,))) as server:
        ask(server)
        (end,) = ends(server)
    assert (end["status"], end["billed"], end["whole"]) == (200, "yes", True)


def test_who_hangs_is_logged_when_the_client_gives_up() -> None:
    with FakeEndpoint(faults=FaultPlan(script=("hang",))) as server:
        with pytest.raises(openai.APITimeoutError):
            ask(server, timeout=0.1)
        (end,) = ends(server)
    assert (end["status"], end["stated"], end["billed"]) == (None, None, "maybe")


def test_a_slow_answer_is_whole_for_those_who_wait() -> None:
    with FakeEndpoint(faults=FaultPlan(script=("slow", "slow"), slow_s=0.15)) as server:
        start = time.monotonic()
        assert ask(server).choices
        assert time.monotonic() - start >= 0.14
        (end,) = ends(server)
    assert end["whole"]
    assert end["time"] - end["stated"] >= 0.14


def test_a_slow_answer_is_cut_for_those_who_do_not() -> None:
    slow = FaultPlan(script=("slow",), slow_s=60)
    body = json.dumps(BODY).encode()
    with FakeEndpoint(faults=slow) as server, httpx2.Client(trust_env=False) as http:
        url = f"{server.base_url}/chat/completions"
        with http.stream("POST", url, content=body) as response:
            next(response.iter_raw())
        (end,) = ends(server)
    assert (end["status"], end["whole"], end["billed"]) == (200, False, "maybe")
    assert end["bytes"] > 0


def test_the_server_ends_while_requests_hang() -> None:
    with FakeEndpoint(faults=FaultPlan(shares={"hang": 1.0})) as server, client(server) as sdk:
        # The socket stays open, so that the server's end is what ends the request.
        http = socket.create_connection(("127.0.0.1", sdk.base_url.port))
        body = json.dumps(BODY).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        http.sendall(head.encode() + b"\r\n\r\n" + body)
        wait_for(lambda: len(server.read_log()) == 1)
    http.close()
    assert [event["event"] for event in server.read_log()] == ["arrive", "end"]


def test_a_client_that_leaves_before_its_answer_may_be_billed() -> None:
    with FakeEndpoint(latency_s=30.0) as server:
        with pytest.raises(openai.APITimeoutError):
            ask(server, timeout=0.1)
        (end,) = ends(server)
    assert (end["fault"], end["billed"]) == (None, "maybe")


@pytest.mark.parametrize("key", ["wrong", "s3cretx"])
def test_a_wrong_key_is_refused(key: str) -> None:
    with FakeEndpoint(key="s3cret") as server:
        with pytest.raises(openai.AuthenticationError):
            ask(server, api_key=key)
        assert ends(server)[0]["fault"] == "key"
        assert httpx2.get(f"{server.base_url}/models", trust_env=False).status_code == 401


def test_a_key_is_revoked_half_way() -> None:
    with FakeEndpoint(faults=FaultPlan(revoke_after=1)) as server:
        assert ask(server).choices
        for _ in range(2):
            with pytest.raises(openai.AuthenticationError):
                ask(server)
        assert [end["fault"] for end in ends(server, 3)] == [None, "revoked", "revoked"]


def test_limits_are_stated_enforced_and_logged() -> None:
    limits = Limits((Limit(requests=2, tokens=10_000),))
    with FakeEndpoint(limits=limits) as server, client(server) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(**{**BODY, "max_tokens": 100})
        assert raw.headers["x-ratelimit-remaining-requests"] == "1"
        left = int(raw.headers["x-ratelimit-remaining-tokens"])
        assert 9800 < left < 9900
        ask(server)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(server)
        end = ends(server, 3)[-1]
    wait = float(refused.value.response.headers["retry-after"])
    assert 0 < wait <= 60
    assert (end["fault"], end["retry_after"], end["limit_requests"]) == ("limits", wait, 2)


def test_what_limits_refuse_is_not_an_attempt_of_the_plan() -> None:
    plan = FaultPlan(script=(None, "error_503"))
    with FakeEndpoint(limits=Limits((Limit(1),), window_s=0.2), faults=plan) as server:
        ask(server)
        with pytest.raises(openai.RateLimitError):
            ask(server)
        time.sleep(0.2)
        with pytest.raises(openai.InternalServerError):
            ask(server)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{not json", 400),
        (b"[]", 400),
        (b'{"model": "tiny"}', 400),
        (b'{"model": "other", "messages": [{"role": "user", "content": "x"}]}', 404),
        (b'{"model": "tiny", "messages": [{"role": "user", "content": "x"}], "stream": true}', 400),
    ],
)
def test_a_request_that_is_none_is_refused(content: bytes, status: int) -> None:
    with FakeEndpoint(models=["tiny"]) as server:
        url = f"{server.base_url}/chat/completions"
        with httpx2.Client(trust_env=False) as http:
            assert http.post(url, content=content).status_code == status


def test_models_health_and_unknown_paths() -> None:
    with FakeEndpoint(models=["a", "b"], key="s3cret") as server:
        with client(server) as sdk:
            assert [model.id for model in sdk.models.list()] == ["a", "b"]
            with pytest.raises(openai.NotFoundError):
                sdk.embeddings.create(model="a", input="x")
        health = server.base_url.replace("/v1", "/health")
        assert httpx2.get(health, trust_env=False).json() == {"status": "ok"}


def test_a_log_of_a_file_outlives_the_server_and_is_appended_to(tmp_path: Path) -> None:
    for _ in range(2):
        with FakeEndpoint(log=tmp_path / "log.jsonl") as server:
            ask(server)
    events = read_journal(tmp_path / "log.jsonl")
    assert [event["event"] for event in events] == ["arrive", "end"] * 2


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with FakeEndpoint() as server:
        port = int(server.base_url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
        with pytest.raises(OSError, match="address already in use"), FakeEndpoint(port=port):
            pass
