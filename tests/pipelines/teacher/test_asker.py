"""The asker of a job, as an actor: one for all tasks, drained, and never two on a folder."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import ray

from pipelines.teacher.asker import AskerConfig, describe_progress, open_asker, unwrap
from skeletonllm.endpoint.asker import Progress
from skeletonllm.endpoint.ledger import Spend
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.errors import EndpointError, UsageError
from skeletonllm.testing.fake_endpoint import FakeEndpoint
from tests.pipelines.asking import KEY, KEY_VARIABLE, count_requests


def make_request(server: FakeEndpoint, number: int = 0) -> ChatRequest:
    messages = (Message("user", (f"Question {number}",)),)
    return ChatRequest(server.base_url, "gpt-4o", messages, Sampling(max_tokens=50), "test/1")


def make_asker(server: FakeEndpoint | str, folder: Path, **how: object) -> AskerConfig:
    url = server if isinstance(server, str) else server.base_url
    given = {"base_url": url, "model": "gpt-4o", "key_variable": KEY_VARIABLE, **how}
    return AskerConfig(EndpointSettings(**given), str(folder))  # type: ignore[arg-type]


@ray.remote(num_cpus=0)
def ask_from_a_task(asker: object, request: ChatRequest) -> str:
    return str(unwrap(asker.ask.remote(request)).text)  # type: ignore[attr-defined]


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_the_same_question_of_two_tasks_is_sent_once(tmp_path: Path) -> None:
    with FakeEndpoint(latency_s=0.2, key=KEY) as server:
        request = make_request(server)
        with open_asker(make_asker(server, tmp_path), 1) as asker:
            told = ray.get([ask_from_a_task.remote(asker, request) for _ in range(2)])
        assert told[0] == told[1]
        assert count_requests(server) == 1


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_a_second_asker_on_a_folder_is_refused_while_the_first_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_asker("http://127.0.0.1:9/v1", tmp_path)
    hurried = make_hurried_actor()
    with open_asker(config, 1):
        second = hurried.remote(config)
        with pytest.raises(UsageError, match="another job is at work"):
            unwrap(second.start.remote())
        ray.kill(second)
    with open_asker(config, 1):
        pass  # its lock went with it


def make_hurried_actor() -> object:
    """An asker that does not wait for a dying one, as it would for half a minute."""
    from pipelines.teacher import asker  # noqa: PLC0415

    class Hurried(asker.AskerActor):
        async def start(self) -> None:
            asker.DYING_S = 0.0
            await super().start()

    return ray.remote(num_cpus=0)(Hurried)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_without_a_key_an_endpoint_elsewhere_is_refused_in_one_sentence(tmp_path: Path) -> None:
    config = make_asker("https://192.0.2.1/v1", tmp_path, key_variable="NO_SUCH_KEY_AT_ALL")
    with (
        pytest.raises(UsageError, match="NO_SUCH_KEY_AT_ALL is not set where the asker runs"),
        open_asker(config, 1),
    ):
        pass


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_sigterm_lets_what_is_in_flight_come_in_and_sends_nothing_more(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with FakeEndpoint(latency_s=0.5) as server:
        config = make_asker(server, tmp_path, concurrency=2)
        told: list[str] = []
        with pytest.raises(EndpointError, match="asked to stop"):
            ask_until_drained(config, server, told)
        assert told.count("answered") == 2 == count_requests(server)
        assert told.count("the job was asked to stop; all answers so far are kept") == 4
        with open_asker(config, 6) as asker:  # it goes on, and buys nothing twice
            again = [asker.ask.remote(make_request(server, number)) for number in range(6)]
            assert [outcome(reference) for reference in again] == ["answered"] * 6
        assert count_requests(server) == 6
    assert signal.getsignal(signal.SIGTERM) == before


def ask_until_drained(config: AskerConfig, server: FakeEndpoint, told: list[str]) -> None:
    """End by the first error, as a stage does."""
    with open_asker(config, 6) as asker:
        asked = [asker.ask.remote(make_request(server, number)) for number in range(6)]
        wait_for(lambda: count_requests(server) == 2)
        os.kill(os.getpid(), signal.SIGTERM)
        told += [outcome(reference) for reference in asked]
        unwrap(asked[-1])


def outcome(reference: object) -> str:
    try:
        return str(unwrap(reference).outcome)
    except EndpointError as error:
        return error.found


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_outside_of_the_main_thread_no_signal_is_touched(tmp_path: Path) -> None:
    before, failed = signal.getsignal(signal.SIGTERM), []

    def run() -> None:
        try:
            with open_asker(make_asker("http://127.0.0.1:9/v1", tmp_path), 1):
                pass
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert not failed
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_the_job_logs_what_was_asked_and_spent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with FakeEndpoint(key=KEY) as server, open_asker(make_asker(server, tmp_path), 3) as asker:
        unwrap(asker.ask.remote(make_request(server)))
    assert "asked: 1 of about 3 answers (0 from the cache)" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_an_asker_that_died_is_said_to_have_died(tmp_path: Path) -> None:
    with open_asker(make_asker("http://127.0.0.1:9/v1", tmp_path), 1) as asker:
        ray.kill(asker)
        with pytest.raises(EndpointError, match="the asker has died .*goes on from here"):
            unwrap(asker.progress.remote())


def test_a_line_of_progress_says_rate_money_failures_and_time_left() -> None:
    spend = Spend(spent_usd=1.25, unresolved_usd=0.05, maybe_billed=1, unresolved=1)
    now = Progress(30, 10, 45, 4, 2, {"limited": 3, "cut": 2}, spend, 0.5)
    assert describe_progress(now, 100, 5.0, 60.0) == (
        "40 of about 100 answers (10 from the cache); 30 a minute, 50% of the limit; "
        "$1.3000 of $5; 4 in flight, 2 wait; failed attempts: 2 cut, 3 limited; "
        "2 may have been charged ($0.0500 at most); 2 min left"
    )


def test_a_line_of_progress_before_the_first_answer_promises_nothing() -> None:
    assert describe_progress(Progress(), 100, None, 0.0) == (
        "0 of about 100 answers (0 from the cache); 0 a minute; $0.0000; 0 in flight, 0 wait"
    )
