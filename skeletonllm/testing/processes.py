"""Start a job as a user would, kill its whole process group, look at what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "jobs.cli", *args]


def run(*args: str) -> subprocess.CompletedProcess[str]:
    """Run a job to its end."""
    return subprocess.run(
        command(*args), cwd=REPO, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def run_and_kill(
    *args: str, when: Callable[[], bool], delay_s: float = 0.0, failpoint: str | None = None
) -> bool:
    """Start a job, wait for a moment and a delay, and `kill -9` its process group.

    Returns:
        Whether it was still running, so that the kill met it at work.
    """
    env = {**os.environ, **({"SKELETONLLM_FAILPOINT": failpoint} if failpoint else {})}
    with subprocess.Popen(
        command(*args),
        cwd=REPO,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as driver:
        deadline = time.monotonic() + PATIENCE_S
        while not when() and driver.poll() is None:
            assert time.monotonic() < deadline, f"the moment to kill {args[0]} never came"
            time.sleep(0.005)
        time.sleep(delay_s)
        alive = driver.poll() is None
        if alive:
            os.killpg(driver.pid, signal.SIGKILL)
    return alive


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by relative path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
