"""What is said of stored answers by a server's log, and how a server is ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks.teaching.real_server import PRICE, Server, end_server, judge_part
from schemas import ANSWER, REJECT
from skeletonllm.endpoint.prices import cost
from skeletonllm.storage import write_table

LINE = 'INFO:     127.0.0.1:5 - "{} HTTP/1.1" {}\n'
CHAT = "POST /v1/chat/completions"


def make_answer(turn: int) -> dict[str, Any]:
    """A row as an endpoint's answer leaves it."""
    hashes = dict.fromkeys(("request_sha256", "prompt_sha256", "answer_sha256"), "0" * 64)
    about = {"purpose": "ranking", "view": "all", "variant": 0, "sample": 0, "turn": turn}
    said = {"outcome": "answered", "finish_reason": "stop", "text": "{}", "facts_given": False}
    model = {"model": "tiny", "snapshot": "tiny@main"}
    tokens = {"tokens_in": 100, "tokens_out": 20, "tokens_formula": 80}
    return {**hashes, **about, **said, **model, **tokens, "usd": cost(PRICE, 100, 20)}


def store(output: Path, rows: list[dict[str, Any]], spent_usd: float) -> Path:
    """What a job leaves of its answers."""
    answers = f"{output}-answers"
    write_table(f"{answers}/parts/part-00000.parquet", pa.Table.from_pylist(rows, ANSWER.arrow))
    for folder in (answers, str(output)):
        write_table(f"{folder}/rejects/part-00000.parquet", pa.Table.from_pylist([], REJECT.arrow))
    Path(answers, "spend.json").write_text(json.dumps({"spent_usd": spent_usd}))
    return output


def list_missed(rows: list[dict[str, Any]]) -> list[str]:
    """Figures that are not as asked."""
    return [row["figure"] for row in rows if row["kept"] == "NO"]


def test_chat_requests_are_counted_by_status(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    lines = [(CHAT, "200 OK"), ("GET /health", "200 OK"), (CHAT, "500 Internal Server Error")]
    log.write_text("".join(LINE.format(*line) for line in [*lines, lines[0]]))
    assert Server("http://127.0.0.1:1/v1", log).count_requests() == {"200": 2, "500": 1}


def test_answers_that_agree_with_log_and_money_are_kept(tmp_path: Path) -> None:
    output = store(tmp_path / "out", [make_answer(0), make_answer(1)], 2 * cost(PRICE, 100, 20))
    rows = judge_part(output, 1, {"200": 2})
    assert list_missed(rows) == []
    assert {"{'answered': 2} (2 stop)", "1.25 to 1.25"} <= {row["found"] for row in rows}


def test_a_request_too_many_and_money_too_little_are_seen(tmp_path: Path) -> None:
    output = store(tmp_path / "out", [make_answer(0)], 0.0)
    missed = list_missed(judge_part(output, 2, {"200": 2}))
    assert [name.split(":")[0] for name in missed] == [
        "questions with an answer", "requests at the server; answers stored", "USD",
    ]  # fmt: skip


@pytest.mark.parametrize("ignored", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_a_server_is_ended_though_it_may_not_listen(ignored: str) -> None:
    code = f"import signal, time; {ignored}print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end_server(process, patience_s=0.2)
        assert process.returncode in (-15, -9)
