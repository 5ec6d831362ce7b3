"""The console script: every verb has help, wrong verbs and flags exit with 2."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import cli
from jobs.common import quick_imports, show

REPO = Path(__file__).resolve().parents[2]


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    said = capsys.readouterr().out
    assert all(f"  {verb} " in said for verb in cli.VERBS)


def test_an_unknown_verb_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["normalise"]) == 2
    assert "error: no verb 'normalise'" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(cli.VERBS))
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([verb, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert f"skeletonllm {verb}" in said
    assert len(said.splitlines()) > 5


def test_a_missing_flag_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["normalize", "--corpus", "ntu_rgbd"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "job",
    "normalize quality mine_negatives build_rationales "
    "build_shards cut_release train evaluate".split(),
)
def test_each_job_is_a_script_of_its_own(job: str) -> None:
    call = [sys.executable, f"jobs/{job}.py", "--help"]
    done = subprocess.run(call, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--output" in done.stdout


def test_the_console_script_says_all_and_does_what_is_due_at_the_exit() -> None:
    """It ends without taking modules apart: what was printed, registered and returned counts."""
    script = (
        "import atexit, sys; atexit.register(print, 'due'); sys.argv[1:] = sys.argv[1].split()\n"
        "from jobs.cli import run; run()"
    )
    for argv, code, said in (("--help", 0, "usage: skeletonllm"), ("nonsense", 2, "no verb")):
        call = [sys.executable, "-c", script, argv]
        done = subprocess.run(call, cwd=REPO, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (code, "due")
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    "call",
    [
        "verify x -w -3",
        "quality x --output y --workers -1",
        "build-shards --clips x --output y --workers -1",
        "train --release x --output y --workers -1",
    ],
)
def test_fewer_workers_than_none_are_refused(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(call.split()) == 2
    assert "expected how many, or 0 for all CPUs" in capsys.readouterr().err


def test_what_is_shown_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"alpha/take [final].bvh": "a [bold]b", "alpha/[/x]": ":smile:"}
    show("of [red]lab", rows, "end [/]")
    said = capsys.readouterr().out
    for text in ("of [red]lab", *rows, *rows.values(), "end [/]"):
        assert text in said


def test_garbage_is_collected_again_after_quick_imports() -> None:
    assert gc.isenabled()
    with quick_imports():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_text_that_the_output_cannot_take_is_escaped() -> None:
    code = (
        "import sys; from dataclasses import dataclass; from jobs.common import console, run_job\n"
        "@dataclass\nclass Flags:\n    a: int = 0\n"
        "def main(flags):\n    console.print('a \\ud800 \u00fc', markup=False); return 0\n"
        "sys.exit(run_job(main, Flags, []))"
    )
    command, env = [sys.executable, "-c", code], {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stdout) == (0, "a \\ud800 \\xfc\n"), done.stderr
