"""The server as a process: what a benchmark starts, and judges by its log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from skeletonllm.errors import UsageError
from skeletonllm.testing.fake_endpoint import read_journal
from skeletonllm.testing.fake_endpoint.__main__ import find_reply
from skeletonllm.testing.processes import HOME


def test_a_process_says_its_url_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text(json.dumps({"script": ["error_503"]}))
    flags = ["--faults", str(tmp_path / "faults.json"), "--key", "test-key"]
    flags += ["--log", str(tmp_path / "log.jsonl"), "--requests-per-minute", "600"]
    command = [sys.executable, "-m", "skeletonllm.testing.fake_endpoint", *flags]
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        try:
            with openai.OpenAI(api_key="test-key", base_url=url, max_retries=1) as sdk:
                asked = [{"role": "user", "content": "Label: wave"}]
                said = sdk.chat.completions.with_raw_response.create(model="m", messages=asked)  # type: ignore[arg-type]
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    assert said.headers["x-ratelimit-limit-requests"] == "600"
    log = read_journal(tmp_path / "log.jsonl")
    assert [event["status"] for event in log if event["event"] == "end"] == [503, 200]


def test_a_reply_is_named_by_module_and_function() -> None:
    assert find_reply("json:dumps") is json.dumps
    with pytest.raises(UsageError, match="MODULE:FUNCTION"):
        find_reply("json")
