"""Starts the fake server and the process that asks, each on its own, and ends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.teaching.asking import Plan, start_command
from skeletonllm.testing.fake_endpoint.journal import Event, read_journal

REPO = Path(__file__).resolve().parents[2]
PATIENCE_S = 400.0
"""After so long a process that asks is taken to hang."""


@dataclass(frozen=True)
class Server:
    """A fake endpoint that runs.

    Args:
        base_url: Where it listens.
        log: File of its log.
    """

    base_url: str
    log: Path

    def read_log(self) -> list[Event]:
        """Events so far."""
        return read_journal(self.log)


@contextmanager
def serve(
    folder: Path,
    faults: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    latency_s: tuple[float, float] = (0.0, 0.0),
) -> Iterator[Server]:
    """A server in a process of its own, until the block ends.

    Args:
        folder: Empty; for its log and its settings.
        faults: Arguments of FaultPlan.
        limits: Arguments of Limits.
        latency_s: Least and most seconds that an answer takes.
    """
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "skeletonllm.testing.fake_endpoint"]
    command += ["--log", f"{folder / 'log.jsonl'}"]
    command += ["--latency-s", *map(str, latency_s)]
    for name, stated in (("faults", faults), ("limits", limits)):
        if stated:
            (folder / f"{name}.json").write_text(json.dumps(stated))
            command += [f"--{name}", f"{folder / name}.json"]
    process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert base_url, "the fake endpoint did not start"
        yield Server(base_url, folder / "log.jsonl")
    finally:
        process.terminate()
        process.wait()


def start(plan: Plan) -> subprocess.Popen[bytes]:
    """The process that carries out a plan.

    Args:
        plan: Its file lies beside the result.
    """
    result = Path(plan.result)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.unlink(missing_ok=True)
    path = result.with_suffix(".plan.json")
    path.write_text(json.dumps(asdict(plan)))
    clean = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    return subprocess.Popen(start_command(str(path)), cwd=REPO, env=clean)


def finish(plan: Plan) -> dict[str, Any]:
    """Carry out a plan in a process of its own; what it has written.

    Args:
        plan: What it does.
    """
    process = start(plan)
    try:
        status = process.wait(PATIENCE_S)
    finally:
        process.kill()
    assert status == 0, f"the process that asks ended with {status}"
    found: dict[str, Any] = json.loads(Path(plan.result).read_text())
    return found


def kill_after(plan: Plan, seconds: float) -> bool:
    """Start a plan and kill it with -9; whether it still ran.

    Args:
        plan: What it does.
        seconds: From its start to the kill.
    """
    process = start(plan)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    ran = process.poll() is None
    process.kill()
    process.wait()
    return ran
