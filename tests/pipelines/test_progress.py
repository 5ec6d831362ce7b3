from __future__ import annotations

import logging

import pytest
import ray

from pipelines import progress

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


def test_what_a_worker_tells_is_logged_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.01)
    caplog.set_level(logging.INFO, logger="pipelines.progress")
    with progress.follow("train warm_up", 10) as meter:
        ray.get(meter.put.remote({"step": 7, "loss": 0.25}))
        while "step 7 of 10" not in caplog.text:
            pass
    assert "train warm_up: step 7 of 10" in caplog.text
    assert "loss 0.250" in caplog.text
    assert "nan" not in caplog.text  # before the first step there is no loss
