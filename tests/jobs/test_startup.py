"""The door opens at once: what a command that only talks or looks does not import.

Each of these packages takes from half a second to three seconds of a processor to import;
`python -m benchmarks.ingest.startup` shows the seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from jobs import normalize
from jobs.cli import VERBS
from jobs.common import run_job
from skeletonllm.synthesis import synthesize, write_ntu

REPO = Path(__file__).resolve().parents[2]
HEAVY = "torch ray transformers numba pandas pandera scipy".split()
LIGHT = "numpy pyarrow fsspec yaml PIL rich".split()

PROBE = """
import contextlib, io, json, sys
from time import process_time

seen, before = {}, set()

def note(step):
    global before
    now = {name.partition(".")[0] for name in sys.modules}
    seen[step], before = sorted(now - before), now

import skeletonllm
note("import skeletonllm")
skeletonllm.get_topology("openpose_25"), skeletonllm.get_topology("kit_21")
note("get_topology")
from jobs import cli
for argv in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = cli.main(argv)
        except SystemExit as stop:
            code = stop.code
    note(" ".join([*argv, "->", str(code)]))
json.dump(seen, sys.stdout)
"""


def probe(*commands: list[str]) -> dict[str, set[str]]:
    """Top-level modules that each step of a fresh process was the first to import."""
    call = [sys.executable, "-c", PROBE, json.dumps(commands)]
    done = subprocess.run(call, cwd=REPO, capture_output=True, text=True, check=True)
    return {step: set(names) for step, names in json.loads(done.stdout).items()}


@cache
def talk() -> dict[str, set[str]]:
    """Help of every verb, and errors of flags alone."""
    wrong = [["nonsense"], ["normalize"], ["train", "--steps", "many"], ["render", "a", "--pout"]]
    unknown = "normalize --corpus nonsense --input here --output there".split()
    return probe(["--help"], *([verb, "--help"] for verb in VERBS), *wrong, unknown)


def test_help_and_errors_of_flags_import_nothing_that_is_heavy() -> None:
    found = talk()
    ends = {step: step.rpartition(" ")[2] for step in found if "->" in step}
    assert {end for step, end in ends.items() if "--help" in step} == {"0"}
    assert {end for step, end in ends.items() if "--help" not in step} == {"2"}
    loaded = set().union(*found.values())
    assert "tyro" in loaded
    assert "typeguard" not in {*found["inspect --help -> 0"], *found["verify --help -> 0"]}
    assert not loaded & {*HEAVY, *LIGHT}


@pytest.mark.parametrize(
    ("name", "words"),
    [("corpus", "unknown corpus 'nonsense'"), ("profile", "unknown profile 'nonsense'")],
)
def test_a_cluster_does_not_start_for_a_name_that_is_unknown(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(normalize, "cluster", lambda _: pytest.fail("a cluster was started"))
    given = {"corpus": "ntu_rgbd", "input": "here", "output": "there", name: "nonsense"}
    argv = [f"--{flag}={value}" for flag, value in given.items()]
    assert run_job(normalize.main, normalize.Flags, argv) == 2
    assert words in capsys.readouterr().err


def test_the_front_door_is_light() -> None:
    assert not talk()["import skeletonllm"] & {*HEAVY, *LIGHT, "tyro"}
    assert not talk()["get_topology"] & {*HEAVY, *LIGHT}


def test_a_look_at_one_raw_file_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    file = str(tmp_path / "S001C001P001R001A010.skeleton")
    write_ntu(file, synthesize("hand waving"))
    found = probe(["inspect", file], ["identify", file])
    loaded = set().union(*found.values())
    assert {f"inspect {file} -> 0", f"identify {file} -> 0"} <= set(found)
    assert {"numpy", "fsspec"} <= loaded
    assert not loaded & {*HEAVY, "pyarrow"}
