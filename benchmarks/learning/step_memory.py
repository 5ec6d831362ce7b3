"""Peak memory of a warm-up step: with our renderer, and with the published one, before one model.

    python -m benchmarks.learning.step_memory --reference CHECKOUT

A frozen tiny model looks at one clip of two people; renderer and projector have gradients. Each row
is a process of its own, forward and backward, and its peak counts from what is resident once all is
imported and made. The published renderer keeps every pixel of every Gaussian, so it is given few
frames; what a frame costs both is the difference of two numbers of frames.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.rendering.published_code import (
    PublishedRenderer,
    make_renderer,
    synthesize_scene,
)
from benchmarks.table import publish_table
from benchmarks.timing import SeparateProcess, measure_peak_megabytes
from skeletonllm.mllm import tiny_internvl
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.prompts.recognition import build_recognition_prompt

LABELS = ("shaking hands", "hug each other")


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of this benchmark."""

    reference: Path
    """Checkout of github.com/wangzy01/SkeletonLLM."""
    size: int = 224
    """Side of a frame in pixels."""
    frames: tuple[int, ...] = (1, 2)
    """Frames of a clip with the published renderer; ours is measured with these and with 12."""
    json: str | None = None
    """File for the table."""


def main(flags: Flags) -> int:
    jobs = [("published", count) for count in flags.frames]
    jobs += [
        (formula, n) for formula in ("ours, published", "ours, body") for n in (*flags.frames, 12)
    ]
    rows: list[dict[str, Any]] = []
    for renderer, count in jobs:
        with SeparateProcess(threads=1) as process:
            before = process(measure_peak_megabytes)
            after = process(run_step, renderer, count, flags.size, flags.reference)
        rows.append(
            {"renderer": renderer, "frames": count, "MB of the step": round(after - before)}
        )
        print(rows[-1], flush=True)
    publish_table(f"Peak memory of a warm-up step at {flags.size} px", rows, flags.json)
    return 0


def run_step(name: str, count: int, size: int, published: Path) -> float:
    """Peak megabytes of this process after one step.

    Args:
        name: Of the renderer.
        count: Frames shown.
        size: Side of a frame.
        published: Checkout of the published code.
    """
    scene = synthesize_scene()
    adapter = tiny_internvl(LABELS, size=size)
    adapter.requires_grad_(requires_grad=False)
    adapter.projector.requires_grad_(requires_grad=True)
    if name == "published":
        drawn = PublishedRenderer(published, scene, size)(count)[None]
    else:
        formula = name.removeprefix("ours, ")
        renderer = make_renderer(scene, formula=formula, engine="auto", size=size)
        drawn = renderer(MotionBatch.from_motions([scene.motion]), scene.frames[:, :count]).frames
    prompt = build_recognition_prompt(LABELS, num_frames=count, key="")
    adapter.losses(drawn, [prompt], [LABELS[0]]).sum().backward()
    return measure_peak_megabytes()


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Flags)))
