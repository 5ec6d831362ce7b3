"""How fast DrAction is, and what it takes: side by side with the published renderer.

    python -m benchmarks.rendering.speed --shared ../shared --reference ../SkeletonLLM

One clip: 12 frames of 448 px, two persons; with ``--shared`` a real one under the released weights,
else a synthesized one. Every program draws it in turns, each in a process of its own. ``whole`` is
a renderer from a MotionBatch to pictures, and back to all its parameters and the joints;
``rasterizer`` is the engine alone. ``ms`` and the ratios are milliseconds of one core (on a GPU,
of the clock), since others may work beside us. Two threads are measured by the clock, and by what
the calling thread has left to do: the clock, ``were a core free`` for the second.
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

from benchmarks.rendering.engines import (
    PUBLISHED,
    Job,
    memory_of,
    obstacle,
    pictures_of,
    run_times,
)
from benchmarks.rendering.gsplat_engine import GSPLAT
from benchmarks.table import publish
from benchmarks.timing import Apart, Run, Timing, peak_megabytes
from skeletonllm.draction.drawers import ENGINES

RUNS_A_TURN = 3
BACKWARD_RUNS = 3
"""Of the published renderer a turn; the first of them does not count."""
FIRST_BACKWARD = (
    "{:.0f} s: the published backward, the first of its process; most of it goes into getting "
    "memory from the system. It is not counted."
)
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
    clips: int = 1
    """How many clips ours draws at once; times are of one."""
    device: str = "cpu"
    """Or ``cuda``."""
    turns: int = 10
    """Ours runs three times a turn."""
    reference_turns: int = 2
    """In how many of them the published renderer runs too."""
    reference_backward: bool = True
    """Whether its backward is measured too; 12 to 17 GB."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    base = Job(
        program=PUBLISHED,
        size=flags.size,
        clips=flags.clips,
        device=flags.device,
        shared=flags.shared,
        reference=flags.reference,
    )
    mine = [job for engine in programs(base) for job in jobs_of(base, engine)]
    many = "One clip" if flags.clips == 1 else f"A clip, of {flags.clips} at once"
    title = f"{many}: 12 frames, {flags.size} px, two persons"
    peaks: dict[str, float] = {}
    speed = speed_rows(flags, base, mine, peaks)
    memory = memory_rows(mine, peaks)
    publish(f"{title}, {base.scene.name}; {flags.device}; {versions()}", speed, flags.json)
    publish("Most memory resident, forward and backward", memory, second_file(flags.json))
    return 0


def programs(base: Job) -> list[str]:
    """What runs here; what does not is said in a line."""
    found = []
    with Apart(threads=1) as apart:
        for program in (*ENGINES, GSPLAT):
            trial = replace(jobs_of(base, program)[-1], size=28, clips=1, shared=None)
            reason = apart(obstacle, trial)
            if reason is None:
                found.append(program)
            else:
                print(f"{program} does not run here: {reason}")
    return found


def jobs_of(base: Job, program: str) -> list[Job]:
    """Every contest of a program, in the order of the table."""
    jobs = [
        replace(base, program=program, formula=formula, part=part, backward=backward)
        for formula in ("published", "body")
        for part in ("whole", "rasterizer")
        for backward in (False, True)
    ]
    return [job for job in jobs if job.possible]


def speed_rows(
    flags: Flags, base: Job, mine: Sequence[Job], peaks: dict[str, float]
) -> list[dict[str, Any]]:
    """Published, then ours, which are measured by the published; its memory goes to ``peaks``."""
    theirs = [base, replace(base, backward=True)] if flags.reference else []
    if not flags.reference_backward:
        theirs = theirs[:1]
    runs = measure(flags, theirs, mine, peaks)
    yardstick = {job.backward: timing_of(job, runs[job, 1]) for job in theirs}
    apart = largest_difference(base, mine) if theirs else {}
    rows = []
    for job in [*theirs, *mine]:
        row = row_of(job, runs, yardstick)
        error = "another picture" if job.formula == "body" else apart.get(job.program, "")
        rows.append(row | {"picture differs by": error})
    return rows


def measure(
    flags: Flags, theirs: Sequence[Job], mine: Sequence[Job], peaks: dict[str, float]
) -> dict[tuple[Job, int], list[Run]]:
    """Runs of every job with 1 and (ours) 2 threads, taken in turns."""
    runs: dict[tuple[Job, int], list[Run]] = {}
    with Apart(threads=1) as one, Apart(threads=2) as two:
        for turn in range(flags.turns):
            for job in theirs if turn < flags.reference_turns else ():
                # Alone and short-lived: what the published backward holds is not given back.
                with Apart(threads=1) as briefly:
                    found = briefly(run_times, job, BACKWARD_RUNS if job.backward else 1)
                    if job.backward:
                        print(FIRST_BACKWARD.format(found.pop(0).core))
                    runs.setdefault((job, 1), []).extend(found)
                    frames = f"{job.frames} of 12 frames" if job.frames else "forward alone"
                    peaks[f"published, {frames}"] = briefly(peak_megabytes)
            for job in mine:
                runs.setdefault((job, 1), []).extend(one(run_times, job, RUNS_A_TURN))
                if job.part == "whole" and job.device == "cpu":
                    runs.setdefault((job, 2), []).extend(two(run_times, job, RUNS_A_TURN))
    return runs


def row_of(
    job: Job, runs: dict[tuple[Job, int], list[Run]], yardstick: dict[bool, Timing]
) -> dict[str, Any]:
    """What the table says of a job."""
    timing, wall = timing_of(job, runs[job, 1]), Timing(tuple(r.wall for r in runs[job, 1]))
    row: dict[str, Any] = {
        "program": job.program,
        "formula": "" if job.program == PUBLISHED else job.formula,
        "part": job.part,
        "pass": pass_of(job),
        "ms": _milliseconds(timing.median),
        "95 %": " to ".join(_milliseconds(s) for s in timing.interval),
        "by the clock": _milliseconds(wall.median),
        "runs": len(timing.seconds),
        "times published": "",
        "two threads, times one": "",
        "were a core free": "",
    }
    if job.program != PUBLISHED and job.part == "whole" and job.backward in yardstick:
        ratio = timing.per_second_of(yardstick[job.backward])
        row["times published"] = "{:,.0f} ({:,.0f} to {:,.0f})".format(*ratio)
    if (job, 2) in runs:
        both = Timing(tuple(r.wall for r in runs[job, 2])).per_second_of(wall)
        row["two threads, times one"] = "{:.2f} ({:.2f} to {:.2f})".format(*both)
        caller = Timing(tuple(r.caller for r in runs[job, 2]))
        row["were a core free"] = f"{timing.median / caller.median:.2f}"
    return row


def timing_of(job: Job, runs: Sequence[Run]) -> Timing:
    """What counts: seconds of the core, or of the clock where a GPU does the work."""
    return Timing(tuple(r.core if job.device == "cpu" else r.wall for r in runs))


def pass_of(job: Job) -> str:
    """Which way, and by how few frames it was measured."""
    if job.frames:
        return f"forward + backward ({job.frames} of 12 frames, x {12 // job.frames})"
    return "forward + backward" if job.backward else "forward"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.0f}" if seconds > 1 else f"{seconds * 1e3:.3g}"


def largest_difference(base: Job, mine: Sequence[Job]) -> dict[str, str]:
    """How far each engine's pictures are from the published ones, at any pixel."""
    with Apart(threads=1) as apart:
        theirs = apart(pictures_of, base).numpy()
        found = {}
        for job in mine:
            if job.formula == "published" and job.part == "whole" and not job.backward:
                error = abs(apart(pictures_of, job).numpy() - theirs).max()
                found[job.program] = f"{error:.1e}"
    return found


def memory_rows(mine: Sequence[Job], peaks: dict[str, float]) -> list[dict[str, Any]]:
    """Of a fresh process each; compiled kernels come from their cache, as in every run but one."""
    jobs = {
        f"{job.program}, {job.formula}": job for job in mine if job.part == "whole" and job.backward
    }
    rows = [
        {"process": name.replace(" x 6", ""), "MB": round(peak)} for name, peak in peaks.items()
    ]
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


def second_file(json_file: str | None) -> str | None:
    """The file for the second table."""
    if json_file is None:
        return None
    path = Path(json_file)
    return str(path.with_stem(f"{path.stem}-memory"))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
