"""How fast DrAction is, and what it takes: side by side with the published renderer.

    python -m benchmarks.rendering.speed --shared ../shared --reference ../SkeletonLLM

One clip: 12 frames of 448 px, two persons; with ``--shared`` a real one under the released weights,
else a synthesized one. Every program draws it in turns, each in a process of its own. ``whole`` is
a renderer from a MotionBatch to pictures, and back to all its parameters and the joints;
``rasterizer`` is the engine alone. ``ms`` and the ratios are milliseconds of one core (on a GPU,
of the clock), since others may work beside us. Two threads are measured by the clock, and by what
the calling thread has left to do: the clock with two cores free.
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
    draw_job,
    find_obstacle,
    measure_job_megabytes,
    time_job,
)
from benchmarks.rendering.gsplat_engine import GSPLAT
from benchmarks.table import publish_table
from benchmarks.timing import Run, SeparateProcess, Timing, measure_peak_megabytes
from skeletonllm.draction.drawers import ENGINES

RUNS_A_TURN = 3
BACKWARD_RUNS = 3
"""Of the published renderer a turn; the first of them does not count."""
FIRST_BACKWARD = (
    "{:.0f} s: the published backward, the first of its process; most of it goes into getting "
    "memory from the system. It is not counted."
)
COMPARED_PACKAGES = ("numba", "triton", "gsplat", "nvdiffrast")


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
    own_jobs = [job for engine in find_programs(base) for job in list_jobs(base, engine)]
    many = "One clip" if flags.clips == 1 else f"A clip, of {flags.clips} at once"
    title = f"{many}: 12 frames, {flags.size} px, two persons"
    peaks: dict[str, float] = {}
    speed = make_speed_rows(flags, base, own_jobs, peaks)
    memory = make_memory_rows(own_jobs, peaks)
    publish_table(
        f"{title}, {base.scene.name}; {flags.device}; {describe_versions()}", speed, flags.json
    )
    publish_table(
        "Most memory resident, forward and backward", memory, name_memory_file(flags.json)
    )
    return 0


def find_programs(base: Job) -> list[str]:
    """Programs that run here; a line is printed of each that does not."""
    programs = []
    with SeparateProcess(threads=1) as process:
        for program in (*ENGINES, GSPLAT):
            trial = replace(list_jobs(base, program)[-1], size=28, clips=1, shared=None)
            reason = process(find_obstacle, trial)
            if reason is None:
                programs.append(program)
            else:
                print(f"{program} does not run here: {reason}")
    return programs


def list_jobs(base: Job, program: str) -> list[Job]:
    """All that is measured of a program, in the order of the table.

    Args:
        base: Size, clips and device.
        program: Which one.
    """
    jobs = [
        replace(base, program=program, formula=formula, part=part, backward=backward)
        for formula in ("published", "body")
        for part in ("whole", "rasterizer")
        for backward in (False, True)
    ]
    return [job for job in jobs if job.possible]


def make_speed_rows(
    flags: Flags, base: Job, own_jobs: Sequence[Job], peaks: dict[str, float]
) -> list[dict[str, Any]]:
    """Published, then ours, which are measured by the published; its memory goes to ``peaks``."""
    published_jobs = [base, replace(base, backward=True)] if flags.reference else []
    if not flags.reference_backward:
        published_jobs = published_jobs[:1]
    runs = time_jobs(flags, published_jobs, own_jobs, peaks)
    published_timings = {job.backward: make_timing(job, runs[job, 1]) for job in published_jobs}
    differences = measure_differences(base, own_jobs) if published_jobs else {}
    rows = []
    for job in [*published_jobs, *own_jobs]:
        row = make_row(job, runs, published_timings)
        error = "another picture" if job.formula == "body" else differences.get(job.program, "")
        rows.append(row | {"picture differs by": error})
    return rows


def time_jobs(
    flags: Flags, published_jobs: Sequence[Job], own_jobs: Sequence[Job], peaks: dict[str, float]
) -> dict[tuple[Job, int], list[Run]]:
    """Runs of every job with 1 and (ours) 2 threads, taken in turns."""
    runs: dict[tuple[Job, int], list[Run]] = {}
    with SeparateProcess(threads=1) as one, SeparateProcess(threads=2) as two:
        for turn in range(flags.turns):
            for job in published_jobs if turn < flags.reference_turns else ():
                # A process that ends: what the published backward holds is not given back.
                with SeparateProcess(threads=1) as briefly:
                    timed = briefly(time_job, job, BACKWARD_RUNS if job.backward else 1)
                    if job.backward:
                        print(FIRST_BACKWARD.format(timed.pop(0).core))
                    runs.setdefault((job, 1), []).extend(timed)
                    frames = f"{job.frames} of 12 frames" if job.frames else "forward alone"
                    peaks[f"published, {frames}"] = briefly(measure_peak_megabytes)
            for job in own_jobs:
                runs.setdefault((job, 1), []).extend(one(time_job, job, RUNS_A_TURN))
                if job.part == "whole" and job.device == "cpu":
                    runs.setdefault((job, 2), []).extend(two(time_job, job, RUNS_A_TURN))
    return runs


def make_row(
    job: Job, runs: dict[tuple[Job, int], list[Run]], published_timings: dict[bool, Timing]
) -> dict[str, Any]:
    """What the table says of a job."""
    timing, wall = make_timing(job, runs[job, 1]), Timing(tuple(r.wall for r in runs[job, 1]))
    row: dict[str, Any] = {
        "program": job.program,
        "formula": "" if job.program == PUBLISHED else job.formula,
        "part": job.part,
        "pass": name_pass(job),
        "ms": _milliseconds(timing.median),
        "95 %": " to ".join(_milliseconds(s) for s in timing.interval),
        "by the clock": _milliseconds(wall.median),
        "runs": len(timing.seconds),
        "times published": "",
        "two threads, times one": "",
        "two free cores, times one": "",
    }
    if job.program != PUBLISHED and job.part == "whole" and job.backward in published_timings:
        ratio = timing.measure_speedup_over(published_timings[job.backward])
        row["times published"] = "{:,.0f} ({:,.0f} to {:,.0f})".format(*ratio)
    if (job, 2) in runs:
        both = Timing(tuple(r.wall for r in runs[job, 2])).measure_speedup_over(wall)
        row["two threads, times one"] = "{:.2f} ({:.2f} to {:.2f})".format(*both)
        caller = Timing(tuple(r.caller for r in runs[job, 2]))
        row["two free cores, times one"] = f"{timing.median / caller.median:.2f}"
    return row


def make_timing(job: Job, runs: Sequence[Run]) -> Timing:
    """Seconds of a core, or of the clock where a GPU does the work."""
    return Timing(tuple(r.core if job.device == "cpu" else r.wall for r in runs))


def name_pass(job: Job) -> str:
    """Which way, and by how few frames it was measured."""
    if job.frames:
        return f"forward + backward ({job.frames} of 12 frames, x {12 // job.frames})"
    return "forward + backward" if job.backward else "forward"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.0f}" if seconds > 1 else f"{seconds * 1e3:.3g}"


def measure_differences(base: Job, own_jobs: Sequence[Job]) -> dict[str, str]:
    """How far each engine's pictures are from the published ones, at any pixel."""
    with SeparateProcess(threads=1) as process:
        published_jobs = process(draw_job, base).numpy()
        differences = {}
        for job in own_jobs:
            if job.formula == "published" and job.part == "whole" and not job.backward:
                error = abs(process(draw_job, job).numpy() - published_jobs).max()
                differences[job.program] = f"{error:.1e}"
    return differences


def make_memory_rows(own_jobs: Sequence[Job], peaks: dict[str, float]) -> list[dict[str, Any]]:
    """Of a fresh process each; compiled kernels come from their cache, as in every run but one."""
    jobs = {
        f"{job.program}, {job.formula}": job
        for job in own_jobs
        if job.part == "whole" and job.backward
    }
    rows = [
        {"process": name.replace(" x 6", ""), "MB": round(peak)} for name, peak in peaks.items()
    ]
    for name, job in {"imports alone": None, **jobs}.items():
        with SeparateProcess(threads=1) as process:
            rows.append({"process": name, "MB": round(process(measure_job_megabytes, job))})
    return rows


def describe_versions() -> str:
    """Versions of torch and of the packages that are compared, where they are installed."""
    versions = [f"torch {torch.__version__}"]
    for name in COMPARED_PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    return ", ".join(versions)


def name_memory_file(json_file: str | None) -> str | None:
    """The file for the table of memory, beside that of times; None where there is none."""
    if json_file is None:
        return None
    path = Path(json_file)
    return str(path.with_stem(f"{path.stem}-memory"))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
