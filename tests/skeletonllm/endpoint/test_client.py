"""One attempt: what an endpoint says becomes an answer, or a failure that is sorted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.client import AttemptFailed, Client
from skeletonllm.endpoint.failures import Failure
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.testing.fake_endpoint import FakeEndpoint, FaultPlan, Limit, Limits

KEY = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


def attempt(
    fault: str | None, learned: list[Any] | None = None, **server: Any
) -> tuple[Answer | Failure, int]:
    """What one attempt gives, and how many requests the server saw."""

    async def ask(url: str) -> Answer | Failure:
        settings = EndpointSettings(base_url=url, model="tiny", timeout_s=0.7)
        client = Client(
            settings, lambda *said: (learned if learned is not None else []).append(said)
        )
        said = (Message("user", ("Explain.\nLabel: wave",)),)
        try:
            return await client.attempt(ChatRequest(url, "tiny", said, Sampling(), "p/1"))
        except AttemptFailed as error:
            return error.failure
        finally:
            await client.close()

    with FakeEndpoint(key=KEY, faults=FaultPlan(script=(fault,)), **server) as endpoint:
        found = asyncio.run(ask(endpoint.base_url))
        return found, sum(event["event"] == "arrive" for event in endpoint.read_log())


def test_an_answer_has_its_text_tokens_and_snapshot() -> None:
    answer, seen = attempt(None)
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.finish_reason, seen) == ("answered", "stop", 1)
    assert "wave" in answer.text
    assert min(answer.tokens_in, answer.tokens_out) > 0
    assert answer.snapshot.startswith("tiny-")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("refusal", "refused"),
        ("length", "truncated"),
        ("filtered_answer", "filtered"),
        ("empty", "empty"),
        ("prose", "answered"),
    ],
)
def test_what_was_said_is_an_answer_of_its_own_outcome(fault: str, outcome: str) -> None:
    answer, seen = attempt(fault)
    assert isinstance(answer, Answer)
    assert (answer.outcome, seen) == (outcome, 1)


@pytest.mark.parametrize(
    ("fault", "kind", "billed"),
    [
        ("limited", "limited", False),
        ("limited_silently", "limited", False),
        ("quota", "fatal", False),
        ("error_401", "fatal", False),
        ("error_403", "fatal", False),
        ("error_500", "server", False),
        ("error_503", "server", False),
        ("echoed_key", "server", False),
        ("filtered_question", "filtered", False),
        ("hang", "timeout", True),
        ("slow", "timeout", True),
        ("dropped", "server", True),
        ("cut", "server", True),
        ("html", "cut", True),
        ("no_choices", "cut", True),
    ],
)
def test_a_failure_is_sorted_and_sent_once(fault: str, kind: str, *, billed: bool) -> None:
    failure, seen = attempt(fault)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.billed, seen) == (kind, billed, 1)
    assert KEY not in failure.message


def test_limits_are_learned_from_headers() -> None:
    learned: list[Any] = []
    attempt(None, learned, limits=Limits((Limit(requests=300, tokens=90_000),)))
    assert learned[0][:2] == (300, 90_000)


SAID: dict[str, Any] = {
    "model": f"m-{KEY}",
    "choices": [{"finish_reason": f"stop {KEY}", "message": {"content": f"said {KEY}"}}],
    "usage": None,
}


def read(said: Any) -> Answer | Failure:
    settings = EndpointSettings(base_url="http://127.0.0.1:9/v1", model="tiny")
    try:
        return Client(settings, lambda *_: None).read("0" * 64, "tiny", said)
    except AttemptFailed as error:
        return error.failure


def test_a_key_in_any_part_of_an_answer_is_removed() -> None:
    answer = read(SAID)
    assert isinstance(answer, Answer)
    assert (answer.text, answer.finish_reason) == ("said [key]", "stop [key]")
    assert KEY not in str(answer)


@pytest.mark.parametrize(
    "said",
    [None, "text", [], {}, {"choices": None}, {"choices": [None]}, {"choices": [{}]},
     {"choices": [{"message": {"content": [1]}}]}, {"choices": 3},
     {**SAID, "usage": {"prompt_tokens": "many"}}],
)  # fmt: skip
def test_what_is_no_chat_completion_is_a_failure_that_may_be_billed(said: Any) -> None:
    failure = read(said)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.billed) == ("cut", True)


def test_requests_take_turns_over_small_pools_unless_a_proxy_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def transport(url: str) -> str:
        settings = EndpointSettings(base_url=url, model="tiny")
        return type(Client(settings, lambda *_: None).sdk._client._transport).__name__

    assert transport("http://127.0.0.1:9/v1") == "_Pools"
    assert transport("https://api.example.org/v1") == "AsyncHTTPTransport"
    monkeypatch.setattr("skeletonllm.endpoint.client.getproxies", dict)
    assert transport("https://api.example.org/v1") == "_Pools"
