"""Starts the fake server and the process that asks, each on its own, and ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.teaching.asking import Plan, fork_when_told, start_command
from skeletonllm.testing.fake_endpoint.journal import Event, read_journal

REPO = Path(__file__).resolve().parents[2]
PATIENCE_S = 400.0
"""After so long a process that asks is taken to hang."""
POLL_S = 0.01
SETTLE_S = 0.05
"""The server may still read what a process sent before it was killed."""
ARRIVED = b'{"event":"arrive"'
"""How such a line of the log begins."""


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

    def count_arrivals(self, since: int) -> int:
        """Requests of the log from a byte on; cheap, as it is asked a hundred times a second."""
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().count(ARRIVED)


@dataclass(frozen=True)
class Life:
    """What became of a process that was killed.

    Args:
        sent: Requests that it had sent.
        killed: Whether it was still at work.
    """

    sent: int
    killed: bool


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
    return subprocess.Popen(start_command(_write(plan)), cwd=REPO, env=_without_key())


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


def kill_each(plan: Plan, server: Server, moments: Iterable[float]) -> list[Life]:
    """Start a plan again and again, each time killed with -9 a while after its first request.

    Args:
        plan: What each process does.
        server: Whom it asks.
        moments: Seconds from the first request of each to its kill.
    """
    lives = []
    with subprocess.Popen(
        start_command(_write(plan), fork_when_told.__name__),
        cwd=REPO,
        env=_without_key(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n", "the process that asks did not start"
        for seconds in moments:
            seen = server.log.stat().st_size
            print(file=parent.stdin, flush=True)
            _wait_for_request(plan, server, seen)
            time.sleep(seconds)
            print(file=parent.stdin, flush=True)
            killed = int(parent.stdout.readline()) == -signal.SIGKILL
            time.sleep(SETTLE_S)
            lives.append(Life(server.count_arrivals(seen), killed))
        parent.stdin.close()
    return lives


def _wait_for_request(plan: Plan, server: Server, seen: int) -> None:
    """Until the first, or until the process has ended without one."""
    deadline = time.monotonic() + PATIENCE_S
    while not server.count_arrivals(seen) and not Path(plan.result).exists():
        assert time.monotonic() < deadline, "a process that was started asked nothing"
        time.sleep(POLL_S)


def _write(plan: Plan) -> str:
    """The plan's file, beside its result, which is removed."""
    result = Path(plan.result)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.unlink(missing_ok=True)
    path = result.with_suffix(".plan.json")
    path.write_text(json.dumps(asdict(plan)))
    return str(path)


def _without_key() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
