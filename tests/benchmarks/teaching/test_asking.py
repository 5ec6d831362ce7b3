"""The process that asks: the same requests each time, through the asker and through the SDK."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.teaching.asking import Plan, make_request, measure_peak_megabytes, run_plan
from skeletonllm.testing.fake_endpoint import FakeEndpoint


def make_plan(base_url: str = "http://127.0.0.1:1/v1", result: str = "") -> Plan:
    """A small plan."""
    return Plan(base_url=base_url, result=result, folder=None, requests=3, picture_bytes=100)


def test_the_same_number_is_the_same_request_and_another_is_another() -> None:
    plan = make_plan()
    assert make_request(plan, 1).body() == make_request(plan, 1).body()
    assert make_request(plan, 1).key != make_request(plan, 2).key


def test_a_plan_is_carried_out_by_the_sdk_and_by_the_asker(tmp_path: Path) -> None:
    with FakeEndpoint() as server:
        plan = make_plan(server.base_url, str(tmp_path / "result.json"))
        for each in (plan, replace(plan, folder=str(tmp_path / "answers"))):
            (tmp_path / "plan.json").write_text(json.dumps(asdict(each)))
            run_plan(str(tmp_path / "plan.json"))
            done = json.loads(Path(plan.result).read_text())
            assert (len(done["answers"]), done["errors"]) == (3, [])
    assert done["waiting"][-1][1] == 0
    assert done["progress"]["attempts"] == 3


def test_the_peak_of_memory_is_that_of_this_process() -> None:
    assert 10 < measure_peak_megabytes() < 10_000
