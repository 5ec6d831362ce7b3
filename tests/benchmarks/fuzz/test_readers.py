"""A short fuzz run, and whether the fuzzer would notice anything at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz.mutants import Mutant
from benchmarks.fuzz.readers import Flags, fuzz, mutants_of
from benchmarks.fuzz.verdicts import Verdict
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
    "Stumbles": "an error nobody foresaw: ZeroDivisionError",
    "Writes": "spoor' outside of it",
    "Crashes": "crashes: the process ended with -11",  # a new process for what comes after
    "Hangs": "hangs: asleep",
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    toys = [
        Mutant(0, i, f"tests.faults.toys:{name}") for i, name in enumerate(["Behaves", *NOTICED])
    ]
    return {v.mutant.corpus.partition(":")[2]: v for v in fuzz(toys)}


@pytest.mark.parametrize(("toy", "finding"), NOTICED.items())
def test_a_planted_fault_is_noticed(verdicts: dict[str, Verdict], toy: str, finding: str) -> None:
    assert any(finding in found for found in verdicts[toy].findings), verdicts[toy]


def test_nothing_is_said_of_what_behaves(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["Behaves"].findings == []
    assert verdicts["Behaves"].codes == ["format"]


def test_no_reader_is_harmed_by_some_hostile_files() -> None:
    found = {v.mutant: v for v in fuzz(mutants_of(Flags(mutants=5 * len(readers()), seed=5)))}
    assert {mutant: v.findings for mutant, v in found.items() if v.findings} == {}
    codes = {code for v in found.values() for code in v.codes}
    assert {"format", "truncated", "encoding", "unsafe", "not_a_file"} <= codes
    assert any(v.read for v in found.values())


def test_a_seed_says_which_mutants(tmp_path: Path) -> None:
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
