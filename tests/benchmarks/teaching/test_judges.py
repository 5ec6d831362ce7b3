"""What is said of a run by its log: bills, requests at once, outcomes, differences."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks.teaching.asking import Plan, run_plan
from benchmarks.teaching.judges import (
    add_up_bill,
    count_at_once,
    count_outcomes,
    count_unknown,
    describe_requests,
    find_differences,
)
from benchmarks.teaching.under_fire import FAULTS, PASSING, PRICE
from skeletonllm.testing.fake_endpoint import BILLED, FakeEndpoint, FaultPlan
from skeletonllm.testing.fake_endpoint.journal import CHAT


def make_event(kind: str, time: float, **said: Any) -> dict[str, Any]:
    """One line of a log."""
    return {"event": kind, "time": time, "path": CHAT, "sha256": "a", **said}


def test_a_bill_adds_what_is_sure_and_what_may_be_billed_apart() -> None:
    log = [make_event("arrive", 0.0)]
    log += [make_event("end", 1.0, billed=b) for b in ("yes", "yes", "maybe", "no")]
    log += [make_event("end", 2.0, billed="maybe", sha256="cut off while it was sent")]
    bill = add_up_bill(log, {"a": 0.5})
    assert (bill.sure_usd, bill.perhaps_usd) == (1.0, 0.5)


def test_requests_at_once_are_counted_between_arrival_and_end() -> None:
    log = [make_event("arrive", 0.0), make_event("arrive", 1.0), make_event("end", 2.0)]
    log += [make_event("arrive", 3.0), make_event("end", 4.0), make_event("end", 5.0)]
    assert count_at_once(log) == 2


def test_outcomes_are_counted_with_the_most_frequent_first() -> None:
    answers = [{"outcome": name} for name in ("empty", "answered", "answered")]
    assert list(count_outcomes(answers).items()) == [("answered", 2), ("empty", 1)]


def test_answers_differ_by_all_but_their_key() -> None:
    first = [{"request_sha256": "1", "text": "a"}, {"request_sha256": "2", "text": "b"}]
    second = [{"request_sha256": "3", "text": "a"}, {"request_sha256": "4", "text": "c"}]
    assert find_differences(first, second) == [1]


def test_the_price_of_each_request_is_known_by_the_body_that_is_sent(tmp_path: Path) -> None:
    with FakeEndpoint() as server:
        result, folder = str(tmp_path / "result"), str(tmp_path / "answers")
        plan = Plan(base_url=server.base_url, result=result, folder=folder, requests=3)
        (tmp_path / "plan.json").write_text(json.dumps(asdict(plan)))
        run_plan(str(tmp_path / "plan.json"))
        log = server.read_log()
    known = describe_requests(plan, PRICE)
    assert {event["sha256"] for event in log} == {*known}
    assert all(usd > 0 and len(key) == 64 for key, usd in known.values())
    assert count_unknown(log, {sha: usd for sha, (_, usd) in known.items()}) == 0
    assert count_unknown(log, {}) == 3


@pytest.mark.parametrize("shares", [FAULTS, PASSING], ids=["fire", "kills"])
def test_the_faults_are_thirty_percent_and_of_many_kinds(shares: dict[str, float]) -> None:
    FaultPlan(shares)
    assert sum(shares.values()) == pytest.approx(0.3)
    assert len(shares) >= 8


def test_the_fire_has_every_fault_that_does_not_end_the_job() -> None:
    assert {*BILLED} - {*FAULTS} == {"quota", "error_401", "error_403"}
