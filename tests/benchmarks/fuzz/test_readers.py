"""A short fuzz run, and whether the fuzzer would notice anything at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz.mutants import Mutant
from benchmarks.fuzz.outcomes import Outcome
from benchmarks.fuzz.readers import Flags, fuzz_readers, list_mutants
from skeletonllm.corpora import readers

NOTICED = {
    "Allocates": "allocates more than 1024 MB",
    "Evaluates": "compile",
    "Executes": "os.system",
    "KeepsSilent": "neither a clip nor a reject",
    "Leaves": "raises SystemExit",
    "Mumbles": "unknown code 'whatever'",
    "Peeks": "reads '/proc/sys/kernel/pid_max' outside of it",
    "Spins": "takes 2.",
    "Stumbles": "an unforeseen error: ZeroDivisionError",
    "Writes": "stray_file' outside of it",
    "Crashes": "crashes: the process ended with -11",  # a new process for what comes after
    "Hangs": "hangs: asleep",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    mutants = [
        Mutant(0, i, f"tests.benchmarks.fuzz.faulty_readers:{name}")
        for i, name in enumerate(["Behaves", *NOTICED])
    ]
    return {v.mutant.corpus.partition(":")[2]: v for v in fuzz_readers(mutants)}


@pytest.mark.parametrize(("reader", "finding"), NOTICED.items())
def test_a_planted_fault_is_noticed(
    outcomes: dict[str, Outcome], reader: str, finding: str
) -> None:
    assert any(finding in sentence for sentence in outcomes[reader].findings), outcomes[reader]


def test_a_reader_that_behaves_has_no_findings(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["Behaves"].findings == []
    assert outcomes["Behaves"].codes == ["format"]


def test_no_reader_is_harmed_by_some_mutants() -> None:
    outcomes = {
        v.mutant: v for v in fuzz_readers(list_mutants(Flags(mutants=5 * len(readers()), seed=5)))
    }
    assert {mutant: v.findings for mutant, v in outcomes.items() if v.findings} == {}
    codes = {code for v in outcomes.values() for code in v.codes}
    assert {"format", "truncated", "encoding", "unsafe", "not_a_file"} <= codes
    assert any(v.read for v in outcomes.values())


def test_the_same_seed_gives_the_same_mutants(tmp_path: Path) -> None:
    for index, corpus in enumerate(readers()):
        for folder in ("a", "b"):
            Mutant(3, index, corpus).build(tmp_path / folder / str(index))
    a, b = (
        {
            str(path.relative_to(tmp_path / folder)): path.read_bytes() if path.is_file() else None
            for path in sorted((tmp_path / folder).rglob("*"))
            if not path.is_symlink()
        }
        for folder in ("a", "b")
    )
    assert a == b
    assert len(a) > len(readers())
