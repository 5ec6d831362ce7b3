"""A process that dies at any step of a batch: nothing is paid twice, and no money is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from skeletonllm.endpoint.batches.asker import BatchAsker
from skeletonllm.endpoint.batches.records import place_records, read_records
from skeletonllm.endpoint.request import ChatRequest, Message, Sampling
from skeletonllm.endpoint.settings import EndpointSettings
from skeletonllm.testing.fake_endpoint import BatchPlan, FakeEndpoint

MOST = 6

CHILD = """
import asyncio, os, sys
from skeletonllm.endpoint import cache, ledger
from skeletonllm.endpoint.batches import dispatcher
from tests.skeletonllm.endpoint.batches.test_dispatcher import ask

url, folder, step, number, before = sys.argv[1:]
home = {"put": cache.AnswerCache, "settle": ledger.Ledger}.get(step, dispatcher)
real, calls = getattr(home, step), []

def die(*args, **given):
    calls.append(args)
    if len(calls) == int(number) and before == "before":
        os._exit(9)
    result = real(*args, **given)
    if len(calls) == int(number):
        os._exit(9)
    return result

setattr(home, step, die)
asyncio.run(ask(url, folder))
"""


async def ask(url: str, folder: str) -> tuple[list[str], BatchAsker]:
    """Outcomes of some requests, after as many rounds as it takes."""
    settings = EndpointSettings(
        base_url=url, model="gpt-4o", batch=True, poll_s=0.01, first_wait_s=0.01
    )
    asker = await BatchAsker.open(settings, folder)
    more = True
    while more:
        told = [await asker.ask(request) for request in make_requests(url)]
        more = await asker.flush()
    await asker.close()
    return [answer.outcome if answer else "none" for answer in told], asker


def make_requests(url: str) -> list[ChatRequest]:
    return [
        ChatRequest(url, "gpt-4o", (Message("user", (f"Explain {n}.",)),), Sampling(), "p/1")
        for n in range(MOST)
    ]


@pytest.mark.parametrize(
    ("step", "number", "before"),
    [
        ("write_record", 1, "after"),  # no money is reserved
        ("write_record", 2, "before"),  # the file was sent
        ("write_record", 2, "after"),
        ("write_record", 3, "before"),  # the batch was made, and only the endpoint knows it
        ("write_record", 3, "after"),
        ("put", 3, "after"),  # an answer is kept, and its money is not settled
        ("settle", 3, "after"),
        ("remove_record", 1, "before"),
    ],
)
def test_a_process_that_dies_at_a_step_leaves_all_to_the_next(
    tmp_path: Path, step: str, number: int, before: str
) -> None:
    with FakeEndpoint(batches=BatchPlan(polls=1)) as server:
        command = [sys.executable, "-c", CHILD, server.base_url, str(tmp_path), step]
        assert subprocess.run([*command, str(number), before], check=False).returncode == 9
        outcomes, asker = asyncio.run(ask(server.base_url, str(tmp_path)))
        rows = Counter(e["sha256"] for e in server.read_log() if e["event"] == "row")
    spend = asker.progress().spend
    assert outcomes == ["answered"] * MOST
    assert (len(rows), set(rows.values())) == (MOST, {1})
    assert (spend.answered, spend.unresolved, spend.maybe_billed) == (MOST, 0, 0)
    assert spend.reserved_usd == spend.unresolved_usd == 0
    assert read_records(place_records(str(tmp_path))) == []
