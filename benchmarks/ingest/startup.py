"""What a command costs before it does anything: seconds of a processor, each in a fresh process.

    python -m benchmarks.ingest.startup          # help, refused flags, inspect, identify, render
    python -m benchmarks.ingest.startup --ray    # and what of the time to the first clip is Ray's

A row is the least of several runs, user and system time of the process and its children: others
that work on the machine only ever add. `import torch` is measured in turns with the commands,
since the bound of `render` is that and a second. Bounds are those of the issue that asked for them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.table import publish_table
from jobs.cli import VERBS
from skeletonllm.synthesis import synthesize, write_ntu

REPO = Path(__file__).resolve().parents[2]
TORCH, RENDER = "import torch", "render"
CLI = ["-m", "jobs.cli"]
HELP_S, LOOK_S, RENDER_S = 0.5, 2.0, 1.0
"""Bounds: of help and refused flags, of `inspect` and `identify`, of `render` beside torch."""

FIRST_CLIP = """
import json, sys, time
steps = {}
def lap(step):
    global last
    steps[step], last = time.perf_counter() - last, time.perf_counter()
last = time.perf_counter()
import ray
lap("import ray (Ray's)")
from jobs.common import cluster
with cluster(2):
    lap("start a cluster of 2 workers (Ray's)")
    ray.get(ray.remote(lambda: 1).remote())
    lap("run an empty task (Ray's)")
    from pipelines.normalize import NormalizeConfig, normalize_corpus
    lap("import the stage")
    normalize_corpus(NormalizeConfig("ntu_rgbd", sys.argv[1], sys.argv[2]))
    lap("normalize one file; the worker imports what it needs")
lap("stop the cluster (Ray's)")
json.dump(steps, sys.stdout)
"""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    runs: int = 5
    """Runs of each command."""
    ray: bool = False
    """Also take apart the seconds to the first clip of a small local job."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "S001C001P001R001A010.skeleton")
        write_ntu(file, synthesize("hand waving"))
        commands = {**_talk(), **_looks(file, folder)}
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(flags.runs):
            for name, command in commands.items():
                seconds[name].append(spent(command))
        rows = list(_rows({name: min(each) for name, each in seconds.items()}))
        publish_table("Startup: seconds of a processor", rows, flags.json)
        if flags.ray:
            _take_apart(file, folder, flags)
    return 0


def _talk() -> dict[str, list[str]]:
    """Commands that only talk: help of every verb, and flags that are refused."""
    found = {f"{verb} --help": [*CLI, verb, "--help"] for verb in VERBS}
    found["--help"] = [*CLI, "--help"]
    found["an unknown flag"] = [*CLI, "train", "--learning", "1"]
    found["no number"] = [*CLI, "train", "--steps", "many"]
    unknown = ["--corpus", "nonsense", "--input", "here", "--output", "there"]
    found["an unknown corpus"] = [*CLI, "normalize", *unknown]
    return found


def _looks(file: str, folder: str) -> dict[str, list[str]]:
    return {
        "python": ["-c", "pass"],
        "inspect a raw file": [*CLI, "inspect", file],
        "identify a raw file": [*CLI, "identify", file],
        TORCH: ["-c", TORCH],
        RENDER: [*CLI, "render", file, "--out", f"{folder}/pictures"],
    }


def spent(command: list[str]) -> float:
    """Seconds of a processor, user and system, of Python with these arguments, and of its children.

    Example:
        >>> 0 < spent(["-c", "pass"]) < 60
        True
    """
    before = _children()
    call = [sys.executable, *command]
    subprocess.run(call, cwd=REPO, env=_environment(), capture_output=True, check=False)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPO)}


def _rows(seconds: dict[str, float]) -> Iterator[dict[str, Any]]:
    talk, python = _talk(), seconds["python"]
    for name, used in seconds.items():
        if name in ("python", TORCH):
            bound = None
        elif name == RENDER:
            bound = seconds[TORCH] + RENDER_S
        else:
            bound = HELP_S if name in talk else LOOK_S
        yield {
            "command": name,
            "seconds": f"{used:.2f}",
            "times python": f"{used / python:.1f}",
            "bound": "" if bound is None else f"{bound:.2f}",
            "of it": "" if bound is None else f"{used / bound:.0%}",
        }


def _take_apart(file: str, folder: str, flags: Flags) -> None:
    """By the clock, since most of it is waiting; the least of the runs of each step."""
    laps: dict[str, list[float]] = {}
    for run in range(flags.runs):
        call = [sys.executable, "-c", FIRST_CLIP, file, f"{folder}/clips-{run}"]
        done = subprocess.run(call, cwd=REPO, env=_environment(), capture_output=True, check=True)
        for step, seconds in json.loads(done.stdout).items():
            laps.setdefault(step, []).append(seconds)
    least = {step: min(each) for step, each in laps.items()}
    whole = sum(least.values())
    rows = [
        {"step": step, "seconds": f"{used:.2f}", "share": f"{used / whole:.0%}"}
        for step, used in least.items()
    ]
    other = flags.json and flags.json.removesuffix(".json") + "-ray.json"
    publish_table("The first clip of a small local job, by the clock", rows, other)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
