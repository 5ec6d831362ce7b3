"""Is DrAction exact on a GPU, and how fast? Both in one command.

    python -m benchmarks.rendering.gpu

Exact: every engine against `torch_tiles` in float64, through all of DrAction, forward and backward
(:mod:`benchmarks.rendering.parity`); and twice the same, byte by byte. Fast: one synthesized clip,
12 frames, two persons, in batches; microseconds a clip between two CUDA events, which includes what
the host takes to launch, and by the profiler for the two kernels alone. ``whole`` and
``rasterizer`` are those of :mod:`benchmarks.rendering.speed`. Without a GPU the kernels run in
Triton's interpreter, small, and nothing is timed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import tyro
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from benchmarks.rendering import parity
from benchmarks.rendering.engines import Job, RecordingEngine, find_obstacle, prepare_job
from benchmarks.rendering.gsplat_engine import GSPLAT
from benchmarks.rendering.published_code import make_renderer
from benchmarks.table import publish_table
from benchmarks.timing import Timing
from skeletonllm.draction.drawers import SOLIDS, SplatDrawer
from skeletonllm.draction.rasterize import get_engine
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.splat_scenes import LEAVES

OURS = "triton_cuda"
PROGRAMS = (OURS, "torch_tiles", GSPLAT, SOLIDS)
KERNELS = {"blend_tile": "kernel forward", "differentiate_tile": "kernel backward"}
AIMS = {False: 60e-6, True: 150e-6}
"""Seconds a clip of the rasterizer, forward and with backward, on an H200 in batches of 64."""
BATCH = 64
WARM_UP = 3


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    clips: tuple[int, ...] = (1, 8, BATCH)
    """How many clips are drawn at once."""
    runs: int = 30
    """Runs of each."""
    size: int = 448
    """Height and width of a picture; 12 without a GPU."""
    small: int = 56
    """Engines are compared at this height and width as well: there the bounds were found."""
    seeds: int = 2
    """Random scenes of each kind that engines are compared on."""
    json: str | None = None
    """File for the table of times; those of errors lie beside it."""


def main(flags: Flags) -> int:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        os.environ["TRITON_INTERPRET"] = "1"  # before anything imports Triton
        flags = replace(flags, size=12, small=12)
    get_engine(OURS)  # says what is missing
    exact = compare_engines(device, flags)
    same = check_repeatability(Job(program=OURS, size=flags.size, device=device))
    print(f"The same pictures and gradients twice, byte by byte: {'yes' if same else 'NO'}")
    if device == "cpu":
        print("There is no GPU here: nothing was timed, the kernels ran in Triton's interpreter.")
    else:
        title = f"A clip: 12 frames, {flags.size} px, two persons; {torch.cuda.get_device_name()}"
        publish_table(title, list(make_rows(flags)), flags.json)
    return 0 if same and exact else 1


def compare_engines(device: str, flags: Flags) -> bool:
    """Whether every engine is within its bounds, in small pictures and in those that are timed.

    Args:
        device: Where to draw.
        flags: Sizes, seeds and the file.
    """
    codes = [
        parity.main(
            parity.Flags(
                device=device,
                seeds=flags.seeds,
                size=size,
                json=name_parity_file(flags.json, size),
            )
        )
        for size in sorted({flags.small, flags.size})
    ]
    return not any(codes)


def name_parity_file(json_file: str | None, size: int) -> str | None:
    """The file for a table of errors, beside that of times; None where there is none.

    Args:
        json_file: For the table of times.
        size: Height and width of the pictures.
    """
    if json_file is None:
        return None
    return str(Path(json_file).with_stem(f"{Path(json_file).stem}-parity-{size}"))


def check_repeatability(job: Job) -> bool:
    """Whether an engine gives the same bytes twice for the same splats, forward and backward."""
    renderer = make_renderer(
        job.scene, formula="body", engine=job.program, size=28 * -(-job.size // 28)
    )
    recorder = RecordingEngine(get_engine(job.program))
    renderer.to(job.device).drawer = SplatDrawer(recorder)
    few = job.scene.frames if job.device == "cuda" else job.scene.frames[:, :1]
    renderer(MotionBatch.from_motions([job.scene.motion], job.device), few.to(job.device))
    one, other = (_draw_with_gradients(recorder) for _ in range(2))
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _draw_with_gradients(recorder: RecordingEngine) -> list[Tensor]:
    leaves = {name: getattr(recorder.splats, name).detach().requires_grad_() for name in LEAVES}
    splats = replace(recorder.splats, **leaves)
    pictures = recorder(splats, **recorder.picture)
    return [pictures, *torch.autograd.grad(pictures.square().sum(), list(leaves.values()))]


def make_rows(flags: Flags) -> Iterator[dict[str, Any]]:
    """Rows of all that runs here; a line is printed of what does not."""
    for program in PROGRAMS:
        jobs = list_jobs(flags, program)
        reason = find_obstacle(replace(jobs[-1], size=28, clips=1))
        if reason is not None:
            print(f"{program} does not run here: {reason}")
            continue
        for job in jobs:
            try:
                yield from make_job_rows(job, flags.runs)
            except torch.OutOfMemoryError:
                print(f"{program}, {job.formula}, {job.clips} clips, {job.part}: memory is full")
            prepare_job.cache_clear()  # it holds the pictures


def list_jobs(flags: Flags, program: str) -> list[Job]:
    """What is timed of a program; the oracle draws one clip at a time, slowly."""
    some = flags.clips[:1] if program == "torch_tiles" else flags.clips
    jobs = [
        Job(program=program, formula=look, part=part, backward=backward, size=flags.size,
            clips=clips, device="cuda")
        for clips in some
        for look in ("published", "body")
        for part in ("rasterizer", "whole")
        for backward in (False, True)
    ]  # fmt: skip
    return [job for job in jobs if job.possible]


def make_job_rows(job: Job, runs: int) -> Iterator[dict[str, Any]]:
    """A job's row, and the kernels' of our engine."""
    run = prepare_job(job)
    torch.cuda.reset_peak_memory_stats()
    timing = Timing(tuple(s / job.clips for s in time_by_events(run, runs)))
    memory = torch.cuda.max_memory_allocated() / 2**20 / job.clips
    way = "forward + backward" if job.backward else "forward"
    yield make_row(job, way, timing) | {"MB a clip": f"{memory:.0f}"}
    if job.program == OURS and job.part == "rasterizer" and job.backward:
        for name, seconds in time_kernels(run, runs).items():
            alone = Timing(tuple(s / job.clips for s in seconds))
            yield make_row(job, KERNELS[name], alone) | {"aim": "", "MB a clip": ""}


def time_by_events(run: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run by the clock of the GPU."""
    seconds = []
    for _ in range(WARM_UP):
        run()
    for _ in range(runs):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run()
        end.record()
        end.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    return seconds


def time_kernels(
    run: Callable[[], object], runs: int, activity: ProfilerActivity = ProfilerActivity.CUDA
) -> dict[str, list[float]]:
    """Seconds of each run of our kernels alone, by name."""
    with profile(activities=[activity]) as profiler:
        for _ in range(runs):
            run()
    seconds: dict[str, list[float]] = {}
    for event in profiler.events():
        if event.name in KERNELS:
            seconds.setdefault(event.name, []).append(event.time_range.elapsed_us() / 1e6)
    return seconds


def make_row(job: Job, way: str, timing: Timing) -> dict[str, Any]:
    """What the table says of a job."""
    aim = ""
    if (job.program, job.part, job.formula, job.clips) == (OURS, "rasterizer", "published", BATCH):
        reached = timing.median <= AIMS[job.backward]
        aim = f"{AIMS[job.backward] * 1e6:.0f}: {'reached' if reached else 'missed'}"
    return {
        "program": job.program,
        "formula": job.formula,
        "part": job.part,
        "pass": way,
        "clips": job.clips,
        "us a clip": f"{timing.median * 1e6:,.1f}",
        "95 %": " to ".join(f"{s * 1e6:,.1f}" for s in timing.interval),
        "runs": len(timing.seconds),
        "aim": aim,
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
