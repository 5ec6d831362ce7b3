"""How fast DrAction is, and what it takes: side by side with the published renderer.

    python -m benchmarks.renderer --shared ../shared --reference ../SkeletonLLM

One clip: 12 frames of 448 px, two persons; with ``--shared`` a real one under the released weights,
else a synthesized one. Every program draws it in turns, each in a process of its own. ``whole`` is
a renderer from a MotionBatch to pictures, and back to all its parameters and the joints;
``rasterizer`` is the engine alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
import tyro

from benchmarks.contestants import (
    PUBLISHED,
    Job,
    memory_of,
    obstacle,
    pictures_of,
    run_times,
)
from benchmarks.table import publish
from benchmarks.timing import Apart, Timing
from skeletonllm.draction.rasterize import ENGINES

RUNS_A_TURN = 3
BESIDE = ("numba", "triton", "gsplat", "nvdiffrast")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    reference: Path | None = None
    """A checkout of the published repository; without it, only ours is measured."""
    shared: Path | None = None
    """Folder that holds golden/ and data/; without it, a synthesized clip."""
    size: int = 448
    """Height and width of a picture."""
    turns: int = 10
    """Ours runs three times a turn."""
    reference_turns: int = 2
    """The published renderer runs once in each of the first so many turns."""
    reference_backward: bool = True
    """Whether the published backward is measured too; 12 GB."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    with Apart(threads=1) as apart:
        reasons = {engine: apart(obstacle, engine) for engine in ENGINES}
    for engine, reason in reasons.items():
        if reason:
            print(f"{engine} does not run here: {reason}")
    engines = [engine for engine, reason in reasons.items() if reason is None]
    base = Job(program=PUBLISHED, size=flags.size, shared=flags.shared, reference=flags.reference)
    title = f"One clip, 12 frames, {flags.size} px, two persons: {base.scene.name}"
    speed, memory = speed_rows(flags, base, engines), memory_rows(base, engines)
    publish(f"{title}; {versions()}", speed, flags.json)
    publish("Most memory resident, forward and backward of that clip", memory, beside(flags.json))
    return 0


def jobs_of(base: Job, engines: Sequence[str]) -> list[Job]:
    """Every contest of ours, in the order of the table."""
    return [
        replace(base, program=engine, profile=profile, part=part, backward=backward)
        for engine in engines
        for profile in ("paper", "ours")
        for part in ("whole", "rasterizer")
        for backward in (False, True)
    ]


def speed_rows(flags: Flags, base: Job, engines: Sequence[str]) -> list[dict[str, Any]]:
    """Published, then ours; the published programs are the measure of the others."""
    theirs = [base, replace(base, backward=True)] if flags.reference else []
    if not flags.reference_backward:
        theirs = theirs[:1]
    mine = jobs_of(base, engines)
    seconds = measure(flags, theirs, mine)
    yardstick = {job.backward: Timing(tuple(seconds[job, 1])) for job in theirs}
    apart = largest_difference(base, mine) if theirs else {}
    rows = []
    for job in [*theirs, *mine]:
        row = row_of(job, seconds, yardstick)
        rows.append(row | {"picture differs by": apart.get((job.program, job.profile), "")})
    return rows


def measure(
    flags: Flags, theirs: Sequence[Job], mine: Sequence[Job]
) -> dict[tuple[Job, int], list[float]]:
    """Seconds a clip of every job with 1 and (ours) 2 threads, taken in turns."""
    seconds: dict[tuple[Job, int], list[float]] = {}
    with Apart(threads=1) as one, Apart(threads=2) as two:
        for turn in range(flags.turns):
            for job in theirs if turn < flags.reference_turns else ():
                # Alone and short-lived: what the published backward holds is not given back.
                with Apart(threads=1) as briefly:
                    seconds.setdefault((job, 1), []).extend(briefly(run_times, job, 1))
            for job in mine:
                seconds.setdefault((job, 1), []).extend(one(run_times, job, RUNS_A_TURN))
                if job.part == "whole":
                    seconds.setdefault((job, 2), []).extend(two(run_times, job, RUNS_A_TURN))
    return seconds


def row_of(
    job: Job, seconds: dict[tuple[Job, int], list[float]], yardstick: dict[bool, Timing]
) -> dict[str, Any]:
    timing = Timing(tuple(seconds[job, 1]))
    row: dict[str, Any] = {
        "program": job.program,
        "profile": "" if job.program == PUBLISHED else job.profile,
        "part": job.part,
        "pass": "forward + backward" if job.backward else "forward",
        "ms": _milliseconds(timing.median),
        "95 %": " to ".join(_milliseconds(s) for s in timing.interval),
        "runs": len(timing.seconds),
        "times published": "",
        "two threads, times one": "",
    }
    if job.frames:
        row["pass"] += f" ({job.frames} of 12 frames x {12 // job.frames})"
    if job.program == PUBLISHED:
        return row
    if job.backward in yardstick and job.part == "whole":
        row["times published"] = "{:,.0f} ({:,.0f} to {:,.0f})".format(
            *timing.per_second_of(yardstick[job.backward])
        )
    if (job, 2) in seconds:
        both = Timing(tuple(seconds[job, 2])).per_second_of(timing)
        row["two threads, times one"] = "{:.2f} ({:.2f} to {:.2f})".format(*both)
    return row


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.0f}" if seconds > 1 else f"{seconds * 1e3:.1f}"


def largest_difference(base: Job, mine: Sequence[Job]) -> dict[tuple[str, str], str]:
    """How far each engine's pictures are from the published ones, at any pixel."""
    with Apart(threads=1) as apart:
        theirs = apart(pictures_of, base).numpy()
        found = {}
        for job in mine:
            if job.profile == "paper" and job.part == "whole" and not job.backward:
                error = abs(apart(pictures_of, job).numpy() - theirs).max()
                found[job.program, job.profile] = f"{error:.1e}"
    return found


def memory_rows(base: Job, engines: Sequence[str]) -> list[dict[str, Any]]:
    """Of a fresh process each; compiled kernels come from their cache, as in every run but one."""
    jobs = {
        f"{engine}, {profile}": replace(base, program=engine, profile=profile, backward=True)
        for engine in engines
        for profile in ("paper", "ours")
    }
    rows = []
    for name, job in {"imports alone": None, **jobs}.items():
        with Apart(threads=1) as apart:
            rows.append({"process": name, "MB": round(apart(memory_of, job))})
    return rows


def versions() -> str:
    """Of torch, and of what is beside ours where it is installed."""
    found = [f"torch {torch.__version__}"]
    for name in BESIDE:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def beside(json_file: str | None) -> str | None:
    """The file for the second table."""
    if json_file is None:
        return None
    path = Path(json_file)
    return str(path.with_stem(f"{path.stem}-memory"))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
