"""What `DrAction.bake()` gains, and how far its pictures are from the trained renderer's.

    python -m benchmarks.rendering.bake

Forward under `torch.no_grad()` against the baked copy, in turns, one thread: clips of 12 frames
with two persons. "All but the rasterizer" draws into pictures of one pixel.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import torch
import tyro

from benchmarks.table import publish_table
from benchmarks.timing import Timing, time_runs
from skeletonllm.draction import DrAction, DrActionConfig, sample_frames
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.synthesis import synthesize

FRAMES = 12
FORMULAS = ("body", "published")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    size: int = 448
    """Height and width of a picture."""
    clips: tuple[int, ...] = (1, 16)
    """Clips that are drawn at once; times are of one."""
    turns: int = 20
    """Runs of each."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    torch.set_num_threads(1)
    rows = []
    for formula in FORMULAS:
        for clips in flags.clips:
            for part, size in {"whole": flags.size, "all but the rasterizer": 1}.items():
                renderer = _make_trained_renderer(formula, size)
                row = {"formula": formula, "clips at once": clips, "part": part}
                rows.append(row | _compare_renderers(renderer, clips, flags.turns))
    publish_table(f"Baked against trained, {flags.size} px", rows, flags.json)
    return 0


def _make_trained_renderer(formula: str, size: int) -> DrAction:
    """Some way from the first weights, so that every part of the network counts."""
    config = DrActionConfig(
        size=size,
        patch=math.gcd(size, 28),
        formula=formula,
        camera="fit" if formula == "body" else "sensor",
    )
    renderer, random = DrAction(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in renderer.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=random))
    return renderer


@torch.no_grad()
def _compare_renderers(renderer: DrAction, clips: int, turns: int) -> dict[str, Any]:
    motion = synthesize("punch/slap someone")
    batch = MotionBatch.from_motions([motion] * clips)
    frames = torch.from_numpy(sample_frames(motion.num_frames, FRAMES)).expand(clips, -1)
    baked_renderer = renderer.bake()
    seconds: tuple[list[float], list[float]] = ([], [])
    pictures = [r(batch, frames).frames for r in (renderer, baked_renderer)]  # compiles, too
    for _ in range(turns):
        for r, into in zip((renderer, baked_renderer), seconds, strict=True):
            into.extend(run.core for run in time_runs(lambda r=r: r(batch, frames), 1))
    trained, baked = (Timing(tuple(each)) for each in seconds)
    times, low, high = baked.measure_speedup_over(trained)
    return {
        "trained, ms": f"{1e3 * trained.median / clips:.2f}",
        "baked, ms": f"{1e3 * baked.median / clips:.2f}",
        "times as fast": f"{times:.2f} ({low:.2f} to {high:.2f})",
        "pictures differ by": f"{float((pictures[0] - pictures[1]).abs().max()):.1e}",
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
