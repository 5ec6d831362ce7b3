"""What a second thread gains, by the clock: only worth running where nothing else runs.

    python -m benchmarks.rendering.threads

The rasterizer with one thread and with two, in turns, in one process, alone and in all of DrAction,
whose other work stays with one thread of torch. The last row is the control: how much of the work
of one process two do that share nothing.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from multiprocessing import Process
from typing import Any, Literal

import torch
import tyro
from torch import Tensor

from benchmarks.rendering.engines import RecordingEngine
from benchmarks.table import publish_table
from benchmarks.timing import Timing, time_runs
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.draction.drawers import SplatDrawer
from skeletonllm.draction.rasterize import Splats, get_engine
from skeletonllm.draction.rasterize.numba_cpu import THREADS
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize
from skeletonllm.testing.rendering.splat_scenes import cast_splats

FORMULAS = ("published", "body")
FRAMES, SIZE = 12, 448


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    clips: tuple[int, ...] = (1, 8)
    """How many clips are drawn at once."""
    turns: int = 40
    """Runs of each."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    rows = [
        {"formula": formula, "clips": clips, **row}
        for formula, clips in product(FORMULAS, flags.clips)
        for row in _make_rows(formula, clips, flags.turns)
    ]
    control = {
        **dict.fromkeys(rows[0], ""),
        "part": "control",
        "times one": f"{_measure_control():.2f}",
    }
    publish_table("Two threads against one, by the clock", [*rows, control], flags.json)
    return 0


def _make_rows(formula: str, clips: int, turns: int) -> list[dict[str, Any]]:
    motion = synthesize("punch/slap someone")
    batch = MotionBatch.from_motions([motion] * clips)
    frames = torch.from_numpy(sample_frames(motion.num_frames, FRAMES)).expand(clips, -1)
    camera: Literal["sensor", "fit"] = "sensor" if formula == "published" else "fit"
    renderer = DrAction(DrActionConfig(size=SIZE, formula=formula, camera=camera))
    grad = torch.randn(clips * FRAMES, 3, SIZE, SIZE)
    splats = _record_splats(renderer, batch, frames)
    shape = {"pictures": len(grad), "height": SIZE, "width": SIZE}
    parts: dict[str, Callable[[], Tensor]] = {
        "rasterizer": lambda: get_engine("numba_cpu")(splats, **shape),
        "whole": lambda: renderer(batch, frames).frames.view_as(grad),
    }
    return [
        {"part": part, "pass": name, **_compare_threads(run, turns)}
        for part, draw in parts.items()
        for name, run in _list_passes(draw, grad).items()
    ]


def _list_passes(draw: Callable[[], Tensor], grad: Tensor) -> dict[str, Callable[[], object]]:
    return {
        "forward": torch.no_grad()(draw),
        "forward + backward": lambda: draw().backward(grad),  # type: ignore[no-untyped-call]
    }


def _record_splats(renderer: DrAction, batch: MotionBatch, frames: Tensor) -> Splats:
    """Splats that the renderer gives its rasterizer, as leaves."""
    drawer, recorder = renderer.drawer, RecordingEngine(get_engine("auto"))
    renderer.drawer = SplatDrawer(recorder)
    with torch.no_grad():
        renderer(batch, frames)
    renderer.drawer = drawer
    return cast_splats(recorder.splats, torch.float32)


def _compare_threads(run: Callable[[], object], turns: int) -> dict[str, str]:
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(turns):
        for threads, into in seconds.items():
            os.environ[THREADS] = str(threads)
            into.extend(timed.wall for timed in time_runs(run, 1))
    one, two = (Timing(tuple(each[3:])) for each in seconds.values())  # the first ones compile
    times, low, high = two.measure_speedup_over(one)
    return {
        "one, ms": f"{1e3 * one.median:.1f}",
        "two, ms": f"{1e3 * two.median:.1f}",
        "times one": f"{times:.2f} ({low:.2f} to {high:.2f})",
    }


def _measure_control() -> float:
    """How many times the work of one process two do, at best of four tries."""

    def seconds(count: int) -> float:
        processes = [Process(target=sum, args=(range(20_000_000),)) for _ in range(count)]
        start = time.perf_counter()
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        return time.perf_counter() - start

    return 2 * min(seconds(1) for _ in range(4)) / min(seconds(2) for _ in range(4))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
