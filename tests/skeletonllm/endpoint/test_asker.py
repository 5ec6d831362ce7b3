"""The asker: paid once, told to all, ended for all, and nothing hangs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from skeletonllm.endpoint.asker import Asker
from skeletonllm.endpoint.breaker import FAILURES
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import BudgetError, EndpointError
from skeletonllm.testing.fake_endpoint import FakeEndpoint, FaultPlan

KEY = "sk-planted-0123456789"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr("skeletonllm.endpoint.asker.PAUSE_WITHOUT_HINT_S", 0.01)


def run(
    server: FakeEndpoint, folder: Path, use: Callable[..., Awaitable[Any]], **given: Any
) -> Any:
    def make(number: int) -> ChatRequest:
        said = (Message("user", (f"Explain {number}.",)),)
        return ChatRequest(server.base_url, "gpt-4o", said, Sampling(max_tokens=200), "p/1")

    async def main() -> Any:
        given.setdefault("first_wait_s", 0.01)
        settings = EndpointSettings(base_url=server.base_url, model="gpt-4o", **given)
        asker = await Asker.open(settings, str(folder))
        try:
            return await asyncio.wait_for(use(asker, make), 20)
        finally:
            await asyncio.wait_for(asker.close(), 10)

    return asyncio.run(main())


def count(server: FakeEndpoint) -> int:
    return sum(event["event"] == "arrive" for event in server.read_log())


def test_one_request_is_sent_once_also_at_once_and_in_another_run(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        return [*await asyncio.gather(*(asker.ask(make(1)) for _ in range(5)))]

    with FakeEndpoint(key=KEY, latency_s=0.05) as server:
        first, again = run(server, tmp_path, use), run(server, tmp_path, use)
        assert count(server) == 1
    assert len({answer.sha256 for answer in first + again}) == 1


def test_a_follower_asks_itself_where_the_first_was_cancelled(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        tasks = [asyncio.create_task(asker.ask(make(1))) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        tasks[2].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with FakeEndpoint(key=KEY, latency_s=0.2) as server:
        first, second, third = run(server, tmp_path, use)
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(third, asyncio.CancelledError)
    assert second.outcome == "answered"


def test_a_request_that_failed_is_tried_again_until_it_is_answered(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        return await asker.ask(make(1))

    script = ["limited_silently", "error_500", "cut", None]
    with FakeEndpoint(key=KEY, faults=FaultPlan(script=script)) as server:
        assert run(server, tmp_path, use, attempts=4).outcome == "answered"
        assert count(server) == 4


@pytest.mark.parametrize("script", [["error_500"] * 9, ["cut"] * 9, ["hang"] * 9])
def test_the_last_request_is_left_without_an_answer_where_only_it_fails(
    tmp_path: Path, script: list[str]
) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        kept = await asker.ask(make(1))
        return kept.outcome, (await asker.ask(make(2))).outcome

    limits = {"attempts": 3, "timeout_s": 0.2, "give_up_s": 600.0}
    with FakeEndpoint(key=KEY, faults=FaultPlan(script=[None, *script])) as server:
        assert run(server, tmp_path, use, **limits) == ("answered", "unanswered")


def test_a_request_that_times_out_is_given_up_before_the_whole_job_is(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        return [(await asker.ask(make(number))).outcome for number in range(3)]

    limits = {"attempts": 99, "timeout_s": 0.15, "give_up_s": 0.5}
    with FakeEndpoint(key=KEY, faults=FaultPlan({"hang": 1.0})) as server:
        assert run(server, tmp_path, use, **limits) == ["unanswered"] * 3


def test_a_server_that_is_down_leaves_no_request_without_an_answer(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        return await asyncio.gather(*(asker.ask(make(n)) for n in range(2)), return_exceptions=True)

    with FakeEndpoint(key=KEY) as server:
        pass
    told = run(server, tmp_path, use, attempts=2, give_up_s=0.5)
    assert all(isinstance(one, EndpointError) for one in told)


def test_models_that_are_down_behind_a_server_that_is_up_end_few_requests(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        told: list[Any] = []
        for number in range(30):
            told += await asyncio.gather(asker.ask(make(number)), return_exceptions=True)
        return told

    with FakeEndpoint(key=KEY, faults=FaultPlan({"error_500": 1.0})) as server:
        told = run(server, tmp_path, use, attempts=1, give_up_s=0.3)
    assert sum(isinstance(one, EndpointError) for one in told) >= 30 - FAILURES


def test_a_question_that_a_filter_stops_is_kept_costs_nothing_and_is_not_asked_again(
    tmp_path: Path,
) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        return await asker.ask(make(1)), asker.progress().spend

    with FakeEndpoint(key=KEY, faults=FaultPlan(script=["filtered_question"])) as server:
        first, spend = run(server, tmp_path, use)
        again, later = run(server, tmp_path, use)
        assert count(server) == 1
    assert first == again
    assert (first.outcome, first.usd) == ("filtered", 0)
    assert spend == later
    assert spend.spent_usd == spend.reserved_usd == spend.unresolved_usd == 0


@pytest.mark.parametrize("fault", ["error_401", "quota"])
def test_a_fatal_failure_ends_all_and_what_was_answered_stays(tmp_path: Path, fault: str) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        kept = await asker.ask(make(0))
        told = await asyncio.gather(*(asker.ask(make(n)) for n in range(9)), return_exceptions=True)
        assert told[0] == kept
        return told[1:]

    plan = FaultPlan(script=[None, fault])
    with FakeEndpoint(key=KEY, faults=plan) as server:
        told = run(server, tmp_path, use, concurrency=1)
        assert count(server) == 2
    assert all(isinstance(one, EndpointError) for one in told)


@pytest.mark.parametrize("give_up_s", [0.3, 600.0])
def test_an_outage_ends_for_all_who_wait_by_giving_up_or_a_drain(
    tmp_path: Path, give_up_s: float
) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        tasks = [asyncio.create_task(asker.ask(make(n))) for n in range(40)]
        await asyncio.sleep(1.0)
        asker.drain()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with FakeEndpoint(key=KEY, faults=FaultPlan({"echoed_key": 1.0})) as server:
        told = run(server, tmp_path, use, give_up_s=give_up_s)
    assert all(isinstance(one, EndpointError) for one in told)
    assert KEY not in "".join(map(str, told))


def test_a_drain_does_not_wait_for_an_hour_that_the_server_asked_for(tmp_path: Path) -> None:
    async def use(asker: Asker, make: Any) -> Any:
        tasks = [asyncio.create_task(asker.ask(make(n))) for n in range(3)]
        await asyncio.sleep(0.3)
        asker.drain()
        return await asyncio.gather(*tasks, return_exceptions=True)

    plan = FaultPlan({"limited": 1.0}, retry_after_s=3000)
    with FakeEndpoint(key=KEY, faults=plan) as server:
        assert all(isinstance(one, EndpointError) for one in run(server, tmp_path, use))


def test_the_budget_holds_over_runs_and_no_file_or_log_holds_the_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def use(asker: Asker, make: Any) -> Any:
        told = await asyncio.gather(*(asker.ask(make(n)) for n in range(9)), return_exceptions=True)
        return told, asker.progress().spend.spent_usd

    with FakeEndpoint(key=KEY, faults=FaultPlan(script=["echoed_key"])) as server:
        told, spent = run(server, tmp_path, use, max_usd=0.003)
        assert any(isinstance(one, BudgetError) for one in told)
        assert 0 < spent <= 0.003
        assert run(server, tmp_path, use, max_usd=0.003)[1] >= spent
    assert KEY not in caplog.text
    assert not any(KEY.encode() in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
