"""Asking by batches: rounds, money, failures, and what a stopped run leaves to the next."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from skeletonllm.endpoint.answer import Answer
from skeletonllm.endpoint.asker import Asker
from skeletonllm.endpoint.batches.asker import BatchAsker
from skeletonllm.endpoint.batches.records import place_records, read_records
from skeletonllm.endpoint.batches.spool import make_line
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import BudgetError, EndpointError, UsageError
from skeletonllm.testing.fake_endpoint import BatchPlan, FakeEndpoint, FaultPlan

KEY = "sk-planted-0123456789"
Use = Callable[[BatchAsker, list[ChatRequest]], Awaitable[Any]]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def make_settings(server: FakeEndpoint, **given: Any) -> EndpointSettings:
    given = {"batch": True, "poll_s": 0.01, "first_wait_s": 0.01, "attempts": 3, **given}
    return EndpointSettings(base_url=server.base_url, model="gpt-4o", **given)


def make_requests(server: FakeEndpoint, most: int) -> list[ChatRequest]:
    return [
        ChatRequest(
            server.base_url,
            "gpt-4o",
            (Message("user", (f"Explain {number}.",)),),
            Sampling(max_tokens=200),
            "p/1",
        )
        for number in range(most)
    ]


def run(server: FakeEndpoint, folder: Path, use: Use, most: int = 10, **given: Any) -> Any:
    async def main() -> Any:
        asker = await BatchAsker.open(make_settings(server, **given), str(folder))
        try:
            return await asyncio.wait_for(use(asker, make_requests(server, most)), 20)
        finally:
            await asyncio.wait_for(asker.close(), 10)

    return asyncio.run(main())


async def ask_all(asker: BatchAsker, requests: list[ChatRequest]) -> list[Answer | None]:
    """Rounds until all are answered."""
    more = True
    while more:
        told = [await asker.ask(request) for request in requests]
        more = await asker.flush()
    return told


async def ask_and_count(asker: BatchAsker, requests: list[ChatRequest]) -> Any:
    return await ask_all(asker, requests), asker.progress()


def count_rows(server: FakeEndpoint) -> Counter[str]:
    """How often each request was in a batch that was taken on."""
    return Counter(e["custom_id"] for e in server.read_log() if e["event"] == "row")


def count_files(server: FakeEndpoint) -> int:
    told = [e for e in server.read_log() if e["event"] == "end" and e["path"] == "/v1/files"]
    assert {event["status"] for event in told} == {200}
    return len(told)


def list_records(folder: Path) -> list[Any]:
    return read_records(place_records(str(folder)))


def test_all_are_answered_in_the_second_round_at_half_the_price(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY) as server:
        told, progress = run(server, tmp_path, ask_and_count)
        again, later = run(server, tmp_path, ask_and_count)
        assert set(count_rows(server).values()) == {1}
        assert len(count_rows(server)) == 10
    assert [answer.outcome for answer in told] == ["answered"] * 10
    assert again == told
    assert (progress.answered, progress.cached, progress.attempts) == (10, 0, 10)
    assert (later.answered, later.cached, later.attempts) == (0, 10, 0)
    tokens = sum(a.tokens_in * 2.5 + a.tokens_out * 10 for a in told) / 1e6
    assert later.spend.spent_usd == pytest.approx(tokens / 2)
    assert later.spend.reserved_usd == later.spend.unresolved_usd == 0
    assert list_records(tmp_path) == []


def test_answers_are_those_that_the_requests_would_get_one_by_one(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY) as server:
        told = run(server, tmp_path / "batch", ask_all, most=4)

        async def one_by_one() -> list[Answer]:
            asker = await Asker.open(make_settings(server, batch=False), str(tmp_path / "one"))
            answers = [await asker.ask(request) for request in make_requests(server, 4)]
            await asker.close()
            return answers

        alone = asyncio.run(one_by_one())
    described = [(a.request_sha256, a.text, a.tokens_in, a.tokens_formula) for a in told]
    assert described == [(a.request_sha256, a.text, a.tokens_in, a.tokens_formula) for a in alone]
    assert [a.usd * 2 for a in told] == pytest.approx([a.usd for a in alone])


@pytest.mark.parametrize(
    ("limit", "files"), [({"batch_requests": 4}, 3), ({"batch_bytes": 750}, 4)]
)
def test_files_are_cut_by_requests_and_by_bytes(
    tmp_path: Path, limit: dict[str, int], files: int
) -> None:
    """The server refuses what is more than it was told."""
    plan = BatchPlan(**{f"most_{name.removeprefix('batch_')}": n for name, n in limit.items()})
    with FakeEndpoint(key=KEY, batches=plan) as server:
        assert {750 // len(make_line(r)) for r in make_requests(server, 10)} == {3}
        told = run(server, tmp_path, ask_all, **limit)
        assert count_files(server) == files
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}


def test_a_request_that_is_larger_than_a_file_may_be_is_said_so(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY) as server:
        told = run(server, tmp_path, ask_all, most=2, batch_bytes=100)
        assert not count_rows(server)
    assert {answer.outcome for answer in told} == {"unanswered"}
    assert "a batch may have 100 (--batch-mb)" in told[0].text


def test_the_same_request_is_in_one_batch_once(tmp_path: Path) -> None:
    async def use(asker: BatchAsker, requests: list[ChatRequest]) -> Any:
        assert [await asker.ask(requests[0]) for _ in range(3)] == [None] * 3
        return await ask_all(asker, requests)

    with FakeEndpoint(key=KEY) as server:
        run(server, tmp_path, use)
        assert set(count_rows(server).values()) == {1}


def test_rows_that_expire_are_asked_again_and_cost_once(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(expire_share=0.4, polls=1)) as server:
        told, progress = run(server, tmp_path, ask_and_count, most=30, attempts=20)
        rows = count_rows(server)
    assert {answer.outcome for answer in told} == {"answered"}
    assert max(rows.values()) > 1
    assert progress.failures == {"server": rows.total() - 30}
    assert progress.spend.spent_usd == pytest.approx(sum(answer.usd for answer in told))
    assert progress.spend.unresolved_usd == progress.spend.reserved_usd == 0


def test_rows_that_always_expire_end_after_so_many_attempts(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(expire_share=1.0, polls=1)) as server:
        told, progress = run(server, tmp_path, ask_and_count, most=3, attempts=2)
        assert count_rows(server).total() == 6
    assert {answer.outcome for answer in told} == {"unanswered"}
    assert "not done" in told[0].text
    assert progress.spend.spent_usd == progress.spend.unresolved_usd == 0


def test_each_row_ends_by_its_own_fault(tmp_path: Path) -> None:
    faults = {"filtered_question": 0.3, "refusal": 0.2, "no_choices": 0.2, "error_500": 0.1}
    with FakeEndpoint(key=KEY, faults=FaultPlan(faults, seed=3)) as server:
        told, progress = run(server, tmp_path, ask_and_count, most=40, attempts=20)
    outcomes = Counter(answer.outcome for answer in told)
    assert set(outcomes) == {"answered", "filtered", "refused"}
    assert progress.failures["cut"] == progress.spend.maybe_billed > 0  # no choices: who knows
    assert outcomes["filtered"] == progress.failures["filtered"]  # kept, so asked about once
    assert progress.spend.reserved_usd == 0


def test_rows_that_are_all_called_wrong_end_the_job(tmp_path: Path) -> None:
    async def ask_nothing(asker: BatchAsker, requests: list[ChatRequest]) -> Any:
        return await ask_all(asker, [replace(request, messages=()) for request in requests])

    with FakeEndpoint(key=KEY) as server:
        told = run(server, tmp_path, ask_nothing, most=1)
        assert {answer.outcome for answer in told} == {"unanswered"}
        asked = [replace(r, sample=n) for n, r in enumerate(make_requests(server, 25))]
        with pytest.raises(EndpointError, match="The request has no messages"):
            run(server, tmp_path, lambda asker, _: ask_nothing(asker, asked))


def test_a_key_that_is_wrong_ends_the_job_before_anything_is_sent(tmp_path: Path) -> None:
    with FakeEndpoint(key="sk-another") as server:
        with pytest.raises(EndpointError, match="401") as told:
            run(server, tmp_path, ask_all)
        assert not count_rows(server)
    assert KEY not in str(told.value)
    assert list_records(tmp_path) == []


def test_a_batch_that_fails_as_a_whole_ends_the_job_with_its_reason(tmp_path: Path) -> None:
    with (
        FakeEndpoint(key=KEY, batches=BatchPlan(fail="invalid_model")) as server,
        pytest.raises(EndpointError, match=r"a batch of 10 failed \(invalid_model: .*\)"),
    ):
        run(server, tmp_path, ask_all)
    assert list_records(tmp_path) == []


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(most_at_once=1)) as server:
        told = run(server, tmp_path, ask_all, batch_requests=3)
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}


def test_a_queue_that_is_always_full_ends_the_job_and_says_what_helps(tmp_path: Path) -> None:
    with (
        FakeEndpoint(key=KEY, batches=BatchPlan(most_at_once=0)) as server,
        pytest.raises(EndpointError, match="smaller --batch-requests"),
    ):
        run(server, tmp_path, ask_all, attempts=2)


@pytest.mark.parametrize("fault", ["error_503", "dropped", "limited"])
@pytest.mark.parametrize("call", range(6))
def test_any_call_that_fails_is_made_again_and_no_request_is_sent_twice(
    tmp_path: Path, fault: str, call: int
) -> None:
    """Calls: file, batch, two looks, answers, removal."""
    plan = BatchPlan(script=[*[None] * call, fault], polls=2)
    faults = FaultPlan(retry_after_s=0.01)
    with FakeEndpoint(key=KEY, batches=plan, faults=faults) as server:
        told, progress = run(server, tmp_path, ask_and_count, most=3)
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}
    assert progress.spend.unresolved == progress.spend.maybe_billed == 0


def test_money_for_some_sends_some_and_then_says_that_there_is_none(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY) as server:
        with pytest.raises(BudgetError):
            run(server, tmp_path, ask_all, most=40, max_usd=0.005)
        sent = len(count_rows(server))
        assert 4 < sent < 40  # at worst 0.001 each, of which much comes back
        told, progress = run(server, tmp_path, ask_and_count, most=40, max_usd=1.0)
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}
    assert progress.cached == sent


async def stop_while_it_waits(asker: BatchAsker, requests: list[ChatRequest]) -> Any:
    for request in requests:
        assert await asker.ask(request) is None
    flushing = asyncio.create_task(asker.flush())
    while asker.progress().batches == 0:
        await asyncio.sleep(0.005)
    asker.drain()
    with pytest.raises(EndpointError, match="asked to stop"):
        await flushing
    return asker.progress()


def test_a_run_that_is_stopped_leaves_its_batch_to_the_next(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(seconds=1.0)) as server:
        stopped = run(server, tmp_path, stop_while_it_waits)
        assert stopped.spend.reserved_usd > 0
        (record,) = list_records(tmp_path)
        assert (len(record.rows), record.batch_id) == (10, "batch_000001")
        told, progress = run(server, tmp_path, ask_and_count)
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}
    assert progress.spend.reserved_usd == progress.spend.unresolved_usd == 0
    assert progress.spend.spent_usd == pytest.approx(sum(answer.usd for answer in told))
    assert list_records(tmp_path) == []


def test_asking_one_by_one_is_refused_while_a_batch_is_under_way(tmp_path: Path) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(seconds=100)) as server:
        run(server, tmp_path, stop_while_it_waits)
        settings = make_settings(server, batch=False)
        with pytest.raises(UsageError, match="batches under way: 1.*--batch"):
            asyncio.run(Asker.open(settings, str(tmp_path)))
        shutil.rmtree(place_records(str(tmp_path)))  # given up, as the error says

        async def one_by_one() -> Any:
            asker = await Asker.open(settings, str(tmp_path))
            answer = await asker.ask(make_requests(server, 1)[0])
            await asker.close()
            return answer.outcome, asker.progress().spend.unresolved

        assert asyncio.run(one_by_one()) == ("answered", 10)


def test_results_that_are_deleted_count_at_their_worst_and_are_asked_again(
    tmp_path: Path,
) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(seconds=1.0)) as server:
        run(server, tmp_path, stop_while_it_waits)
        with openai.OpenAI(api_key=KEY, base_url=server.base_url) as sdk:
            while (batch := sdk.batches.retrieve("batch_000001")).output_file_id is None:
                time.sleep(0.05)
            sdk.files.delete(batch.output_file_id)
        told, progress = run(server, tmp_path, ask_and_count)
        assert set(count_rows(server).values()) == {2}
    assert {answer.outcome for answer in told} == {"answered"}
    assert (progress.spend.maybe_billed, progress.spend.answered) == (10, 10)


def test_a_batch_that_the_endpoint_forgot_counts_at_its_worst_and_is_asked_again(
    tmp_path: Path,
) -> None:
    with FakeEndpoint(key=KEY, batches=BatchPlan(seconds=100)) as server:
        run(server, tmp_path, stop_while_it_waits)
        port = int(server.base_url.split(":")[2].split("/")[0])
    with FakeEndpoint(key=KEY, port=port) as server:  # it knows nothing of what was before
        told, progress = run(server, tmp_path, ask_and_count)
        assert set(count_rows(server).values()) == {1}
    assert {answer.outcome for answer in told} == {"answered"}
    assert (progress.spend.maybe_billed, progress.spend.answered) == (10, 10)
    assert progress.spend.unresolved_usd > progress.spend.spent_usd
