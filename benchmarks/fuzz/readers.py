"""Hostile files through every reader: none may crash, hang, take over 1 GB or execute anything.

    python -m benchmarks.fuzz.readers --mutants 10000 --seed 0
    python -m benchmarks.fuzz.readers --only 0:4711 --corpus bvh

Mutants of one small folder a format (:mod:`benchmarks.fuzz`) go the way of a user: the reader
lists and reads them, its clips and rejects become tables, and identify guesses. That happens in
child processes, so that a crash or a hang is one finding and not the end. Ends with 1 if there is
any finding. The same seed gives the same mutants on machines with the same samples.
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

from benchmarks.fuzz import verdicts as judge
from benchmarks.fuzz.mutants import Mutant
from benchmarks.fuzz.verdicts import Verdict
from benchmarks.table import publish
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
    """One mutant, SEED:INDEX as a finding names it, with all that is said of it; give its corpus
    too, since the readers take turns and there may be more of them now."""
    workers: int = 1
    """Child processes."""
    json: str | None = None
    """File for the table."""


class Child:
    """A process that judges mutants, started anew after a crash or a hang."""

    def __init__(self, folder: Path, corpora: list[str]) -> None:
        self.folder, self.corpora = folder, corpora
        self.process: Any = None

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def judge(self, mutant: Mutant) -> Verdict:
        """What became of a mutant; a crash or a hang is a finding."""
        if self.process is None:
            self._start()
        self.pipe.send(mutant)
        if hang := self._wait():
            self._end()
            return self._failed(mutant, f"hangs: {hang}")
        try:
            verdict: Verdict = self.pipe.recv()
        except EOFError:
            code = self._end()
            return self._failed(mutant, f"crashes: the process ended with {code}")
        return verdict

    def _wait(self) -> str:
        """Wait for an answer, or say why there will be none."""
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

    def _failed(self, mutant: Mutant, finding: str) -> Verdict:
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            return Verdict(mutant, mutant.build(Path(place))[1], findings=[finding])

    def _start(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        place = tempfile.mkdtemp(dir=self.folder)
        self.process = context.Process(
            target=judge.serve, args=(theirs, place, self.corpora), daemon=True
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


def fuzz(mutants: Sequence[Mutant], workers: int = 1) -> Iterator[Verdict]:
    """Verdicts on mutants, in their order within each of ``workers`` shares."""
    corpora = sorted({mutant.corpus for mutant in mutants})

    def share(first: int) -> list[Verdict]:
        with Child(Path(folder), corpora) as child:
            return [child.judge(mutant) for mutant in mutants[first::workers]]

    with tempfile.TemporaryDirectory(prefix="fuzz") as folder, ThreadPoolExecutor(workers) as pool:
        for verdicts in pool.map(share, range(workers)):
            yield from verdicts


def mutants_of(flags: Flags) -> list[Mutant]:
    """The mutants that flags ask for; the readers take turns."""
    names = [flags.corpus] if flags.corpus else list(readers())
    if flags.only:
        seed, index = map(int, flags.only.split(":"))
        return [Mutant(seed, index, names[index % len(names)])]
    return [Mutant(flags.seed, i, names[i % len(names)]) for i in range(flags.mutants)]


def row(corpus: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The line of one reader."""
    codes = Counter(code for v in verdicts for code in set(v.codes))
    said = [finding for v in verdicts for finding in v.findings]
    return {
        "reader": corpus,
        "mutants": len(verdicts),
        "read": sum(v.read > 0 for v in verdicts),
        "rejected": ", ".join(f"{code} {n}" for code, n in codes.most_common()),
        "not listed": sum(not v.listed and not v.findings for v in verdicts),
        "slowest ms": round(1000 * max(v.cpu_s for v in verdicts)),
        "largest MB": round(max(v.memory_mb for v in verdicts)),
        "crashes": sum(finding.startswith("crashes") for finding in said),
        "hangs": sum(finding.startswith("hangs") for finding in said),
        "findings": sum(bool(v.findings) for v in verdicts),
    }


def main(flags: Flags) -> int:
    """Fuzz, print the table and every finding; 1 if there is any."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    verdicts = list(fuzz(mutants_of(flags), flags.workers))
    corpora = sorted({v.mutant.corpus for v in verdicts})
    rows = [row(corpus, [v for v in verdicts if v.mutant.corpus == corpus]) for corpus in corpora]
    total = row("all", verdicts)
    publish(f"{len(verdicts)} hostile mutants, seed {flags.seed}", [*rows, total], flags.json)
    for v in verdicts:
        for finding in v.findings:
            print(f"{v.mutant.seed}:{v.mutant.index} {v.mutant.corpus} ({v.what}): {finding}")
    if flags.only:
        print(*(f"{v.what}\n{v.read} clips\n" + "\n".join(v.messages) for v in verdicts), sep="\n")
    return int(total["findings"] > 0)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
