"""What :mod:`benchmarks.rendering.speed` times: a renderer, or an engine alone, that draws a clip.

Functions of a :class:`Job`, so that a process of its own can be asked to do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.rendering.gsplat_engine import GSPLAT, rasterize_with_gsplat
from benchmarks.rendering.published_code import (
    PublishedRenderer,
    Scene,
    load_golden_scene,
    make_renderer,
    synthesize_scene,
)
from benchmarks.timing import Run, measure_peak_megabytes, time_runs
from skeletonllm.draction import DrAction
from skeletonllm.draction.drawers import SOLIDS, SplatDrawer
from skeletonllm.draction.rasterize import Engine, Splats, get_engine
from skeletonllm.errors import SkeletonLLMError
from skeletonllm.motion_batch import MotionBatch
from skeletonllm.testing.rendering.splat_scenes import LEAVES

PUBLISHED = "published"
BACKWARD_FRAMES = 2
"""Of the published renderer: all 12 would take 60 to 100 GB, these take 12 to 17."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one row measures.

    Args:
        program: ``published``, ``gsplat``, or an engine of ours.
        formula: Of ours.
        part: ``whole`` or ``rasterizer``.
        backward: Whether the gradient is part of the run.
        size: Height and width of a picture.
        clips: How many at once, of ours.
        device: ``cpu`` or ``cuda``.
        shared: Folder of real files; None for a synthesized clip.
        reference: Checkout of the published repository.
    """

    program: str
    formula: str = "published"
    part: str = "whole"
    backward: bool = False
    size: int = 448
    clips: int = 1
    device: str = "cpu"
    shared: Path | None = None
    reference: Path | None = None

    @property
    def scene(self) -> Scene:
        """The clip."""
        return synthesize_scene() if self.shared is None else load_golden_scene(self.shared)

    @property
    def frames(self) -> int | None:
        """How many frames one run draws; None for all."""
        return BACKWARD_FRAMES if self.program == PUBLISHED and self.backward else None

    @property
    def possible(self) -> bool:
        """Whether the program has such a part: gsplat is no renderer, solids are no Gaussians."""
        if self.program == SOLIDS:
            return self.part == "whole" and self.formula == "body"
        return self.program != GSPLAT or self.part == "rasterizer"


def time_job(job: Job, repeats: int) -> list[Run]:
    """Seconds a clip of each run, in this process; ours has run once before.

    Args:
        job: What is run.
        repeats: How often.
    """
    run = prepare_job(job)
    share = 1 / job.clips if job.frames is None else job.scene.frames.numel() / job.frames
    return [Run(r.wall * share, r.core * share, r.caller * share) for r in time_runs(run, repeats)]


@cache
def prepare_job(job: Job) -> Callable[[], Tensor]:
    """A function that does the job once and returns its pictures; ours has run once."""
    if job.program == PUBLISHED:
        return _prepare_published(job)
    run = _prepare_renderer(job) if job.part == "whole" else _prepare_rasterizer(job)
    run()
    return run


def _prepare_published(job: Job) -> Callable[[], Tensor]:
    assert job.reference is not None
    published = PublishedRenderer(job.reference, job.scene, job.size, job.device)
    published.poses = published.poses.detach().requires_grad_(job.backward)
    leaves = [published.poses, *published.renderer.parameters()]
    return make_run(lambda: published(job.frames), leaves, job.backward)


def _prepare_renderer(job: Job) -> Callable[[], Tensor]:
    renderer, batch, frames = _load_clips(job, engine=job.program)
    joints = batch.joints.clone().requires_grad_(job.backward)
    batch = replace(batch, joints=joints)
    leaves = [joints, *renderer.parameters()]
    return make_run(lambda: renderer(batch, frames).frames.flatten(0, 1), leaves, job.backward)


def _prepare_rasterizer(job: Job) -> Callable[[], Tensor]:
    renderer, batch, frames = _load_clips(job, engine="auto")
    alone = rasterize_with_gsplat if job.program == GSPLAT else get_engine(job.program)
    recorder = RecordingEngine(alone)
    renderer.drawer = SplatDrawer(recorder)
    with torch.no_grad():
        renderer(batch, frames)
    return recorder.replay(backward=job.backward)


def _load_clips(job: Job, engine: str) -> tuple[DrAction, MotionBatch, Tensor]:
    scene = job.scene
    renderer = make_renderer(scene, formula=job.formula, engine=engine, size=job.size).to(
        job.device
    )
    batch = MotionBatch.from_motions([scene.motion] * job.clips, job.device)
    return renderer, batch, scene.frames.expand(job.clips, -1).to(job.device)


class RecordingEngine:
    """An engine that keeps the splats it was given last, to draw them again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, splats: Splats, **picture: int) -> Tensor:
        """Draw as the engine does."""
        self.splats, self.picture = splats, picture
        return self._engine(splats, **picture)

    def replay(self, *, backward: bool) -> Callable[[], Tensor]:
        """A function that has the engine alone draw the same splats once more."""
        splats = self.splats
        leaves = [getattr(splats, name) for name in LEAVES]
        for leaf in leaves:
            leaf.requires_grad_(backward)
        return make_run(lambda: self._engine(splats, **self.picture), leaves, backward)


def make_run(
    draw: Callable[[], Tensor], leaves: list[Tensor], backward: bool
) -> Callable[[], Tensor]:
    """A function that draws, and may bring a fixed gradient back.

    Args:
        draw: Gives the pictures.
        leaves: Get the gradient.
        backward: Whether there is one.
    """
    cotangents: list[Tensor] = []

    def run() -> Tensor:
        with torch.set_grad_enabled(backward):
            pictures = draw()
        if backward:
            if not cotangents:
                noise = torch.Generator().manual_seed(0)
                some = torch.randn(pictures.shape, generator=noise)
                cotangents.append(some.to(pictures.device))
            torch.autograd.grad(pictures, leaves, cotangents[0], allow_unused=True)
        if pictures.is_cuda:
            torch.cuda.synchronize()
        return pictures.detach()

    return run


def draw_job(job: Job) -> Tensor:
    """Pictures [N, 3, H, W] of a job, on the CPU."""
    return prepare_job(job)().cpu()


def measure_job_megabytes(job: Job | None) -> float:
    """The most megabytes that this process took for a job, or for its imports if there is none."""
    if job is not None:
        prepare_job(job)()
    return measure_peak_megabytes()


def find_obstacle(job: Job) -> str | None:
    """Why a job cannot be done here, or None if it can."""
    try:
        prepare_job(job)
    except (ImportError, RuntimeError, SkeletonLLMError) as error:
        return str(error).splitlines()[0]
    return None
