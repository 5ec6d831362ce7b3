from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest

from skeletonllm.testing.fake_endpoint import BatchPlan, FakeEndpoint, FaultPlan, hash_body


def row(number: int) -> dict[str, Any]:
    words = f"Explain {number}.\nLabel: wave {number}"
    body = {"model": "tiny", "messages": [{"role": "user", "content": words}]}
    url = "/v1/chat/completions"
    return {"custom_id": f"row-{number}", "method": "POST", "url": url, "body": body}


def to_file(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(one) for one in rows).encode()


@contextmanager
def serve(**options: Any) -> Iterator[tuple[FakeEndpoint, openai.OpenAI]]:
    with (
        FakeEndpoint(key="test-key", **options) as server,
        openai.OpenAI(api_key=server.key, base_url=server.base_url, max_retries=0) as sdk,
    ):
        yield server, sdk


def start(sdk: openai.OpenAI, rows: list[dict[str, Any]], **options: Any) -> Any:
    file = sdk.files.create(file=("rows.jsonl", to_file(rows)), purpose="batch")
    return sdk.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        **options,
    )


def follow(sdk: openai.OpenAI, batch: Any) -> Any:
    for _ in range(20):
        batch = sdk.batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            break
    return batch


def read(sdk: openai.OpenAI, name: str | None) -> list[dict[str, Any]]:
    assert name is not None
    return [json.loads(line) for line in sdk.files.content(name).text.splitlines()]


def test_a_batch_is_validated_worked_on_and_completed() -> None:
    with serve(batches=BatchPlan(polls=3)) as (_, sdk):
        batch = start(sdk, [row(n) for n in range(20)], metadata={"unit": "7"})
        states = [batch.status, *(sdk.batches.retrieve(batch.id).status for _ in range(3))]
        done = sdk.batches.retrieve(batch.id)
        lines = read(sdk, done.output_file_id)
    assert states == ["validating", "in_progress", "in_progress", "completed"]
    assert done.metadata == {"unit": "7"}
    assert (done.request_counts.total, done.request_counts.completed) == (20, 20)
    assert done.error_file_id is None
    assert sorted(line["custom_id"] for line in lines) == sorted(f"row-{n}" for n in range(20))
    for line in lines:
        said = line["response"]["body"]["choices"][0]["message"]["content"]
        assert json.loads(said)["label"] == f"wave {line['custom_id'].removeprefix('row-')}"


def test_the_output_has_another_order_than_the_input() -> None:
    with serve() as (_, sdk):
        done = follow(sdk, start(sdk, [row(n) for n in range(20)]))
        names = [line["custom_id"] for line in read(sdk, done.output_file_id)]
    assert names != [f"row-{n}" for n in range(20)]


def test_a_batch_may_end_by_time() -> None:
    with serve(batches=BatchPlan(seconds=0.0)) as (_, sdk):
        assert sdk.batches.retrieve(start(sdk, [row(0)]).id).status == "completed"
    with serve(batches=BatchPlan(seconds=999.0)) as (_, sdk):
        assert follow(sdk, start(sdk, [row(0)])).status == "in_progress"


def test_rows_that_expire_are_in_the_error_file() -> None:
    with serve(batches=BatchPlan(expire_share=0.5)) as (_, sdk):
        done = follow(sdk, start(sdk, [row(n) for n in range(30)]))
        good, bad = read(sdk, done.output_file_id), read(sdk, done.error_file_id)
    assert done.status == "expired"
    assert {line["error"]["code"] for line in bad} == {"batch_expired"}
    assert all(line["response"] is None for line in bad)
    assert len({line["custom_id"] for line in (*good, *bad)}) == 30
    assert 5 < len(bad) < 25


def test_what_expired_may_be_answered_in_the_next_batch() -> None:
    with serve(batches=BatchPlan(expire_share=0.5)) as (_, sdk):
        waiting, rounds = [row(n) for n in range(30)], 0
        while waiting and rounds < 30:
            done = follow(sdk, start(sdk, waiting))
            late = read(sdk, done.error_file_id) if done.error_file_id else []
            names = {line["custom_id"] for line in late}
            waiting, rounds = [one for one in waiting if one["custom_id"] in names], rounds + 1
    assert waiting == []


def test_a_whole_batch_may_fail() -> None:
    with serve(batches=BatchPlan(fail="token_limit_exceeded")) as (_, sdk):
        batch = start(sdk, [row(0)])
    assert batch.status == "failed"
    assert batch.errors.data[0].code == "token_limit_exceeded"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(0), row(0)], "duplicate_custom_id"),
        ([row(n) for n in range(4)], "too_many_tasks"),
        ([{"custom_id": "x"}], "invalid_json_line"),
    ],
)
def test_a_file_that_cannot_be_worked_on_fails_its_batch(rows: list[Any], code: str) -> None:
    with serve(batches=BatchPlan(most_requests=3)) as (_, sdk):
        batch = start(sdk, rows)
    assert (batch.status, batch.errors.data[0].code) == ("failed", code)


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with (
        serve(batches=BatchPlan(most_bytes=100)) as (_, sdk),
        pytest.raises(openai.APIStatusError) as refused,
    ):
        start(sdk, [row(0)])
    assert refused.value.status_code == 413


def test_a_row_may_meet_a_fault() -> None:
    with serve(faults=FaultPlan(script=("error_500", "refusal", "hang"))) as (_, sdk):
        done = follow(sdk, start(sdk, [row(n) for n in range(3)]))
        good, bad = read(sdk, done.output_file_id), read(sdk, done.error_file_id)
    assert [line["response"]["status_code"] for line in bad] == [500]
    refusals = [line["response"]["body"]["choices"][0]["message"]["refusal"] for line in good]
    assert sum(said is not None for said in refusals) == 1
    assert done.status == "completed"


def test_a_cancelled_batch_stays_so() -> None:
    with serve() as (_, sdk):
        batch = start(sdk, [row(0)])
        assert sdk.batches.cancel(batch.id).status == "cancelled"
        assert follow(sdk, batch).status == "cancelled"
        with pytest.raises(openai.ConflictError):
            sdk.batches.cancel(batch.id)


def test_batches_and_files_are_listed_page_by_page() -> None:
    with serve() as (_, sdk):
        made = [start(sdk, [row(n)]).id for n in range(5)]
        assert [batch.id for batch in sdk.batches.list(limit=2)] == made[::-1]
        files = [file.id for file in sdk.files.list()]
        assert len(files) == 5
        sdk.files.delete(files[-1])
        assert sdk.files.create(file=("x", b"{}"), purpose="batch").id not in files
        assert sdk.files.retrieve(files[0]).bytes == len(to_file([row(0)]))


def test_unknown_files_and_batches_are_not_found() -> None:
    with serve() as (_, sdk):
        for ask in (sdk.files.content, sdk.files.retrieve, sdk.batches.retrieve):
            with pytest.raises(openai.NotFoundError):
                ask("nothing")
        with pytest.raises(openai.BadRequestError, match="No such file"):
            sdk.batches.create(
                input_file_id="nothing", endpoint="/v1/chat/completions", completion_window="24h"
            )


def test_rows_that_were_taken_on_are_in_the_log() -> None:
    with serve() as (server, sdk):
        start(sdk, [row(n) for n in range(3)])
        rows = [event for event in server.read_log() if event["event"] == "row"]
    assert [event["custom_id"] for event in rows] == ["row-0", "row-1", "row-2"]
    assert rows[0]["sha256"] == hash_body(row(0)["body"])


def test_files_need_the_key_as_well() -> None:
    with serve() as (server, _):
        wrong = openai.OpenAI(api_key="wrong", base_url=server.base_url, max_retries=0)
        with wrong as sdk, pytest.raises(openai.AuthenticationError):
            sdk.files.create(file=("x", b"{}"), purpose="batch")


def test_a_scripted_call_is_refused_undone_or_done_and_never_answered() -> None:
    plan = BatchPlan(script=["error_503", None, "dropped"])
    with serve(batches=plan) as (_, sdk):
        with pytest.raises(openai.InternalServerError):
            sdk.files.create(file=("rows.jsonl", to_file([row(1)])), purpose="batch")
        with pytest.raises(openai.APIConnectionError):
            start(sdk, [row(1)], metadata={"token": "mine"})  # the file is there, and the batch
        assert len(list(sdk.files.list())) == 1
        assert [batch.metadata for batch in sdk.batches.list()] == [{"token": "mine"}]


def test_a_full_queue_fails_a_batch_until_another_has_ended() -> None:
    with serve(batches=BatchPlan(polls=1, most_at_once=1)) as (_, sdk):
        first, second = start(sdk, [row(1)]), start(sdk, [row(2)])
        assert [fault.code for fault in second.errors.data] == ["token_limit_exceeded"]
        assert follow(sdk, first).status == "completed"
        assert follow(sdk, start(sdk, [row(2)])).status == "completed"
