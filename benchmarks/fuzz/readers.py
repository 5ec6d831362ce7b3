"""Fuzz every reader: no file may crash or hang one, take over 1 GB of memory or execute code.

    python -m benchmarks.fuzz.readers --mutants 10000 --seed 0
    python -m benchmarks.fuzz.readers --only 0:4711 --corpus bvh

Mutants of one small folder a format (:mod:`benchmarks.fuzz.mutants`) are read as a user's files
are: the reader lists and reads them, its clips and rejects become tables, and identify guesses
their format. That happens in child processes, so that a crash or a hang is one finding and not the
end. Exits with 1 if there is any. The same seed gives the same mutants on machines with the same
samples.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

import tyro

from benchmarks.fuzz.mutants import Mutant
from benchmarks.fuzz.outcomes import Outcome, serve_mutants
from benchmarks.table import publish_table
from skeletonllm.corpora import readers

IDLE_S, BUSY_S = 3.0, 10.0
"""A child that has slept for so long over a mutant hangs, and one that has worked for so long.

Neither depends on what else the machine does, as the time by a clock would.
"""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    mutants: int = 10_000
    """How many, over all readers in turn."""
    seed: int = 0
    """Which ones."""
    corpus: str | None = None
    """All of one reader, by name or as module:Class of your own."""
    only: str | None = None
    """One mutant, SEED:INDEX as a finding names it, with all messages. Give its corpus too: the
    readers take turns, and there may be more of them now."""
    workers: int = 1
    """Child processes."""
    json: str | None = None
    """File for the table."""


class FuzzProcess:
    """A process that reads mutants, started anew after a crash or a hang.

    Args:
        folder: To work in.
        corpora: Readers that it is to know.
    """

    def __init__(self, folder: Path, corpora: list[str]) -> None:
        self.folder, self.corpora = folder, corpora
        self.process: Any = None

    def __enter__(self) -> FuzzProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def read_mutant(self, mutant: Mutant) -> Outcome:
        """Outcome of a mutant; a crash or a hang is a finding."""
        if self.process is None:
            self._start()
        self.pipe.send(mutant)
        if hang := self._wait():
            self._end()
            return self._failed(mutant, f"hangs: {hang}")
        try:
            outcome: Outcome = self.pipe.recv()
        except EOFError:
            code = self._end()
            return self._failed(mutant, f"crashes: the process ended with {code}")
        return outcome

    def _wait(self) -> str:
        """Empty once there is an answer; else why there will be none."""
        _, first = last = _state(self.process.pid)
        idle = time.monotonic()
        while not self.pipe.poll(0.1):
            now = _state(self.process.pid)
            if now != last or now[0] != "S":
                last, idle = now, time.monotonic()
            if time.monotonic() > idle + IDLE_S:
                return f"asleep for {IDLE_S:g} s"
            if now[1] > first + BUSY_S:
                return f"at work for {BUSY_S:g} s"
        return ""

    def _failed(self, mutant: Mutant, finding: str) -> Outcome:
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            return Outcome(mutant, mutant.build(Path(place))[1], findings=[finding])

    def _start(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        place = tempfile.mkdtemp(dir=self.folder)
        self.process = context.Process(
            target=serve_mutants, args=(theirs, place, self.corpora), daemon=True
        )
        self.process.start()
        theirs.close()
        assert self.pipe.recv() == "ready"

    def _end(self) -> int | None:
        if self.process is None:
            return None
        self.process.join(1.0 if not self.pipe.poll() else 0.1)
        self.process.kill()
        self.process.join()
        code: int | None = self.process.exitcode
        self.process = None
        return code


def _state(pid: int) -> tuple[str, float]:
    """Whether a process runs (R) or sleeps (S), and the seconds it has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fuzz_readers(mutants: Sequence[Mutant], workers: int = 1) -> Iterator[Outcome]:
    """Outcomes of mutants, in their order within the share of each worker.

    Args:
        mutants: What is read.
        workers: Child processes.
    """
    corpora = sorted({mutant.corpus for mutant in mutants})

    def share(first: int) -> list[Outcome]:
        with FuzzProcess(Path(folder), corpora) as child:
            return [child.read_mutant(mutant) for mutant in mutants[first::workers]]

    with tempfile.TemporaryDirectory(prefix="fuzz") as folder, ThreadPoolExecutor(workers) as pool:
        for outcomes in pool.map(share, range(workers)):
            yield from outcomes


def list_mutants(flags: Flags) -> list[Mutant]:
    """The mutants that flags ask for; the readers take turns."""
    names = [flags.corpus] if flags.corpus else list(readers())
    if flags.only:
        seed, index = map(int, flags.only.split(":"))
        return [Mutant(seed, index, names[index % len(names)])]
    return [Mutant(flags.seed, i, names[i % len(names)]) for i in range(flags.mutants)]


def make_row(corpus: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The row of one reader."""
    codes = Counter(code for v in outcomes for code in set(v.codes))
    findings = [finding for v in outcomes for finding in v.findings]
    return {
        "reader": corpus,
        "mutants": len(outcomes),
        "read": sum(v.read > 0 for v in outcomes),
        "rejected": ", ".join(f"{code} {n}" for code, n in codes.most_common()),
        "not listed": sum(not v.listed and not v.findings for v in outcomes),
        "slowest ms": round(1000 * max(v.cpu_s for v in outcomes)),
        "largest MB": round(max(v.memory_mb for v in outcomes)),
        "crashes": sum(finding.startswith("crashes") for finding in findings),
        "hangs": sum(finding.startswith("hangs") for finding in findings),
        "findings": sum(bool(v.findings) for v in outcomes),
    }


def main(flags: Flags) -> int:
    """Print the table and every finding; 1 if there is any."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    outcomes = list(fuzz_readers(list_mutants(flags), flags.workers))
    corpora = sorted({v.mutant.corpus for v in outcomes})
    rows = [
        make_row(corpus, [v for v in outcomes if v.mutant.corpus == corpus]) for corpus in corpora
    ]
    total = make_row("all", outcomes)
    publish_table(f"{len(outcomes)} mutants, seed {flags.seed}", [*rows, total], flags.json)
    for v in outcomes:
        for finding in v.findings:
            print(f"{v.mutant.seed}:{v.mutant.index} {v.mutant.corpus} ({v.what}): {finding}")
    if flags.only:
        print(*(f"{v.what}\n{v.read} clips\n" + "\n".join(v.messages) for v in outcomes), sep="\n")
    return int(total["findings"] > 0)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
