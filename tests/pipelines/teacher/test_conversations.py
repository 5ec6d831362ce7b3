"""Asking by batches: in rounds, to the same bytes as asking one by one, and stopped between."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.teacher.answers import ask_teacher
from skeletonllm.errors import EndpointError
from skeletonllm.storage import read_json
from skeletonllm.testing.fake_endpoint import BatchPlan, FakeEndpoint
from tests.pipelines.asking import (
    CLIPS,
    KEY,
    configure,
    count_requests,
    list_answers,
    script,
)

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]

BATCH: dict[str, Any] = {"batch": True, "poll_s": 0.05}


def count_rows(server: FakeEndpoint) -> Counter[str]:
    return Counter(e["custom_id"] for e in server.read_log() if e["event"] == "row")


def without_prices(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "usd": None} for row in rows]


def test_batches_bring_what_asking_one_by_one_brings_at_half_the_price(
    tmp_path: Path, clips: tuple[str, str]
) -> None:
    with FakeEndpoint(
        reply=script(CLIPS, 0.5, truthful_after_facts=1.0), key=KEY, picture_tokens=255
    ) as server:
        ask_teacher(configure(clips, tmp_path / "one", server))
        alone = count_requests(server)
        ask_teacher(configure(clips, tmp_path / "batch", server, **BATCH, batch_requests=4))
        rows = count_rows(server)
    one, batch = list_answers(tmp_path / "one"), list_answers(tmp_path / "batch")
    assert without_prices(batch) == without_prices(one)
    assert {row["turn"] for row in batch} == {0, 1}  # the lies were asked about in a later round
    assert (len(rows), set(rows.values())) == (alone, {1})
    spent = [read_json(str(tmp_path / name / "spend.json")) for name in ("one", "batch")]
    assert spent[1]["spent_usd"] == pytest.approx(spent[0]["spent_usd"] / 2)
    assert spent[1]["reserved_usd"] == 0


def test_a_job_that_is_stopped_while_it_waits_goes_on_with_its_batches(
    tmp_path: Path, clips: tuple[str, str]
) -> None:
    slow = BatchPlan(seconds=2.0)
    with FakeEndpoint(reply=script(CLIPS), key=KEY, picture_tokens=255, batches=slow) as server:
        config = configure(clips, tmp_path, server, **BATCH)
        watcher = threading.Thread(target=stop_once_a_batch_is_made, args=(server,))
        watcher.start()
        with pytest.raises(EndpointError, match="asked to stop"):
            ask_teacher(config)
        watcher.join()
        assert not list(tmp_path.glob("parts/*"))
        assert len(list(tmp_path.glob("work/batches/*.json"))) == 1
        ask_teacher(config)
        rows = count_rows(server)
    assert (len(rows), set(rows.values())) == (6, {1})
    assert {row["outcome"] for row in list_answers(tmp_path)} == {"answered"}


def stop_once_a_batch_is_made(server: FakeEndpoint) -> None:
    """As ``ray job stop`` does."""
    deadline = time.monotonic() + 60
    while not count_rows(server):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
