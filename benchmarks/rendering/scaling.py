"""How the time of forward and backward grows with clips, frames, persons and touched pixels.

    python -m benchmarks.rendering.scaling

Synthesized bodies side by side before a camera that keeps them at a given height in pixels, drawn
forward and backward. The published renderer walks every pixel of the picture for every Gaussian;
here the picture costs its own bytes once (``once``), and a person as much in a large picture as in
a small one (``each``).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
import tyro
from torch import Tensor

from benchmarks.rendering.engines import RecordingEngine, make_run
from benchmarks.table import publish_table
from benchmarks.timing import Run, SeparateProcess, Timing, fit_exponent, time_runs
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.draction.drawers import SplatDrawer
from skeletonllm.draction.rasterize import Splats, get_engine
from skeletonllm.draction.scene.camera import Camera
from skeletonllm.motion import Motion
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize

GAUSSIANS = 265
"""Of a Kinect v2 body, ours and published."""
FIRST_BODY = np.array([0.0, 0.0, 4.0])
RUNS_A_TURN = 2
EDGE = 1 / 1024
"""Optical depth at which a Gaussian ends, for counting touched pixels."""


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    engine: str = "auto"
    """Which one of ours."""
    turns: int = 8
    """Every case runs twice a turn."""
    json: str | None = None
    """File for the table."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is drawn.

    Args:
        clips: Equal clips in the batch.
        frames: Frames of each.
        persons: Equal bodies in each frame.
        apart_m: Metres from one body to the next.
        focal: Pixels a metre at one metre; a body is drawn 0.4 focal pixels high.
        size: Height and width of the picture.
        alone: Whether only the rasterizer is timed.
        engine: Which one.
    """

    clips: int = 1
    frames: int = 12
    persons: int = 1
    apart_m: float = 0.8
    focal: float = 240.0
    size: int = 448
    alone: bool = False
    engine: str = "auto"


def main(flags: Flags) -> int:
    series = list_series(Case(engine=flags.engine))
    seconds = time_cases([case for one in series for case in one.cases], flags.turns)
    rows = [row for one in series for row in _make_rows(one, seconds)]
    publish_table("What forward + backward grows with, milliseconds of one core", rows, flags.json)
    return 0


@dataclass(frozen=True)
class Series:
    """Cases of which one thing grows.

    Args:
        name: What grows.
        cases: From little to much.
        amount: How much of it a case has.
    """

    name: str
    cases: list[Case]
    amount: Callable[[Case], float]


def list_series(base: Case) -> list[Series]:
    """What is shown, from one case."""
    alone, small = replace(base, alone=True, persons=2), replace(base, focal=100.0)
    bodies = (1, 2, 4, 8)
    return [
        Series("clips", [replace(base, clips=n) for n in (1, 2, 4, 8)], lambda c: c.clips),
        Series("frames", [replace(base, frames=n) for n in (3, 6, 12, 24)], lambda c: c.frames),
        Series(
            "touched pixels, millions; rasterizer alone",
            [replace(alone, focal=240 * 2 ** (n / 2)) for n in (0, 1, 2, 3)],
            lambda c: count_touched_pairs(c) / 1e6,
        ),
        *(
            Series(
                f"persons, in {size} px",
                [replace(small, persons=n, apart_m=0.5, size=size) for n in bodies],
                lambda c: c.persons,
            )
            for size in (224, 448, 896)
        ),
        Series(
            "metres between two bodies, in 896 px",
            [replace(base, persons=2, size=896, apart_m=n) for n in (0.4, 0.8, 1.6, 3.2)],
            lambda c: c.apart_m,
        ),
    ]


def time_cases(cases: Sequence[Case], turns: int) -> dict[Case, Timing]:
    """Seconds of a core; all cases in turns, each once however often it is named."""
    seconds: dict[Case, list[float]] = {case: [] for case in cases}
    with SeparateProcess(threads=1) as process:
        for _ in range(turns):
            for case, runs in seconds.items():
                runs.extend(run.core for run in process(time_case, case, RUNS_A_TURN))
    return {case: Timing(tuple(runs)) for case, runs in seconds.items()}


def time_case(case: Case, repeats: int) -> list[Run]:
    """So many runs, in this process."""
    return time_runs(prepare_case(case), repeats)


@cache
def prepare_case(case: Case) -> Callable[[], Tensor]:
    """A function that draws the case once and brings a gradient back; warmed up."""
    renderer = DrAction(DrActionConfig(size=case.size, patch=28, engine=case.engine))
    batch = MotionBatch.from_motions([make_crowd(case.persons, case.apart_m)] * case.clips)
    length = batch.shapes[0][0]
    frames = torch.from_numpy(sample_frames(length, case.frames)).expand(case.clips, -1)
    camera = make_camera(case)
    if case.alone:
        recorder = RecordingEngine(get_engine(case.engine))
        renderer.drawer = SplatDrawer(recorder)
        with torch.no_grad():
            renderer(batch, frames, camera)
        run = recorder.replay(backward=True)
    else:
        batch = replace(batch, joints=batch.joints.clone().requires_grad_())
        leaves = [batch.joints, *renderer.parameters()]
        run = make_run(lambda: renderer(batch, frames, camera).frames, leaves, backward=True)
    run()
    return run


def make_crowd(persons: int, apart_m: float) -> Motion:
    """The same body so many times, side by side."""
    one = synthesize("hand waving", space="camera", noise_m=0.0)
    middle = one.joints.mean((0, 1, 2))
    offsets = np.arange(persons) - (persons - 1) / 2
    shift = FIRST_BODY - middle + offsets[:, None] * np.array([apart_m, 0, 0])  # [P, 3]
    return replace(
        one,
        joints=(one.joints + shift[:, None]).astype(np.float32),
        present=one.present.repeat(persons, 1),
        confidence=one.confidence.repeat(persons, 1),
    )


def make_camera(case: Case) -> Camera:
    """One camera a clip, at the origin, the bodies in the middle of the picture."""
    middle = (case.size - 1) / 2
    k = torch.tensor([[case.focal, 0, middle], [0, case.focal, middle], [0, 0, 1]])
    flat = torch.zeros(case.clips, dtype=torch.bool)
    return Camera(k.expand(case.clips, 3, 3), torch.eye(4).expand(case.clips, 4, 4), flat)


def count_touched_pairs(case: Case) -> float:
    """Pairs of a Gaussian and a pixel that it changes visibly, in a case."""
    return float(sum_touched_areas(record_splats(case)))


def record_splats(case: Case) -> Splats:
    """Splats that the renderer gives its rasterizer."""
    renderer = DrAction(DrActionConfig(size=case.size, patch=28))
    recorder = RecordingEngine(get_engine(case.engine))
    renderer.drawer = SplatDrawer(recorder)
    batch = MotionBatch.from_motions([make_crowd(case.persons, case.apart_m)] * case.clips)
    frames = torch.from_numpy(sample_frames(batch.shapes[0][0], case.frames))
    with torch.no_grad():
        renderer(batch, frames.expand(case.clips, -1), make_camera(case))
    return recorder.splats


def sum_touched_areas(splats: Splats) -> Tensor:
    """Area in pixels of all Gaussians down to ``EDGE``: pi r^2 / sqrt(det), summed."""
    a, b, c = splats.conic.unbind(-1)
    reach = 2 * (splats.opacity / EDGE).clamp_min(1.0).log()
    return (math.pi * reach / (a * c - b * b).sqrt()).sum()


def _make_rows(one: Series, seconds: dict[Case, Timing]) -> list[dict[str, Any]]:
    """One row a case; what fits all of them stands in the last."""
    amounts = [one.amount(case) for case in one.cases]
    milliseconds = [seconds[case].median * 1e3 for case in one.cases]
    rows = []
    for case, amount, middle in zip(one.cases, amounts, milliseconds, strict=True):
        walked = GAUSSIANS * case.clips * case.frames * case.persons * case.size**2
        rows.append(
            {
                "what grows": one.name,
                "amount": f"{amount:.3g}",
                "ms": f"{middle:.1f}",
                "95 %": " to ".join(f"{s * 1e3:.1f}" for s in seconds[case].interval),
                "million pairs touched": f"{count_touched_pairs(case) / 1e6:.2f}",
                "published: walked": f"{walked / 1e6:,.0f}",
                "ms = once + each": "",
                "exponent": "",
            }
        )
    each, once = np.polyfit(amounts, milliseconds, 1)
    off = abs((once + each * np.array(amounts)) / milliseconds - 1).max()
    rows[-1]["ms = once + each"] = f"{once:.1f} + {each:.2f}, within {off:.0%}"
    rows[-1]["exponent"] = f"{fit_exponent(amounts, milliseconds):.2f}"
    return rows


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
