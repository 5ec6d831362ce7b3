"""Starts a reader with a Python of its own, and gives it orders."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[3]
SETTINGS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
    "PYTHONPATH": str(REPO),
    "TOKENIZERS_PARALLELISM": "false",
    "DISABLE_VERSION_CHECK": "1",  # litdata would ask the package index for newer versions
}


class Reader:
    """A process that reads; lives until :meth:`close`.

    Args:
        python: The interpreter that has the reader's package.
        name: One of :data:`benchmarks.streaming.rivals.registry.RIVALS`.
        folder: What it reads.
        count: Samples of an epoch.
        log: File for all that it prints.
    """

    def __init__(self, python: str, name: str, folder: Path, count: int, log: Path) -> None:
        self.name, self._log = name, log
        code = f"from benchmarks.streaming.rivals.worker import serve\nserve({name!r}, "
        code += f"{str(folder)!r}, {count})"
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [python, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | SETTINGS,
                cwd=REPO,
                text=True,
            )

    def tell(self, order: str, *given: str) -> dict[str, Any]:
        """Give an order; the answer.

        Args:
            order: Name of a method of :class:`benchmarks.streaming.rivals.worker.Worker`.
            *given: What it takes.

        Raises:
            RuntimeError: The process ended without one.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([order, *given]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            said = "\n".join(self._log.read_text().splitlines()[-12:])
            raise RuntimeError(f"{self.name} ended at {order!r}:\n{said}")
        return dict(json.loads(answer))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:  # a thread of its package may outlive its work
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
